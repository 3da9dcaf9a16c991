// SPDX-License-Identifier: MIT
//
// What the consumer of fixed-size messages does, be they of one lane (spsc) or of many (mpsc). The
// ring is core/ring/spsc.hpp or mpsc.hpp; this adds waiting, waking, ends and deaths.
// shunt/spsc/fixed.hpp and shunt/mpsc/fixed.hpp say who may call what.
#pragma once

#include <shunt/channel/each_message.hpp>
#include <shunt/channel/port.hpp>
#include <shunt/lane/request.hpp>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <stop_token>
#include <utility>

namespace shunt::lane {

/// `Ring`: an SpscConsumer or an MpscConsumer. `Self`, the port, has settle(), called behind what
/// may have freed something, settle_others(), where the lane of the message has freed nothing,
/// settle_quietly(), which enters no kernel, and found_nothing(), called by every look that found
/// nothing.
template <class Self, class T, class Ring>
class FixedConsumer : public channel::Port {
public:
    /// Copies the oldest message out. `empty`, `closed`, `peer_dead`: `message` is untouched.
    [[nodiscard, gnu::always_inline]] Status try_pop(T& message) noexcept {
        if (!ring_.in_run()) {
            const Status status = ring_.begin_run();
            if (!status) [[unlikely]] {
                self().settle();
                return not_popped(status);
            }
            self().settle_others();
        }
        if (ring_.pop_of_run(message)) [[unlikely]] {
            self().settle();
        }
        return Status::ok;
    }
    /// try_pop that wakes nobody; notify() does that later. Never enters the kernel.
    [[nodiscard]] Status try_pop_quiet(T& message) noexcept {
        const Status status = ring_.try_pop(message);
        self().settle_quietly();
        return status ? status : not_popped(status);
    }
    /// Copies the oldest message out, waiting for one. Blocks. After the last message of a producer
    /// that left: `closed` or `peer_dead`, once; then a successor's messages.
    Status pop(T& message) noexcept { return pop_until(message, channel::kNoDeadline); }
    Status pop_until(T& message, channel::Deadline deadline) noexcept {
        return block(
            Status::empty, [&] { return try_pop(message); }, [this] { return ring_.readable(); },
            deadline);
    }
    Status pop(T& message, const std::stop_token& stop) {
        return block(
            Status::empty, [&] { return try_pop(message); }, [this] { return ring_.readable(); },
            stop);
    }
    /// Copies up to messages.size() messages out; returns how many.
    [[nodiscard]] std::size_t try_pop_n(std::span<T> messages) noexcept {
        const std::size_t popped = ring_.try_pop_n(messages);
        self().settle();
        if (popped == 0) [[unlikely]] {
            self().found_nothing();
        }
        return popped;
    }

    /// The oldest message, in place until release(); null: none.
    [[nodiscard]] const T* try_peek() noexcept {
        const std::span<const T> one = try_peek_n(1);
        return one.empty() ? nullptr : one.data();
    }
    /// Up to `max` messages that lie side by side, in place until release().
    [[nodiscard]] std::span<const T> try_peek_n(std::size_t max) noexcept {
        const std::span<const T> shown = ring_.try_peek_n(max);
        if (shown.empty()) [[unlikely]] {
            nothing_shown();
        }
        return shown;
    }
    /// Releases what the last peek showed.
    void release() noexcept {
        ring_.release();
        self().settle();
    }
    void release_quiet() noexcept {
        ring_.release();
        self().settle_quietly();
    }
    /// Calls visit(const T&) for up to `max` messages in place; returns how many.
    template <class Visit>
    std::size_t drain(Visit&& visit, std::size_t max) {
        const std::size_t drained = ring_.drain(std::forward<Visit>(visit), max);
        self().settle();
        if (drained == 0) [[unlikely]] {
            self().found_nothing();
        }
        return drained;
    }

    /// Waits until a message is there, and leaves it there. Blocks. Ends are told as by pop().
    Status wait(channel::Deadline deadline) noexcept {
        return block(
            Status::empty,
            [this] { return ring_.readable() ? Status{Status::ok} : not_popped(nothing()); },
            [this] { return ring_.readable(); }, deadline);
    }

    /// True if a message is there now; changes nothing.
    [[nodiscard]] bool ready() const noexcept { return ring_.readable(); }
    /// Before an event loop polls fd(). False: a message is there, or an end or an interrupt to be
    /// told, now. fd() was called before. A few system calls.
    [[nodiscard]] bool arm() noexcept {
        return arm_events([this] { return ring_.readable(); });
    }

    /// Position of the message delivered last (popped, or the first one peeked at).
    [[nodiscard]] std::uint64_t position() const noexcept { return ring_.position(); }
    /// True if that message may have been seen by a predecessor that died before releasing it.
    [[nodiscard]] bool redelivered() const noexcept { return ring_.redelivered(); }
    [[nodiscard]] std::uint64_t capacity() const noexcept { return ring_.capacity(); }
    /// Messages not yet read. Looks at every stamp: not for the hot path.
    [[nodiscard]] std::uint64_t size_approx() const noexcept { return unread(place()); }
    [[nodiscard]] std::uint64_t lag() const noexcept { return size_approx(); }

    /// For real time, before the first message: faults in and locks all of the channel's memory in
    /// this process, faults in its code, and takes the lines of the first messages into this core's
    /// caches. No message takes a page fault then. What this cannot do is run the caller's code for
    /// the first time: do that on a channel of its own, before. Throws Error.
    void prepare_rt() {
        prepare_memory();
        ring_.warm();
    }

    /// Leaves the channel; unread messages stay for a successor. Idempotent.
    void close() noexcept {
        if (open()) {
            ring_.store_free();
            leave();
        }
    }

    /// `for (const T& t : in)`.
    using Iterator = channel::EachMessage<FixedConsumer, T>;
    [[nodiscard]] Iterator begin() { return Iterator{this}; }
    [[nodiscard]] std::default_sentinel_t end() const noexcept { return {}; }

protected:
    /// `make(const Participant&, bool wakeable)` gives the ring.
    template <class Make>
    FixedConsumer(const channel::Request& request, Make&& make)
        : Port(request, layout::Role::producer, layout::RegionId::wake_room,
               layout::RegionId::wake_data),
          ring_{make(place(), wakeable())} {}
    FixedConsumer(FixedConsumer&&) noexcept = default;
    ~FixedConsumer() { close(); }

    [[nodiscard]] Ring& ring() noexcept { return ring_; }
    [[nodiscard]] const Ring& ring() const noexcept { return ring_; }

private:
    friend Iterator;

    [[nodiscard]] Self& self() noexcept { return static_cast<Self&>(*this); }
    [[nodiscard]] Status nothing() const noexcept {
        return ring_.broken() ? Status::broken : Status::empty;
    }
    [[gnu::noinline]] void nothing_shown() noexcept {
        if (ring_.broken()) {
            mark_broken(place(), layout::Role::producer);
        } else {
            count(counters().empty_polls);
            self().found_nothing();
        }
    }
    [[gnu::noinline]] Status not_popped(Status status) noexcept {
        if (status != Status::empty) {
            mark_broken(place(), layout::Role::producer);
            return status;
        }
        count(counters().empty_polls);
        self().found_nothing();
        const Status end = ended();
        if (end == Status::ok || ring_.readable()) {
            return Status::empty;
        }
        told_end();
        return end;
    }

    Ring ring_;
};

}  // namespace shunt::lane
