// SPDX-License-Identifier: MIT
#include "receiver.hpp"
#include "await_channel.hpp"
#include "command.hpp"
#include "quantity.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace shunt::tools {

Receiver::Receiver(const ReceiveRequest& request, Sink* sink, const Interrupts& interrupts)
    : request_{request},
      sink_{sink},
      interrupts_{interrupts},
      progress_{request.quiet},
      watch_{layout::Role::producer, "sender", request.patience, Clock::now()} {}

void Receiver::run() {
    open();
    if (port_) {
        const Watched watched{interrupts_, port_->port()};
        receive();
    }
    ended_ = Clock::now();
    progress_.clear();
    if (sink_ != nullptr) {
        sink_->finish();
    }
    for (auto& [producer, stream] : streams_) {
        if (stream.own_sink != nullptr) {
            stream.own_sink->finish();
        }
    }
}

void Receiver::open() {
    Options options = request_.options;
    (void)await_channel(request_.channel, request_.patience, interrupts_, progress_,
                        [&](std::chrono::milliseconds left) {
                            options.open_timeout = left;
                            port_.emplace(kind_for(request_.channel, request_.kind),
                                          request_.channel, options);
                        });
}

bool Receiver::goes_on() const noexcept {
    return written_ && !complete_ && !interrupts_.requested();
}

void Receiver::receive() {
    complete_ = request_.count == 0;
    while (goes_on()) {
        ring::BytesView view;
        const Status status = port_->peek_until(view, watch_.next_look(Clock::now()));
        if (!status) {
            attend(status);
            continue;
        }
        if (begun_ == Clock::time_point{}) {
            begun_ = Clock::now();
        }
        Intake& intake = intake_of_message();
        intake.take(view, port_->redelivered());
        written_ = intake.written();
        if (written_) {
            port_->release();
        }
        const bool enough = splits() ? request_.streams != 0 && all_complete() : intake.complete();
        complete_ = enough || sum(&Intake::messages) >= request_.count;
        show_progress();
    }
}

Intake& Receiver::intake_of_message() {
    const std::uint64_t producer = port_->producer();
    const auto known = streams_.find(producer);
    if (known != streams_.end()) {
        return *known->second.intake;
    }
    if (!splits() && !streams_.empty()) {
        Stream& only = streams_.begin()->second;
        if (only.intake->is_stream()) {
            throw Failure(Exit::integrity,
                          fmt::format("channel '{}' brings the streams of several senders, which "
                                      "one output cannot hold: use --split DIR",
                                      request_.channel));
        }
        return *only.intake;  // raw: one message after the other, whoever sent it
    }
    return *begin_stream(port_->lane(), producer).intake;
}

// Named so that a receiver that goes on with --append finds the file of the same sender.
Receiver::Stream& Receiver::begin_stream(std::uint32_t lane, std::uint64_t producer) {
    Stream& stream = streams_[producer];
    stream.lane = lane;
    stream.producer = producer;
    if (splits()) {
        stream.own_sink =
            std::make_unique<Sink>(fmt::format("{}/lane-{:02}.{}", request_.split, lane, producer),
                                   request_.append, interrupts_);
    }
    stream.intake = std::make_unique<Intake>(
        IntakeRequest{request_.channel, request_.hex, request_.append},
        splits() ? *stream.own_sink : *sink_,
        [this](const std::string& id, const std::string& text) { warn(id, text); });
    return stream;
}

// Of the streams that there were, or as many as were asked for. A raw one ends with its sender.
bool Receiver::all_complete() const {
    const auto complete = static_cast<std::uint64_t>(
        std::count_if(streams_.begin(), streams_.end(),
                      [](const auto& each) { return each.second.intake->complete(); }));
    if (request_.streams != 0) {
        return complete >= request_.streams;
    }
    const auto raw = static_cast<std::uint64_t>(
        std::count_if(streams_.begin(), streams_.end(),
                      [](const auto& each) { return each.second.intake->raw(); }));
    return complete + raw == streams_.size();
}

std::uint64_t Receiver::sum(std::uint64_t (Intake::*what)() const noexcept) const {
    std::uint64_t all = 0;
    for (const auto& [producer, stream] : streams_) {
        all += (*stream.intake.*what)();
    }
    return all;
}

void Receiver::attend(Status told) {
    if (told == Status::broken) {
        throw Failure(Exit::integrity,
                      fmt::format("channel '{0}' is broken: its sender's positions are impossible; "
                                  "see 'shunt info {0}'",
                                  request_.channel));
    }
    // There is no other end of raw streams, and of several none but that all senders have left.
    const auto raw = [](const auto& each) { return each.second.intake->raw(); };
    const bool any_raw = std::any_of(streams_.begin(), streams_.end(), raw);
    const bool ends = told == Status::closed || (told == Status::peer_dead && !any_raw);
    if (ends && (splits() ? request_.streams == 0 : any_raw) && all_complete()) {
        complete_ = true;
        return;
    }
    const auto now = Clock::now();
    if (const std::string news = watch_.update(told, port_->port().peers(), now); !news.empty()) {
        progress_.note(news);
    }
    if (watch_.expired(now)) {
        throw Failure(Exit::timed_out, fmt::format("{}; {}", watch_.absence(), where_it_stands()));
    }
    show_progress();
}

std::string Receiver::where_it_stands() const {
    std::string text;
    for (const auto& [producer, stream] : streams_) {
        if (stream.intake->is_stream() && !stream.intake->complete()) {
            text += fmt::format("{}{} is unfinished at byte {}", text.empty() ? "" : ", ",
                                splits() ? stream.own_sink->name() : "the stream",
                                stream.intake->next());
        }
    }
    return !text.empty() ? text : fmt::format("{} messages were received", sum(&Intake::messages));
}

void Receiver::warn(const std::string& id, const std::string& text) {
    const bool told = std::any_of(warnings_.begin(), warnings_.end(),
                                  [&](const perf::Warning& each) { return each.id == id; });
    if (!told) {
        progress_.clear();
        say("shunt recv: warning: " + text);
        warnings_.push_back({id, text});
    }
}

void Receiver::show_progress() {
    if (progress_.due()) {
        const double bytes = static_cast<double>(sum(&Intake::bytes));
        progress_.show(fmt::format("received {}, {}/s{}", bytes_text(bytes),
                                   bytes_text(bytes / std::max(elapsed_s(), 1e-9)),
                                   watch_.present() || bytes != 0 ? "" : ", nobody sends"));
    }
}

double Receiver::elapsed_s() const {
    if (begun_ == Clock::time_point{}) {
        return 0;
    }
    return Seconds{(ended_ == Clock::time_point{} ? Clock::now() : ended_) - begun_}.count();
}

std::string Receiver::summary() const {
    const double bytes = static_cast<double>(sum(&Intake::bytes));
    return fmt::format("{} in {} messages{}, {}, {}/s", bytes_text(bytes),
                       count_text(sum(&Intake::messages)),
                       splits() ? fmt::format(" of {} senders", streams_.size()) : "",
                       seconds_text(elapsed_s()), bytes_text(bytes / std::max(elapsed_s(), 1e-9)));
}

nlohmann::json Receiver::result() const {
    const double seconds = elapsed_s();
    const auto rate = [seconds](std::uint64_t amount) {
        return seconds > 0 ? nlohmann::json(static_cast<double>(amount) / seconds)
                           : nlohmann::json(nullptr);
    };
    nlohmann::json result{{"raw", false}, {"begin", nullptr}, {"end", nullptr}, {"total", nullptr}};
    if (splits()) {
        result = nlohmann::json::object();
        auto streams = nlohmann::json::array();
        for (const auto& [producer, stream] : streams_) {
            streams.push_back(stream.intake->result());
            streams.back()["lane"] = stream.lane;
            streams.back()["producer"] = producer;
            streams.back()["file"] =
                fmt::format("{}/lane-{:02}.{}", request_.split, stream.lane, producer);
            streams.back()["complete"] = stream.intake->complete();
        }
        result["streams"] = std::move(streams);
    } else if (!streams_.empty()) {
        result = streams_.begin()->second.intake->result();
    }
    result["channel"] = request_.channel;
    result["bytes"] = sum(&Intake::bytes);
    result["messages"] = sum(&Intake::messages);
    result["dropped_bytes"] = sum(&Intake::dropped_bytes);
    result["redelivered"] = sum(&Intake::redelivered);
    result["complete"] = complete_;
    result["elapsed_ns"] = static_cast<std::uint64_t>(seconds * 1e9);
    result["bytes_per_s"] = rate(sum(&Intake::bytes));
    result["msgs_per_s"] = rate(sum(&Intake::messages));
    return result;
}

}  // namespace shunt::tools
