// SPDX-License-Identifier: MIT
//
// What the producer of byte messages does in its lane, an spsc channel being one lane. The ring is
// core/ring/spsc_bytes.hpp; this adds waiting, waking, ends and deaths. shunt/spsc/bytes.hpp says
// who may call what.
#pragma once

#include <shunt/channel/port.hpp>
#include <shunt/core/ring/spsc_bytes_producer.hpp>
#include <shunt/lane/request.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <stop_token>

namespace shunt::lane {

using ring::BytesView;

class BytesProducer : public channel::Port {
public:
    /// Copies one message in. `type` is the user's, below 2^24. `full`, `too_big`, `closed`,
    /// `peer_dead`: nothing was written.
    [[nodiscard]] Status try_push(std::span<const std::byte> message,
                                  std::uint32_t type = 0) noexcept {
        if (!wakeable()) {
            return pushed(ring_.try_push(message, type), message.size());
        }
        const Status status = ring_.try_push<std::memory_order_seq_cst>(message, type);
        if (status) {
            woken(1);
        }
        return pushed(status, message.size());
    }
    /// try_push that wakes nobody; notify() does that later. Never enters the kernel.
    [[nodiscard]] Status try_push_quiet(std::span<const std::byte> message,
                                        std::uint32_t type = 0) noexcept {
        const Status status = ring_.try_push(message, type);
        owe();
        return pushed(status, message.size());
    }
    /// Copies one message in, waiting for room. Blocks.
    Status push(std::span<const std::byte> message, std::uint32_t type = 0) noexcept {
        return push_until(message, channel::kNoDeadline, type);
    }
    Status push_until(std::span<const std::byte> message, channel::Deadline deadline,
                      std::uint32_t type = 0) noexcept {
        return block(
            Status::full, [&] { return try_push(message, type); },
            [&] { return ring_.writable(message.size()); }, deadline);
    }
    Status push(std::span<const std::byte> message, const std::stop_token& stop,
                std::uint32_t type = 0) {
        return block(
            Status::full, [&] { return try_push(message, type); },
            [&] { return ring_.writable(message.size()); }, stop);
    }
    /// Copies as many messages in as there is room for; returns how many. One wake-up for all.
    [[nodiscard]] std::size_t try_push_n(
        std::span<const std::span<const std::byte>> messages) noexcept {
        std::size_t bytes = 0;
        const std::size_t done = wakeable() ? ring_.try_push_n<std::memory_order_seq_cst>(messages)
                                            : ring_.try_push_n(messages);
        for (const auto& message : messages.first(done)) {
            bytes += message.size();
        }
        if (done != 0) {
            count(counters().payload_bytes, bytes);
            if (wakeable()) {
                woken(done);
            }
        }
        return done;
    }

    /// Gives `bytes` bytes in place, to be filled in and published. `full`, `too_big`, `closed`,
    /// `peer_dead`: no place was given.
    [[nodiscard]] Status try_claim(std::uint64_t bytes, std::span<std::byte>& place) noexcept {
        const Status status = ring_.try_claim(bytes, place);
        return status ? status : not_pushed(status, bytes);
    }
    /// try_claim, waiting for room. Blocks.
    Status claim_until(std::uint64_t bytes, std::span<std::byte>& place,
                       channel::Deadline deadline) noexcept {
        return block(
            Status::full, [&] { return try_claim(bytes, place); },
            [&] { return ring_.writable(bytes); }, deadline);
    }
    /// Publishes the first `bytes` bytes of the claimed place. Only after a successful try_claim.
    void publish(std::uint64_t bytes, std::uint32_t type = 0) noexcept {
        count(counters().payload_bytes, bytes);
        if (!wakeable()) {
            ring_.publish(bytes, type);
            return;
        }
        ring_.publish<std::memory_order_seq_cst>(bytes, type);
        woken(1);
    }
    void publish_quiet(std::uint64_t bytes, std::uint32_t type = 0) noexcept {
        count(counters().payload_bytes, bytes);
        ring_.publish(bytes, type);
        owe();
    }
    /// Gives the claimed place back.
    void abandon() noexcept { ring_.abandon(); }

    /// Waits until the consumer has read everything. Blocks; `closed` or `peer_dead` if it ends
    /// first (once per event).
    Status wait_drained(channel::Deadline deadline) noexcept {
        return block(
            Status::full,
            [this] { return drained() ? Status{Status::ok} : end_of_consumer(Status::full); },
            [this] { return drained(); }, deadline);
    }

    /// True if there is room for `bytes` bytes now (without them: for the greatest message).
    [[nodiscard]] bool ready(std::uint64_t bytes) noexcept { return ring_.writable(bytes); }
    [[nodiscard]] bool ready() noexcept { return ready(max_message()); }
    /// Before an event loop polls fd(). False: there is room for `bytes` bytes (without them: for
    /// the greatest message), or an end or an interrupt to be told, now. fd() was called before. A
    /// few system calls.
    [[nodiscard]] bool arm(std::uint64_t bytes) noexcept {
        return arm_events([&] { return ring_.writable(bytes); });
    }
    [[nodiscard]] bool arm() noexcept { return arm(max_message()); }

    /// Byte position behind the newest message.
    [[nodiscard]] std::uint64_t position() const noexcept { return ring_.position(); }
    [[nodiscard]] std::uint64_t capacity() const noexcept { return ring_.shape().capacity(); }
    /// Greatest message.
    [[nodiscard]] std::uint64_t max_message() const noexcept { return ring_.shape().max_message(); }
    /// Bytes not yet read, headers and padding included.
    [[nodiscard]] std::uint64_t size_approx() const noexcept {
        return ring_.position() - read_position(place(), lane_of(place()));
    }
    [[nodiscard]] std::uint64_t free_approx() const noexcept { return capacity() - size_approx(); }
    /// The newest message ever published in this lane, read or not. False: none.
    [[nodiscard]] bool last_published(BytesView& view) const noexcept {
        return ring_.last_published(view);
    }

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
    explicit BytesProducer(const channel::Request& request)
        : Port(request, layout::Role::consumer, layout::RegionId::wake_data,
               layout::RegionId::wake_room),
          ring_{memory_of(place(), lane_of(place())), bytes_shape(header()),
                producer_words(place(), lane_of(place())),
                consumer_words(place(), lane_of(place())), header().start_pos} {
        refuse_broken(place(), ring_.broken());
        move_in(place());
    }
    BytesProducer(BytesProducer&&) noexcept = default;
    ~BytesProducer() { close(); }

private:
    [[nodiscard]] bool drained() const noexcept { return size_approx() == 0; }
    Status pushed(Status status, std::size_t bytes) noexcept {
        if (!status) [[unlikely]] {
            return not_pushed(status, bytes);
        }
        count(counters().payload_bytes, bytes);
        return status;
    }
    [[gnu::noinline]] Status not_pushed(Status status, std::uint64_t bytes) noexcept {
        if (status == Status::too_big) {
            return status;
        }
        if (status != Status::full) {
            mark_broken(place(), layout::Role::consumer);
            return status;
        }
        count(counters().full);
        const Status end = ended();
        if (end == Status::ok || ring_.writable(bytes)) {
            return Status::full;
        }
        told_end();
        return end;
    }
    // The end that is to be told now, or `none`.
    Status end_of_consumer(Status none) noexcept {
        const Status end = ended();
        if (end == Status::ok) {
            return none;
        }
        told_end();
        return end;
    }

    ring::BytesProducer<> ring_;
};

}  // namespace shunt::lane
