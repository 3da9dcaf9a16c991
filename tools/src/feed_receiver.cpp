// SPDX-License-Identifier: MIT
#include "feed_receiver.hpp"
#include "await_channel.hpp"
#include "command.hpp"
#include "option_words.hpp"
#include "quantity.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace shunt::tools {

FeedReceiver::FeedReceiver(const FeedReceiveRequest& request, Sink* sink,
                           const Interrupts& interrupts)
    : request_{request},
      interrupts_{interrupts},
      progress_{request.quiet},
      watch_{layout::Role::producer, "sender", request.patience, Clock::now()},
      streams_{StreamsRequest{IntakeRequest{request.channel, request.hex, request.append, true,
                                            request.options.policy != policy::gated},
                              request.split, request.streams},
               sink, interrupts,
               [this](const std::string& id, const std::string& text) { warn(id, text); }} {}

void FeedReceiver::run() {
    open();
    if (port_) {
        const Watched watched{interrupts_, port_->port()};
        receive();
    }
    tally_.end();
    progress_.clear();
    if (complete_) {
        streams_.begin();  // no message makes an empty file
    }
    streams_.finish();
    refuse_losses();
}

void FeedReceiver::open() {
    Options options = request_.options;
    (void)await_channel(request_.channel, request_.patience, interrupts_, progress_,
                        [&](std::chrono::milliseconds left) {
                            options.open_timeout = left;
                            port_.emplace(is_in_lanes(request_.channel), request_.channel, options);
                        });
}

void FeedReceiver::receive() {
    copy_.resize(gated() ? 0 : port_->max_message());
    complete_ = request_.count == 0;
    while (goes_on()) {
        Status status = port_->wait(watch_.next_look(Clock::now()));
        if (status) {
            status = take_one();
        }
        if (!status) {
            attend(status);
        }
        show_progress();
    }
}

Status FeedReceiver::take_one() {
    return gated() ? take_in_place() : take_copy();
}

// It is let go when it was written, so that the sender stays until then.
Status FeedReceiver::take_in_place() {
    ring::BytesView view;
    if (const Status status = port_->try_peek(view); !status) {
        return status;
    }
    take(view);
    return written_ ? port_->release() : Status{Status::ok};
}

// Nobody waits for it, so nothing is written of a message that may be overwritten meanwhile.
Status FeedReceiver::take_copy() {
    std::size_t size = 0;
    const Status status = port_->try_pop(copy_, size);
    if (status) {
        take({std::span{copy_}.first(size), port_->type(), port_->position()});
    }
    return status;
}

void FeedReceiver::take(const ring::BytesView& view) {
    tally_.begin();
    Intake& intake = intake_of(view);
    const std::uint64_t before = intake.bytes();
    intake.take(view, false);
    written_ = intake.written();
    if (intake.bytes() != before) {
        tally_.count(intake.bytes() - before);
    }
    complete_ = streams_.enough(intake) || streams_.sum(&Intake::messages) >= request_.count;
}

Intake& FeedReceiver::intake_of(const ring::BytesView& view) {
    const std::optional<std::uint64_t> producer = port_->producer(view.position);
    if (!producer) {
        throw Failure(Exit::integrity,
                      fmt::format("channel '{}' does not know any more who sent message {} of lane "
                                  "{}: too many senders had that lane since",
                                  request_.channel, view.position, port_->lane()));
    }
    return streams_.of(port_->lane(), *producer);
}

void FeedReceiver::attend(Status told) {
    if (told == Status::lapped) {
        refuse_eviction();
        return;
    }
    if (told == Status::broken) {
        throw Failure(Exit::integrity,
                      fmt::format("channel '{0}' is broken: its sender's positions or a message "
                                  "are impossible; see 'shunt info {0}'",
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
}

void FeedReceiver::refuse_eviction() const {
    if (gated()) {
        throw Failure(Exit::integrity,
                      fmt::format("the sender of channel '{}' waits for this receiver no more, as "
                                  "it was too slow (send --on-slow evict): {} messages are lost, "
                                  "and what was written may end in parts of another one",
                                  request_.channel, count_text(lost())));
    }
}

bool FeedReceiver::whole() const noexcept {
    const bool newest_do = request_.options.policy == policy::conflate && !streams_.any_stream();
    return streams_.sum(&Intake::missing_bytes) == 0 && (lost() == 0 || newest_do);
}

void FeedReceiver::refuse_losses() const {
    if (whole() || interrupts_.requested()) {
        return;
    }
    throw Failure(
        Exit::integrity,
        fmt::format("the output is not all that was sent to channel '{}': {} messages are lost{}{}",
                    request_.channel, count_text(lost()),
                    streams_.sum(&Intake::missing_bytes) == 0
                        ? ""
                        : fmt::format(", {} bytes of the stream are missing",
                                      count_text(streams_.sum(&Intake::missing_bytes))),
                    gated() ? "; start receivers before the sender, and give it --subscribers N"
                            : "; a gated receiver gets all (--policy gated)"));
}

void FeedReceiver::warn(const std::string& id, const std::string& text) {
    const bool told = std::any_of(warnings_.begin(), warnings_.end(),
                                  [&](const perf::Warning& each) { return each.id == id; });
    if (!told) {
        progress_.clear();
        say("shunt recv: warning: " + text);
        warnings_.push_back({id, text});
    }
}

void FeedReceiver::show_progress() {
    if (progress_.due()) {
        progress_.show(fmt::format(
            "received {} messages, {}, {}{}{}", count_text(tally_.messages()), tally_.amount(),
            tally_.rate(), lost() == 0 ? "" : fmt::format(", {} lost", count_text(lost())),
            watch_.present() || tally_.messages() != 0 ? "" : ", nobody sends"));
    }
}

std::string FeedReceiver::summary() const {
    return fmt::format("{}{}", tally_.summary(),
                       lost() == 0 ? "" : fmt::format(", {} lost", count_text(lost())));
}

nlohmann::json FeedReceiver::result() const {
    nlohmann::json result = streams_.result();
    result.update(tally_.result());
    result.erase("redelivered");
    result["channel"] = request_.channel;
    result["kind"] = "broadcast";
    result["policy"] = to_string(request_.options.policy);
    result["complete"] = complete_ && whole();
    result["lost"] = lost();
    result["missing_bytes"] = streams_.sum(&Intake::missing_bytes);
    return result;
}

}  // namespace shunt::tools
