// SPDX-License-Identifier: MIT
#include "feed_sender.hpp"
#include "channel_view.hpp"
#include "command.hpp"
#include "stream_start.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

namespace shunt::tools {

namespace {

using std::chrono::milliseconds;

constexpr milliseconds kFirstPause{1};
constexpr milliseconds kLongestPause{16};
constexpr milliseconds kLookForListeners{10};
constexpr milliseconds kLookForRoom{200};
constexpr const char* kBasePages = "base-pages";

}  // namespace

FeedSender::FeedSender(const FeedSendRequest& request, std::unique_ptr<Source> source,
                       const Interrupts& interrupts)
    : request_{request},
      interrupts_{interrupts},
      port_{request.kind, request.in_lanes, request.channel, request.options},
      listeners_{request.channel, port_.lane()},
      placement_{port_.port().placement()},
      input_{input_of(std::move(source))},
      pace_{request.rate} {}

WorkInput FeedSender::input_of(std::unique_ptr<Source> source) const {
    const std::uint64_t most = port_.max_message();
    if (request_.lines) {
        return WorkInput::lines(std::move(source), most, interrupts_);
    }
    if (most <= head() || request_.size > most - head()) {
        throw Failure(Exit::usage,
                      fmt::format("--size {} does not fit: the greatest message of channel '{}' "
                                  "has {} bytes{}; use a smaller --size, or a channel with a "
                                  "larger --max-message",
                                  request_.size, request_.channel, most,
                                  head() == 0 ? "" : ", 8 of them for the stream offset"));
    }
    return WorkInput::records(std::move(source), request_.size != 0 ? request_.size : most - head(),
                              interrupts_);
}

void FeedSender::run() {
    const Watched watched{interrupts_, port_.port()};
    tell_memory();
    find_start();
    if (await_listeners()) {
        while (!end_sent_ && send_one()) {
        }
        send_end();
        drain();
    }
    tally_.end();
    progress_.clear();
    for (const perf::Warning& warning : warnings()) {
        if (warning.id != kBasePages) {
            say("shunt send: warning: " + warning.text);
        }
    }
}

void FeedSender::tell_memory() {
    const std::string line =
        slots_text(request_.channel, port_.capacity(), port_.max_message(), placement_);
    if (request_.tell_pages) {
        say(line);
    } else {
        progress_.note(line);
    }
}

// What an earlier publisher left is there for subscribers until it is overwritten. In a lane its
// stream is another one.
void FeedSender::find_start() {
    if (!request_.stream || request_.in_lanes ||
        port_.position() == port_.port().header().start_pos) {
        return;
    }
    broadcast::BytesSubscriber reader{request_.channel, {.from = port_.position() - 1}};
    std::vector<std::byte> bytes(reader.max_message());
    std::size_t size = 0;
    if (!reader.try_pop(bytes, size)) {
        return;
    }
    const StreamStart start =
        start_behind({std::span{bytes}.first(size), reader.type(), reader.position()},
                     request_.resume, request_.channel);
    end_sent_ = start.ended;
    offset_ = begin_ = start.offset;
    if (begin_ != 0 && !end_sent_) {
        progress_.note(fmt::format("going on at byte {}", begin_));
        (void)input_.seek(begin_);  // false: interrupted, which the loop finds
    }
}

// False: interrupted.
bool FeedSender::await_listeners() {
    const auto begun = Clock::now();
    for (;;) {
        const std::uint64_t ready = request_.subscribers == 0 ? 0 : listeners_.ready();
        if (ready >= request_.subscribers) {
            return !interrupts_.requested();
        }
        if (Clock::now() - begun >= request_.patience.for_first) {
            throw Failure(
                Exit::timed_out,
                fmt::format("{} of {} receivers came within {:g} s, and nothing was sent; start "
                            "'shunt recv {}' as the same user with the same SHUNT_DIR, or give a "
                            "smaller --subscribers (0: send at once)",
                            ready, request_.subscribers, request_.patience.for_first.count(),
                            request_.channel));
        }
        (void)port_.recover();
        if (!interrupts_.pause(kLookForListeners)) {
            return false;
        }
        if (progress_.due()) {
            progress_.show(fmt::format("{} of {} receivers are here", ready, request_.subscribers));
        }
    }
}

bool FeedSender::send_one() {
    if (interrupts_.requested() || tally_.messages() + dropped_ == request_.count) {
        return false;
    }
    const auto wait = pace_.wait(Clock::now());
    if (wait.count() > 0 && !interrupts_.pause(wait)) {
        return false;
    }
    std::span<const std::byte> message;
    if (!input_.next(message)) {
        return false;
    }
    tally_.begin();
    std::span<std::byte> place;
    if (!claim(head() + message.size(), place)) {
        return !interrupts_.requested();  // dropped
    }
    if (request_.stream) {
        put_offset(place, offset_);
    }
    if (!message.empty()) {
        std::memcpy(place.data() + head(), message.data(), message.size());
    }
    port_.publish(place.size(), request_.stream ? kPiece : input_.is_lines() ? kLine : 0);
    offset_ += message.size();
    tally_.count(message.size());
    pace_.sent(message.size());
    show_progress();
    return true;
}

void FeedSender::send_end() {
    std::span<std::byte> place;
    if (!request_.stream || end_sent_ || interrupts_.requested() || !claim(kOffsetBytes, place)) {
        return;
    }
    put_offset(place, offset_);
    port_.publish(kOffsetBytes, kEnd);
    end_sent_ = true;
}

// False: interrupted, or the message is dropped.
bool FeedSender::claim(std::size_t bytes, std::span<std::byte>& place) {
    Status status = port_.try_claim(bytes, place);
    // again: a receiver that opens its gate meanwhile may take the room that was waited for
    while (status == Status::full) {
        if (request_.options.on_slow == on_slow::drop) {
            ++dropped_;
            return false;
        }
        if (!make_room()) {
            return false;
        }
        status = port_.try_claim(bytes, place);
    }
    if (!status) {
        throw Failure(Exit::integrity,
                      fmt::format("channel '{0}' takes no message ({1}); see 'shunt info {0}'",
                                  request_.channel, to_string(status)));
    }
    return true;
}

// Waits for the gates. False: interrupted.
bool FeedSender::make_room() {
    const auto since = Clock::now();
    for (;;) {
        const Status status = port_.wait(Clock::now() + kLookForRoom);
        longest_wait_ = std::max(longest_wait_, Clock::now() - since);
        if (status) {
            return true;
        }
        if (interrupts_.requested()) {
            return false;
        }
        refuse_slow(since);
        show_progress();
    }
}

// Until each gate has read all of it. One that dies has its gate closed here too: while all else is
// asleep nobody else might ask.
void FeedSender::drain() {
    std::optional<Listeners::Gate> slowest;
    auto since = Clock::now();
    milliseconds pause = kFirstPause;
    while (!interrupts_.requested()) {
        const std::optional<Listeners::Gate> now = listeners_.slowest_gate();
        if (!now || now->read_pos >= port_.position()) {
            drained_ = true;
            return;
        }
        if (now != slowest) {
            slowest = now;
            since = Clock::now();
        }
        refuse_slow(since);
        (void)port_.recover();
        interrupts_.pause(pause);
        pause = std::min(pause * 2, kLongestPause);
        show_progress();
    }
}

void FeedSender::refuse_slow(Clock::time_point since) const {
    if (Clock::now() - since < request_.patience.for_successor) {
        return;
    }
    const std::optional<Listeners::Gate> gate = listeners_.slowest_gate();
    throw Failure(
        Exit::timed_out,
        fmt::format(
            "process {} has read nothing for {:g} s, {} messages behind, and holds up all "
            "others; end it, or send with --on-slow evict, or let it 'shunt recv --policy "
            "lossy'",
            gate ? gate->pid : 0, request_.patience.for_successor.count(),
            count_text(gate ? port_.position() - std::min(gate->read_pos, port_.position()) : 0)));
}

void FeedSender::show_progress() {
    if (!progress_.due()) {
        return;
    }
    std::string of;
    if (const auto total = input_.total(); total && *total != 0) {
        of = " of " + bytes_text(static_cast<double>(*total));
    }
    progress_.show(fmt::format("sent {} messages, {}{}, {}, to {} receivers",
                               count_text(tally_.messages()), tally_.amount(), of, tally_.rate(),
                               listeners_.ready()));
}

std::string FeedSender::summary() const {
    const std::uint64_t evicted = port_.evictions();
    return fmt::format("{}{}{}", tally_.summary(),
                       dropped_ == 0 ? "" : fmt::format(", {} dropped", count_text(dropped_)),
                       evicted == 0 ? "" : fmt::format(", {} evicted", count_text(evicted)));
}

nlohmann::json FeedSender::result() const {
    nlohmann::json result = tally_.result();
    result["channel"] = request_.channel;
    result["kind"] = request_.kind == StreamKind::latest ? "latest" : "broadcast";
    if (const auto lane = port_.lane()) {
        result["lane"] = *lane;
    }
    result["complete"] = drained_;
    result["subscribers"] = request_.subscribers;
    if (request_.stream) {
        result["begin"] = begin_;
        result["end"] = offset_;
        result["end_sent"] = end_sent_;
    }
    result["dropped"] = dropped_;
    result["evicted"] = port_.evictions();
    result["longest_wait_ns"] =
        std::chrono::duration_cast<std::chrono::nanoseconds>(longest_wait_).count();
    result["capacity_messages"] = port_.capacity();
    result["max_message"] = port_.max_message();
    result["placement"] = to_json(placement_);
    return result;
}

std::vector<perf::Warning> FeedSender::warnings() const {
    std::vector<perf::Warning> warnings;
    if (!placement_.note.empty()) {
        warnings.push_back({kBasePages, placement_.note});
    }
    if (dropped_ != 0) {
        warnings.push_back({"dropped", fmt::format("{} messages were not sent: a gated receiver "
                                                   "was slower",
                                                   count_text(dropped_))});
    }
    if (port_.evictions() != 0) {
        warnings.push_back({"evicted", fmt::format("{} gated receivers were slower, and are waited "
                                                   "for no more",
                                                   port_.evictions())});
    }
    return warnings;
}

}  // namespace shunt::tools
