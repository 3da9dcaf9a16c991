// SPDX-License-Identifier: MIT
//
// What the consumer of byte messages does, be they of one lane (spsc) or of many (mpsc). The ring
// is core/ring/spsc_bytes.hpp or mpsc.hpp; this adds waiting, waking, ends and deaths.
// shunt/spsc/bytes.hpp and shunt/mpsc/bytes.hpp say who may call what.
#pragma once

#include <shunt/channel/port.hpp>
#include <shunt/lane/request.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <stop_token>
#include <utility>

namespace shunt::lane {

using ring::BytesView;

/// `Ring`: a ring::BytesConsumer or a ring::MpscBytesConsumer. `Self`: as of FixedConsumer.
template <class Self, class Ring>
class BytesConsumer : public channel::Port {
public:
    /// Copies the oldest message out; `size` is its length, also where `to` is `too_small` for it
    /// (then it stays). `empty`, `closed`, `peer_dead`: nothing was read.
    [[nodiscard]] Status try_pop(std::span<std::byte> to, std::size_t& size) noexcept {
        const Status status = ring_.try_pop(to, size);
        self().settle();
        return popped(status, size);
    }
    /// try_pop that wakes nobody; notify() does that later. Never enters the kernel.
    [[nodiscard]] Status try_pop_quiet(std::span<std::byte> to, std::size_t& size) noexcept {
        const Status status = ring_.try_pop(to, size);
        self().settle_quietly();
        return popped(status, size);
    }
    /// Copies the oldest message out, waiting for one. Blocks. After the last message of a producer
    /// that left: `closed` or `peer_dead`, once; then a successor's messages.
    Status pop(std::span<std::byte> to, std::size_t& size) noexcept {
        return pop_until(to, size, channel::kNoDeadline);
    }
    Status pop_until(std::span<std::byte> to, std::size_t& size,
                     channel::Deadline deadline) noexcept {
        return block(
            Status::empty, [&] { return try_pop(to, size); }, [this] { return ring_.readable(); },
            deadline);
    }
    Status pop(std::span<std::byte> to, std::size_t& size, const std::stop_token& stop) {
        return block(
            Status::empty, [&] { return try_pop(to, size); }, [this] { return ring_.readable(); },
            stop);
    }

    /// The oldest message, in place until release(). `empty`, `closed`, `peer_dead`: none.
    [[nodiscard]] Status try_peek(BytesView& view) noexcept {
        const Status status = ring_.try_peek(view);
        self().settle();
        return status ? status : not_popped(status);
    }
    /// try_peek that wakes nobody; notify() does that later. Never enters the kernel.
    [[nodiscard]] Status try_peek_quiet(BytesView& view) noexcept {
        const Status status = ring_.try_peek(view);
        self().settle_quietly();
        return status ? status : not_popped(status);
    }
    /// try_peek, waiting for a message. Blocks.
    Status peek_until(BytesView& view, channel::Deadline deadline) noexcept {
        return block(
            Status::empty, [&] { return try_peek(view); }, [this] { return ring_.readable(); },
            deadline);
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
    /// Calls visit(const BytesView&) for up to `max` messages in place; returns how many.
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

    /// Byte position of the message delivered last.
    [[nodiscard]] std::uint64_t position() const noexcept { return ring_.position(); }
    /// Type of the message popped last.
    [[nodiscard]] std::uint32_t type() const noexcept { return ring_.type(); }
    /// True if that message may have been seen by a predecessor that died before releasing it.
    [[nodiscard]] bool redelivered() const noexcept { return ring_.redelivered(); }
    [[nodiscard]] std::uint64_t capacity() const noexcept { return ring_.shape().capacity(); }
    [[nodiscard]] std::uint64_t max_message() const noexcept { return ring_.shape().max_message(); }
    /// Bytes not yet read, headers and padding included. Not for the hot path.
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

protected:
    /// `make(const Participant&, bool wakeable)` gives the ring.
    template <class Make>
    BytesConsumer(const channel::Request& request, Make&& make)
        : Port(request, layout::Role::producer, layout::RegionId::wake_room,
               layout::RegionId::wake_data),
          ring_{make(place(), wakeable())} {}
    BytesConsumer(BytesConsumer&&) noexcept = default;
    ~BytesConsumer() { close(); }

    [[nodiscard]] Ring& ring() noexcept { return ring_; }
    [[nodiscard]] const Ring& ring() const noexcept { return ring_; }

private:
    [[nodiscard]] Self& self() noexcept { return static_cast<Self&>(*this); }
    Status popped(Status status, std::size_t size) noexcept {
        if (!status) [[unlikely]] {
            return not_popped(status);
        }
        count(counters().payload_bytes, size);
        return status;
    }
    [[nodiscard]] Status nothing() const noexcept {
        return ring_.broken() ? Status::broken : Status::empty;
    }
    [[gnu::noinline]] Status not_popped(Status status) noexcept {
        if (status == Status::too_small) {
            return status;
        }
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
