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
      interrupts_{interrupts},
      progress_{request.quiet},
      watch_{layout::Role::producer, "sender", request.patience, Clock::now()},
      streams_{StreamsRequest{IntakeRequest{request.channel, request.hex, request.append},
                              request.split, request.streams},
               sink, interrupts,
               [this](const std::string& id, const std::string& text) { warn(id, text); }} {}

void Receiver::run() {
    open();
    if (port_) {
        const Watched watched{interrupts_, port_->port()};
        receive();
    }
    ended_ = Clock::now();
    progress_.clear();
    streams_.finish();
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
        Intake& intake = streams_.of(port_->lane(), port_->producer());
        intake.take(view, port_->redelivered());
        written_ = intake.written();
        if (written_) {
            port_->release();
        }
        complete_ = streams_.enough(intake) || streams_.sum(&Intake::messages) >= request_.count;
        show_progress();
    }
}

void Receiver::attend(Status told) {
    if (told == Status::broken) {
        throw Failure(Exit::integrity,
                      fmt::format("channel '{0}' is broken: its sender's positions are impossible; "
                                  "see 'shunt info {0}'",
                                  request_.channel));
    }
    if (streams_.ends(told)) {
        complete_ = true;
        return;
    }
    const auto now = Clock::now();
    if (const std::string news = watch_.update(told, port_->port().peers(), now); !news.empty()) {
        progress_.note(news);
    }
    if (watch_.expired(now)) {
        throw Failure(Exit::timed_out,
                      fmt::format("{}; {}", watch_.absence(), streams_.where_it_stands()));
    }
    show_progress();
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
        const double bytes = static_cast<double>(streams_.sum(&Intake::bytes));
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
    const double bytes = static_cast<double>(streams_.sum(&Intake::bytes));
    return fmt::format("{} in {} messages{}, {}, {}/s", bytes_text(bytes),
                       count_text(streams_.sum(&Intake::messages)),
                       streams_.splits() ? fmt::format(" of {} senders", streams_.size()) : "",
                       seconds_text(elapsed_s()), bytes_text(bytes / std::max(elapsed_s(), 1e-9)));
}

nlohmann::json Receiver::result() const {
    const double seconds = elapsed_s();
    const auto rate = [seconds](std::uint64_t amount) {
        return seconds > 0 ? nlohmann::json(static_cast<double>(amount) / seconds)
                           : nlohmann::json(nullptr);
    };
    nlohmann::json result = streams_.result();
    result["channel"] = request_.channel;
    result["complete"] = complete_;
    result["elapsed_ns"] = static_cast<std::uint64_t>(seconds * 1e9);
    result["bytes_per_s"] = rate(streams_.sum(&Intake::bytes));
    result["msgs_per_s"] = rate(streams_.sum(&Intake::messages));
    return result;
}

}  // namespace shunt::tools
