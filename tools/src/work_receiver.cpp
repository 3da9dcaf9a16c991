// SPDX-License-Identifier: MIT
#include "await_channel.hpp"
#include "command.hpp"
#include "hex.hpp"
#include "quantity.hpp"
#include "stream.hpp"
#include "stream_port.hpp"
#include "torn_line.hpp"
#include "work_receiver.hpp"

#include <shunt/core/bytes.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace shunt::tools {

namespace {

constexpr std::size_t kMostRedeliveriesListed = 1000;

}  // namespace

WorkReceiver::WorkReceiver(const WorkReceiveRequest& request, Sink& sink,
                           const Interrupts& interrupts)
    : request_{request},
      sink_{sink},
      interrupts_{interrupts},
      progress_{request.quiet},
      watch_{layout::Role::producer, "sender", request.patience, Clock::now()} {}

void WorkReceiver::run() {
    open();
    if (port_) {
        const Watched watched{interrupts_, port_->port()};
        receive();
        dead_letters_ = port_->dead_letters();
    }
    tally_.end();
    progress_.clear();
    if (complete_) {
        sink_.begin();  // no message makes an empty file
        tell_torn_line();
    }
    sink_.finish();
    refuse_losses();
}

void WorkReceiver::open() {
    Options options = request_.options;
    (void)await_channel(request_.channel, request_.patience, interrupts_, progress_,
                        [&](std::chrono::milliseconds left) {
                            options.open_timeout = left;
                            port_.emplace(is_in_blocks(request_.channel), request_.channel,
                                          options);
                        });
}

void WorkReceiver::receive() {
    complete_ = request_.count == 0;
    while (goes_on()) {
        ring::BytesView view;
        const Status status = port_->peek_until(view, next_look());
        if (status) {
            take(view);
        } else {
            attend(status);
        }
        show_progress();
    }
}

void WorkReceiver::take(const ring::BytesView& view) {
    tally_.begin();
    const std::uint64_t before = output_bytes_;
    written_ = write(view);
    if (!written_) {
        return;  // not released: another receiver gets it
    }
    tally_.count(view.payload.size());
    if (port_->redelivered()) {
        note_redelivery(output_bytes_ - before);
    }
    port_->release();
    complete_ = tally_.messages() >= request_.count;
}

bool WorkReceiver::write(const ring::BytesView& view) {
    const bool line = view.type == kLine;
    begin_append(line);
    if (request_.hex) {
        text_ = fmt::format("message {}, {} bytes\n{}", port_->position(), view.payload.size(),
                            hex_dump(view.payload));
    } else if (line) {
        text_ = as_text(view.payload);
        text_ += '\n';
    }
    const auto bytes = request_.hex || line ? as_bytes(text_) : view.payload;
    if (!sink_.write(bytes)) {
        return false;
    }
    output_bytes_ += bytes.size();
    return true;
}

// What stands in the file must end where a message does.
void WorkReceiver::begin_append(bool line) {
    if (std::exchange(begun_, true) || !request_.append || sink_.length() == 0) {
        return;
    }
    if (!line) {
        throw Failure(
            Exit::usage,
            fmt::format("--append cuts off a line that a killed receiver left unfinished in {}; "
                        "the messages of channel '{}' are no lines, so whether one is whole cannot "
                        "be seen: give each receiver a new file",
                        sink_.name(), request_.channel));
    }
    cut_bytes_ = cut_torn_line(request_.file);
    if (cut_bytes_ != 0) {
        warn("cut-line", fmt::format("cut {} bytes without a line's end off {}: a receiver died "
                                     "while it wrote them, and the line comes again",
                                     cut_bytes_, sink_.name()));
    }
}

// Where no message came nothing says that the file has lines, so nothing is cut.
void WorkReceiver::tell_torn_line() {
    if (begun_ || !request_.append || sink_.length() == 0) {
        return;
    }
    if (const std::uint64_t bytes = torn_line_bytes(request_.file); bytes != 0) {
        warn("torn-line", fmt::format("the last {} bytes of {} are no whole line, and no message "
                                      "came here: a line that a receiver died of has come again "
                                      "to another, so cut them off",
                                      bytes, sink_.name()));
    }
}

void WorkReceiver::note_redelivery(std::uint64_t bytes) {
    ++redelivered_;
    if (redeliveries_.size() < kMostRedeliveriesListed) {
        redeliveries_.push_back({port_->position(), output_bytes_ - bytes, bytes});
    }
    warn("redelivered",
         "a receiver died with a message in hand, which came here: it may be in both outputs. "
         "The summary and --json count such messages");
}

WorkReceiver::Clock::time_point WorkReceiver::next_look() const {
    const auto next = watch_.next_look(Clock::now());
    if (!left_) {
        return next;
    }
    return std::min(next, *left_ + std::chrono::ceil<Clock::duration>(request_.stay));
}

void WorkReceiver::attend(Status told) {
    if (told == Status::gap) {
        tell_gap();
        return;
    }
    if (told == Status::broken) {
        throw Failure(Exit::integrity,
                      fmt::format("channel '{0}' is broken: a slot of it holds an impossible word "
                                  "or size; see 'shunt info {0}'",
                                  request_.channel));
    }
    const auto now = Clock::now();
    if (const std::string news = watch_.update(told, port_->port().peers(), now); !news.empty()) {
        progress_.note(news);
    }
    attend_end(told);
    if (!complete_ && !left_ && watch_.expired(now)) {
        throw Failure(Exit::timed_out, fmt::format("{}; {} messages were received",
                                                   watch_.absence(),
                                                   count_text(tally_.messages())));
    }
}

// That the last sender has left is told when nothing is left, in nobody's hands either.
void WorkReceiver::attend_end(Status told) {
    const auto now = Clock::now();
    if (told == Status::closed) {
        left_ = now;
    } else if (told == Status::peer_dead || watch_.present()) {
        left_.reset();
    }
    complete_ = left_ && now - *left_ >= request_.stay;
}

void WorkReceiver::tell_gap() {
    ++gaps_;
    warn("gap", fmt::format("a sender died, or gave up, while it wrote message {}, which nobody "
                            "gets: what that sender had not sent is still to be sent",
                            port_->gap_position()));
}

// What was acknowledged to a sender and reached no receiver.
void WorkReceiver::refuse_losses() const {
    if (dead_letters_ != 0) {
        throw Failure(Exit::integrity,
                      fmt::format("gave {} of channel '{}' up: {} receivers died, one after "
                                  "another, with it in hand",
                                  dead_letters_ == 1
                                      ? "a message"
                                      : count_text(dead_letters_) + " messages",
                                  request_.channel, port_->deaths_of_a_dead_letter()));
    }
}

void WorkReceiver::warn(const std::string& id, const std::string& text) {
    const bool told = std::any_of(warnings_.begin(), warnings_.end(),
                                  [&](const perf::Warning& each) { return each.id == id; });
    if (!told) {
        progress_.clear();
        say("shunt recv: warning: " + text);
        warnings_.push_back({id, text});
    }
}

void WorkReceiver::show_progress() {
    if (progress_.due()) {
        progress_.show(fmt::format("received {} messages, {}, {}{}",
                                   count_text(tally_.messages()), tally_.amount(), tally_.rate(),
                                   watch_.present() || tally_.messages() != 0 ? ""
                                                                              : ", nobody sends"));
    }
}

std::string WorkReceiver::summary() const {
    return fmt::format(
        "{}{}{}", tally_.summary(),
        redelivered_ == 0 ? "" : fmt::format(", {} redelivered", count_text(redelivered_)),
        gaps_ == 0 ? "" : fmt::format(", {} gaps", count_text(gaps_)));
}

nlohmann::json WorkReceiver::result() const {
    nlohmann::json result = tally_.result();
    auto redeliveries = nlohmann::json::array();
    for (const Redelivery& each : redeliveries_) {
        redeliveries.push_back(
            {{"position", each.position}, {"at_byte", each.at_byte}, {"bytes", each.bytes}});
    }
    result["channel"] = request_.channel;
    result["kind"] = "mpmc";
    result["complete"] = complete_;
    result["redelivered"] = redelivered_;
    result["redeliveries"] = std::move(redeliveries);
    result["gaps"] = gaps_;
    result["dead_letters"] = dead_letters_;
    result["cut_bytes"] = cut_bytes_;
    return result;
}

}  // namespace shunt::tools
