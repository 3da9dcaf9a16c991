// SPDX-License-Identifier: MIT
//
// What the producer of fixed-size messages does in its lane, an spsc channel being one lane. The
// ring is core/ring/spsc.hpp; this adds waiting, waking, ends and deaths. shunt/spsc/fixed.hpp says
// who may call what.
#pragma once

#include <shunt/channel/port.hpp>
#include <shunt/core/ring/spsc_producer.hpp>
#include <shunt/lane/request.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <stop_token>

namespace shunt::lane {

template <class T>
class FixedProducer : public channel::Port {
public:
    /// Copies one message in. `full`, `closed`, `peer_dead`: nothing was written.
    [[nodiscard, gnu::always_inline]] Status try_push(const T& message) noexcept {
        if (!wakeable()) {
            const Status status = ring_.try_push(message);
            return status ? status : not_pushed(status);
        }
        const Status status = ring_.template try_push<std::memory_order_seq_cst>(message);
        if (!status) [[unlikely]] {
            return not_pushed(status);
        }
        woken(1);
        return status;
    }
    /// try_push that wakes nobody; notify() does that later. Never enters the kernel.
    [[nodiscard]] Status try_push_quiet(const T& message) noexcept {
        const Status status = ring_.try_push(message);
        owe();
        return status ? status : not_pushed(status);
    }
    /// Copies one message in, waiting for room. Blocks.
    Status push(const T& message) noexcept { return push_until(message, channel::kNoDeadline); }
    Status push_until(const T& message, channel::Deadline deadline) noexcept {
        return block(
            Status::full, [&] { return try_push(message); }, [this] { return ring_.writable(); },
            deadline);
    }
    Status push(const T& message, const std::stop_token& stop) {
        return block(
            Status::full, [&] { return try_push(message); }, [this] { return ring_.writable(); },
            stop);
    }
    /// Copies as many messages in as there is room for; returns how many. One wake-up for all.
    [[nodiscard]] std::size_t try_push_n(std::span<const T> messages) noexcept {
        if (!wakeable()) {
            return ring_.try_push_n(messages);
        }
        const std::size_t pushed = ring_.template try_push_n<std::memory_order_seq_cst>(messages);
        if (pushed != 0) {
            woken(pushed);
        }
        return pushed;
    }

    /// The next message's place, to be filled in and published; null: full, or nobody to read it
    /// any more (try_push then says which).
    [[nodiscard]] T* try_claim() noexcept {
        T* const place = ring_.try_claim();
        if (place == nullptr) [[unlikely]] {
            no_place();
        }
        return place;
    }
    /// Publishes the claimed place. Only after a successful try_claim.
    void publish() noexcept {
        if (!wakeable()) {
            ring_.publish();
            return;
        }
        ring_.template publish<std::memory_order_seq_cst>();
        woken(1);
    }
    void publish_quiet() noexcept {
        ring_.publish();
        owe();
    }
    /// Gives the claimed place back.
    void abandon() noexcept { ring_.abandon(); }

    /// Waits until there is room. Blocks.
    Status wait(channel::Deadline deadline) noexcept {
        return block(
            Status::full,
            [this] { return ring_.writable() ? Status{Status::ok} : not_pushed(no_room()); },
            [this] { return ring_.writable(); }, deadline);
    }

    /// True if there is room now; changes nothing.
    [[nodiscard]] bool ready() noexcept { return ring_.writable(); }
    /// Before an event loop polls fd(). False: there is room, or an end or an interrupt to be told,
    /// now. fd() was called before. A few system calls.
    [[nodiscard]] bool arm() noexcept {
        return arm_events([this] { return ring_.writable(); });
    }

    /// Position of the next message; the first one ever was header().start_pos.
    [[nodiscard]] std::uint64_t position() const noexcept { return ring_.position(); }
    [[nodiscard]] std::uint64_t capacity() const noexcept { return ring_.capacity(); }
    /// Messages not yet read. Reads a word that the consumer writes with each message.
    [[nodiscard]] std::uint64_t size_approx() const noexcept {
        return ring_.position() - read_position(place(), lane_of(place()));
    }
    [[nodiscard]] std::uint64_t free_approx() const noexcept { return capacity() - size_approx(); }
    /// The newest message ever published in this lane, read or not; null: none. A successor learns
    /// from it how far its predecessor came.
    [[nodiscard]] const T* last_published() const noexcept { return ring_.last_published(); }

    /// For real time, before the first message: faults in and locks all of the channel's memory in
    /// this process, faults in its code, and takes the lines of the first messages into this core's
    /// caches. No message takes a page fault then. What this cannot do is run the caller's code for
    /// the first time: do that on a channel of its own, before. Throws Error.
    void prepare_rt() {
        prepare_memory();
        ring_.warm();
    }

    /// Leaves the channel; the consumer gets all that was published, then `closed`. Idempotent.
    void close() noexcept { leave(); }

protected:
    explicit FixedProducer(const channel::Request& request)
        : Port(request, layout::Role::consumer, layout::RegionId::wake_data,
               layout::RegionId::wake_room),
          ring_{memory_of(place(), lane_of(place())), header().capacity,
                consumer_words(place(), lane_of(place())), header().start_pos} {
        refuse_broken(place(), ring_.broken());
        move_in(place());
    }
    FixedProducer(FixedProducer&&) noexcept = default;
    ~FixedProducer() { close(); }

private:
    [[nodiscard]] Status no_room() const noexcept {
        return ring_.broken() ? Status::broken : Status::full;
    }
    [[gnu::noinline]] void no_place() noexcept {
        if (ring_.broken()) {
            mark_broken(place(), layout::Role::consumer);
        } else {
            count(counters().full);
        }
    }
    [[gnu::noinline]] Status not_pushed(Status status) noexcept {
        if (status != Status::full) {
            mark_broken(place(), layout::Role::consumer);
            return status;
        }
        count(counters().full);
        const Status end = ended();
        if (end == Status::ok || ring_.writable()) {
            return Status::full;
        }
        told_end();
        return end;
    }

    ring::SpscProducer<T> ring_;
};

}  // namespace shunt::lane
