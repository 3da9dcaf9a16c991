// SPDX-License-Identifier: MIT
//
// The ports of a named mpmc channel of byte messages, each of any length up to the channel's
// greatest (.max_message). The ring is core/ring/mpmc_bytes.hpp; capacity and positions are in
// messages. What such a channel is, who may call what, progress and kernel calls: shunt/mpmc.hpp.
#pragma once

#include <shunt/core/ring/mpmc_bytes.hpp>
#include <shunt/mpmc/consuming_port.hpp>
#include <shunt/mpmc/producing_port.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <stop_token>
#include <string_view>
#include <utility>

namespace shunt::mpmc {

using ring::BytesView;

class BytesProducer : public ProducingPort<ring::MpmcBytesProducer<>> {
public:
    /// Opens the channel, creating it where there is none. Throws Error.
    explicit BytesProducer(std::string_view name, const Options& options = {})
        : ProducingPort(bytes_request(name, layout::Role::producer, options),
                        [](const channel::Participant& place) {
                            return ring::MpmcBytesProducer<>{place.region(layout::RegionId::slots),
                                                             bytes_shape(place.header()),
                                                             ring_words(place), owner_of(place)};
                        }) {}

    /// Copies one message in. `type` is the user's, below 2^24. `full`, `too_big`, `closed`,
    /// `peer_dead`: nothing was written. `full` means that the oldest slot is not released yet,
    /// whatever else is free.
    [[nodiscard]] Status try_push(std::span<const std::byte> message,
                                  std::uint32_t type = 0) noexcept {
        if (!wakeable()) {
            return pushed(ring().try_push(message, type), message.size());
        }
        const Status status = ring().try_push<std::memory_order_seq_cst>(message, type);
        if (status) {
            woken(1);
        }
        return pushed(status, message.size());
    }
    /// try_push that wakes nobody; notify() does that later. Never enters the kernel.
    [[nodiscard]] Status try_push_quiet(std::span<const std::byte> message,
                                        std::uint32_t type = 0) noexcept {
        const Status status = ring().try_push(message, type);
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
            [this] { return ring().writable(); }, deadline);
    }
    Status push(std::span<const std::byte> message, const std::stop_token& stop,
                std::uint32_t type = 0) {
        return block(
            Status::full, [&] { return try_push(message, type); },
            [this] { return ring().writable(); }, stop);
    }
    /// Copies as many messages in as there is room for; returns how many. They need not lie side by
    /// side. One that is too big ends it. One wake-up for all.
    [[nodiscard]] std::size_t try_push_n(
        std::span<const std::span<const std::byte>> messages) noexcept {
        std::size_t done = 0;
        std::size_t bytes = 0;
        while (done < messages.size() && push_one(messages[done])) {
            bytes += messages[done].size();
            ++done;
        }
        if (done != 0) {
            count(counters().payload_bytes, bytes);
            if (wakeable()) {
                woken(done);
            }
        }
        return done;
    }

    /// Gives `bytes` bytes in place, to be filled in and published, soon: consumers wait for them.
    /// `full`, `too_big`, `closed`, `peer_dead`: no place was given.
    [[nodiscard]] Status try_claim(std::uint64_t bytes, std::span<std::byte>& place) noexcept {
        const Status status = ring().try_claim(bytes, place);
        return status ? status : not_pushed(status);
    }
    /// try_claim, waiting for room. Blocks.
    Status claim_until(std::uint64_t bytes, std::span<std::byte>& place,
                       channel::Deadline deadline) noexcept {
        return block(
            Status::full, [&] { return try_claim(bytes, place); },
            [this] { return ring().writable(); }, deadline);
    }
    /// Publishes the first `bytes` bytes of the claimed place. Only after a successful try_claim,
    /// and not more than it gave.
    void publish(std::uint64_t bytes, std::uint32_t type = 0) noexcept {
        count(counters().payload_bytes, bytes);
        if (!wakeable()) {
            ring().publish(bytes, type);
            return;
        }
        ring().publish<std::memory_order_seq_cst>(bytes, type);
        woken(1);
    }
    void publish_quiet(std::uint64_t bytes, std::uint32_t type = 0) noexcept {
        count(counters().payload_bytes, bytes);
        ring().publish(bytes, type);
        owe();
    }

    /// Greatest message.
    [[nodiscard]] std::uint64_t max_message() const noexcept { return ring().max_message(); }

private:
    [[nodiscard]] bool push_one(std::span<const std::byte> message) noexcept {
        return bool{wakeable() ? ring().try_push<std::memory_order_seq_cst>(message)
                               : ring().try_push(message)};
    }
    Status pushed(Status status, std::size_t bytes) noexcept {
        if (!status) [[unlikely]] {
            return not_pushed(status);
        }
        count(counters().payload_bytes, bytes);
        return status;
    }
};

class BytesConsumer : public ConsumingPort<ring::MpmcBytesConsumer<>> {
public:
    /// Opens the channel, creating it where there is none. Throws Error.
    explicit BytesConsumer(std::string_view name, const Options& options = {})
        : ConsumingPort(bytes_request(name, layout::Role::consumer, options),
                        [](const channel::Participant& place) {
                            return ring::MpmcBytesConsumer<>{place.region(layout::RegionId::slots),
                                                             bytes_shape(place.header()),
                                                             ring_words(place), owner_of(place)};
                        }) {}

    /// Copies the next message out and releases it; `size` is its length, also where `to` is
    /// `too_small` for it (then it stays, for whoever takes it). `empty`, `busy`, `gap`, `closed`,
    /// `peer_dead`: as Consumer::try_pop. `broken`: the next message has a size that no producer
    /// writes; nobody gets beyond it.
    [[nodiscard]] Status try_pop(std::span<std::byte> to, std::size_t& size) noexcept {
        const Status status = wakeable() ? pop_ring<std::memory_order_seq_cst>(to, size)
                                         : pop_ring<std::memory_order_release>(to, size);
        wake_due();
        return popped(status, size);
    }
    /// try_pop that wakes nobody; notify() does that later. Never enters the kernel.
    [[nodiscard]] Status try_pop_quiet(std::span<std::byte> to, std::size_t& size) noexcept {
        const Status status = pop_ring<std::memory_order_release>(to, size);
        owe();
        if (status == Status::too_small) {
            return status;
        }
        return popped(status, size);
    }
    /// Copies the next message out, waiting for one, busy or not. Blocks. A gap ends it: call
    /// again. After the last message of producers that are all gone: `closed` or `peer_dead`, once.
    Status pop(std::span<std::byte> to, std::size_t& size) noexcept {
        return pop_until(to, size, channel::kNoDeadline);
    }
    Status pop_until(std::span<std::byte> to, std::size_t& size,
                     channel::Deadline deadline) noexcept {
        return block(
            Status::empty, [&] { return busy_is_empty(try_pop(to, size)); },
            [this] { return ring().readable(); }, deadline);
    }
    Status pop(std::span<std::byte> to, std::size_t& size, const std::stop_token& stop) {
        return block(
            Status::empty, [&] { return busy_is_empty(try_pop(to, size)); },
            [this] { return ring().readable(); }, stop);
    }

    /// The next message, in place, this consumer's until release(), whatever it pops meanwhile. If
    /// this consumer dies, another gets it. As try_pop else.
    [[nodiscard]] Status try_peek(BytesView& view) noexcept {
        const Status status = show_next(view);
        return taken(status);
    }
    /// try_peek that wakes nobody; notify() does that later. Never enters the kernel.
    [[nodiscard]] Status try_peek_quiet(BytesView& view) noexcept {
        const Status status = ring().try_peek(view);
        owe();
        return taken(status);
    }
    /// try_peek, waiting for a message. Blocks. A gap ends it.
    Status peek_until(BytesView& view, channel::Deadline deadline) noexcept {
        return block(
            Status::empty, [&] { return busy_is_empty(try_peek(view)); },
            [this] { return ring().readable(); }, deadline);
    }
    /// Calls visit(const BytesView&) for up to `max` messages in place, of which redelivered()
    /// tells; returns how many. Ends at a gap, which is passed over and counted. Tells no end.
    template <class Visit>
    std::size_t drain(Visit&& visit, std::size_t max) {
        std::size_t drained = 0;
        BytesView view;
        while (drained < max && counted(show_next(view))) {
            visit(std::as_const(view));
            release();
            ++drained;
        }
        return drained;
    }

    /// Type of the message popped last.
    [[nodiscard]] std::uint32_t type() const noexcept { return ring().type(); }
    /// Greatest message.
    [[nodiscard]] std::uint64_t max_message() const noexcept { return ring().max_message(); }

private:
    template <std::memory_order order>
    [[nodiscard]] Status pop_ring(std::span<std::byte> to, std::size_t& size) noexcept {
        return copies() ? ring().try_pop_copy<order>(to, size) : ring().try_pop<order>(to, size);
    }
    [[nodiscard]] Status popped(Status status, std::size_t size) noexcept {
        if (status) [[likely]] {
            count(counters().payload_bytes, size);
        } else if (status == Status::too_small && wakeable()) {
            woken_beside();  // the wake-up for that message may have been ours
        }
        return taken(status);
    }
    [[nodiscard]] Status show_next(BytesView& view) noexcept {
        const Status status =
            wakeable() ? ring().try_peek<std::memory_order_seq_cst>(view) : ring().try_peek(view);
        wake_due();
        return status;
    }
};

}  // namespace shunt::mpmc
