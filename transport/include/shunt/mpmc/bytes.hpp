// SPDX-License-Identifier: MIT
//
// The ports of a named mpmc channel of byte messages, each of any length up to the channel's
// greatest (.max_message), in slots or in blocks. The ring is core/ring/mpmc_bytes.hpp; capacity
// and positions are in messages. What such a channel is, who may call what, progress and kernel
// calls: shunt/mpmc.hpp.
#pragma once

#include <shunt/core/ring/blocks.hpp>
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

template <class Ring>
class MessageProducer : public ProducingPort<Ring> {
    using Port = ProducingPort<Ring>;

public:
    /// Copies one message in. `type` is the user's, below 2^24. `full`, `too_big`, `closed`,
    /// `peer_dead`: nothing was written. `full` means that the oldest slot is not released yet,
    /// whatever else is free.
    [[nodiscard]] Status try_push(std::span<const std::byte> message,
                                  std::uint32_t type = 0) noexcept {
        if (!this->wakeable()) {
            return pushed(this->ring().try_push(message, type), message.size());
        }
        const Status status =
            this->ring().template try_push<std::memory_order_seq_cst>(message, type);
        if (status) {
            this->woken(1);
        }
        return pushed(status, message.size());
    }
    /// try_push that wakes nobody; notify() does that later. Never enters the kernel.
    [[nodiscard]] Status try_push_quiet(std::span<const std::byte> message,
                                        std::uint32_t type = 0) noexcept {
        const Status status = this->ring().try_push(message, type);
        this->owe();
        return pushed(status, message.size());
    }
    /// Copies one message in, waiting for room. Blocks.
    Status push(std::span<const std::byte> message, std::uint32_t type = 0) noexcept {
        return push_until(message, channel::kNoDeadline, type);
    }
    Status push_until(std::span<const std::byte> message, channel::Deadline deadline,
                      std::uint32_t type = 0) noexcept {
        return this->block(
            Status::full, [&] { return try_push(message, type); },
            [this] { return this->ring().writable(); }, deadline);
    }
    Status push(std::span<const std::byte> message, const std::stop_token& stop,
                std::uint32_t type = 0) {
        return this->block(
            Status::full, [&] { return try_push(message, type); },
            [this] { return this->ring().writable(); }, stop);
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
            this->count(this->counters().payload_bytes, bytes);
            if (this->wakeable()) {
                this->woken(done);
            }
        }
        return done;
    }

    /// Gives `bytes` bytes in place, to be filled in and published, soon: consumers wait for them,
    /// but not for a block.
    /// `full`, `too_big`, `closed`, `peer_dead`: no place was given.
    [[nodiscard]] Status try_claim(std::uint64_t bytes, std::span<std::byte>& place) noexcept {
        const Status status = this->ring().try_claim(bytes, place);
        return status ? status : this->not_pushed(status);
    }
    /// try_claim, waiting for room. Blocks.
    Status claim_until(std::uint64_t bytes, std::span<std::byte>& place,
                       channel::Deadline deadline) noexcept {
        return this->block(
            Status::full, [&] { return try_claim(bytes, place); },
            [this] { return this->ring().writable(); }, deadline);
    }
    /// Publishes the first `bytes` bytes of the claimed place. Only after a successful try_claim,
    /// and not more than it gave. Of a block: a Status; `full`, `closed`, `peer_dead`: others were
    /// faster, and it stays claimed, to be published later.
    auto publish(std::uint64_t bytes, std::uint32_t type = 0) noexcept {
        if constexpr (Ring::kOutOfLine) {
            const Status status =
                this->wakeable()
                    ? this->ring().template publish<std::memory_order_seq_cst>(bytes, type)
                    : this->ring().publish(bytes, type);
            if (status && this->wakeable()) {
                this->woken(1);
            }
            return pushed(status, bytes);
        } else {
            this->count(this->counters().payload_bytes, bytes);
            if (!this->wakeable()) {
                this->ring().publish(bytes, type);
                return;
            }
            this->ring().template publish<std::memory_order_seq_cst>(bytes, type);
            this->woken(1);
        }
    }
    auto publish_quiet(std::uint64_t bytes, std::uint32_t type = 0) noexcept {
        if constexpr (Ring::kOutOfLine) {
            const Status status = this->ring().publish(bytes, type);
            this->owe();
            return pushed(status, bytes);
        } else {
            this->count(this->counters().payload_bytes, bytes);
            this->ring().publish(bytes, type);
            this->owe();
        }
    }
    /// publish(), waiting for room. Blocks.
    Status publish_until(std::uint64_t bytes, channel::Deadline deadline,
                         std::uint32_t type = 0) noexcept requires(Ring::kOutOfLine) {
        return this->block(
            Status::full, [&] { return publish(bytes, type); },
            [this] { return this->ring().writable(); }, deadline);
    }

    /// Greatest message.
    [[nodiscard]] std::uint64_t max_message() const noexcept { return this->ring().max_message(); }

protected:
    using Port::Port;
    MessageProducer(MessageProducer&&) noexcept = default;
    ~MessageProducer() = default;

private:
    [[nodiscard]] bool push_one(std::span<const std::byte> message) noexcept {
        return bool{this->wakeable()
                        ? this->ring().template try_push<std::memory_order_seq_cst>(message)
                        : this->ring().try_push(message)};
    }
    Status pushed(Status status, std::size_t bytes) noexcept {
        if (!status) [[unlikely]] {
            return this->not_pushed(status);
        }
        this->count(this->counters().payload_bytes, bytes);
        return status;
    }
};

template <class Ring>
class MessageConsumer : public ConsumingPort<Ring> {
    using Port = ConsumingPort<Ring>;

public:
    /// Copies the next message out and releases it; `size` is its length, also where `to` is
    /// `too_small` for it (then it stays, for whoever takes it). `empty`, `busy`, `gap`, `closed`,
    /// `peer_dead`: as Consumer::try_pop. `broken`: the next message has a size that no producer
    /// writes; nobody gets beyond it.
    [[nodiscard]] Status try_pop(std::span<std::byte> to, std::size_t& size) noexcept {
        const Status status = this->wakeable() ? pop_ring<std::memory_order_seq_cst>(to, size)
                                               : pop_ring<std::memory_order_release>(to, size);
        this->wake_due();
        return popped(status, size);
    }
    /// try_pop that wakes nobody; notify() does that later. Never enters the kernel.
    [[nodiscard]] Status try_pop_quiet(std::span<std::byte> to, std::size_t& size) noexcept {
        const Status status = pop_ring<std::memory_order_release>(to, size);
        this->owe();
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
        return this->block(
            Status::empty, [&] { return this->busy_is_empty(try_pop(to, size)); },
            [this] { return this->ring().readable(); }, deadline);
    }
    Status pop(std::span<std::byte> to, std::size_t& size, const std::stop_token& stop) {
        return this->block(
            Status::empty, [&] { return this->busy_is_empty(try_pop(to, size)); },
            [this] { return this->ring().readable(); }, stop);
    }

    /// The next message, in place, this consumer's until release(), whatever it pops meanwhile. If
    /// this consumer dies, another gets it. As try_pop else.
    [[nodiscard]] Status try_peek(BytesView& view) noexcept {
        const Status status = show_next(view);
        return this->taken(status);
    }
    /// try_peek that wakes nobody; notify() does that later. Never enters the kernel.
    [[nodiscard]] Status try_peek_quiet(BytesView& view) noexcept {
        const Status status = this->ring().try_peek(view);
        this->owe();
        return this->taken(status);
    }
    /// try_peek, waiting for a message. Blocks. A gap ends it.
    Status peek_until(BytesView& view, channel::Deadline deadline) noexcept {
        return this->block(
            Status::empty, [&] { return this->busy_is_empty(try_peek(view)); },
            [this] { return this->ring().readable(); }, deadline);
    }
    /// Calls visit(const BytesView&) for up to `max` messages in place, of which redelivered()
    /// tells; returns how many. Ends at a gap, which is passed over and counted. Tells no end.
    template <class Visit>
    std::size_t drain(Visit&& visit, std::size_t max) {
        std::size_t drained = 0;
        BytesView view;
        while (drained < max && this->counted(show_next(view))) {
            visit(std::as_const(view));
            this->release();
            ++drained;
        }
        return drained;
    }

    /// Type of the message popped last.
    [[nodiscard]] std::uint32_t type() const noexcept { return this->ring().type(); }
    /// Greatest message.
    [[nodiscard]] std::uint64_t max_message() const noexcept { return this->ring().max_message(); }

protected:
    using Port::Port;
    MessageConsumer(MessageConsumer&&) noexcept = default;
    ~MessageConsumer() = default;

private:
    template <std::memory_order order>
    [[nodiscard]] Status pop_ring(std::span<std::byte> to, std::size_t& size) noexcept {
        if constexpr (!Ring::kOutOfLine) {
            if (this->copies()) {
                return this->ring().template try_pop_copy<order>(to, size);
            }
        }
        return this->ring().template try_pop<order>(to, size);
    }
    [[nodiscard]] Status popped(Status status, std::size_t size) noexcept {
        if (status) [[likely]] {
            this->count(this->counters().payload_bytes, size);
        } else if (status == Status::too_small && this->wakeable()) {
            this->woken_beside();  // the wake-up for that message may have been ours
        }
        return this->taken(status);
    }
    [[nodiscard]] Status show_next(BytesView& view) noexcept {
        const Status status = this->wakeable()
                                  ? this->ring().template try_peek<std::memory_order_seq_cst>(view)
                                  : this->ring().try_peek(view);
        this->wake_due();
        return status;
    }
};

class BytesProducer : public MessageProducer<ring::MpmcBytesProducer<>> {
public:
    /// Opens the channel, creating it where there is none. Throws Error.
    explicit BytesProducer(std::string_view name, const Options& options = {})
        : MessageProducer(bytes_request(name, layout::Role::producer, options),
                          [](const channel::Participant& place) {
                              return ring::MpmcBytesProducer<>{
                                  place.region(layout::RegionId::slots),
                                  bytes_shape(place.header()), ring_words(place), owner_of(place)};
                          }) {}
};

class BytesConsumer : public MessageConsumer<ring::MpmcBytesConsumer<>> {
public:
    /// Opens the channel, creating it where there is none. Throws Error.
    explicit BytesConsumer(std::string_view name, const Options& options = {})
        : MessageConsumer(bytes_request(name, layout::Role::consumer, options),
                          [](const channel::Participant& place) {
                              return ring::MpmcBytesConsumer<>{
                                  place.region(layout::RegionId::slots),
                                  bytes_shape(place.header()), ring_words(place), owner_of(place)};
                          }) {}
};

/// Of a channel with blocks (kind mpmc_blocks_bytes): a message that is being filled holds nobody
/// up.
class BlockBytesProducer : public MessageProducer<ring::BlockBytesProducer<>> {
public:
    /// Opens the channel, creating it where there is none. Throws Error.
    explicit BlockBytesProducer(std::string_view name, const Options& options = {})
        : MessageProducer(block_bytes_request(name, layout::Role::producer, options),
                          [](const channel::Participant& place) {
                              return ring::BlockBytesProducer<>{
                                  place.region(layout::RegionId::slots), block_geometry(place),
                                  bytes_shape(place.header()), ring_words(place), owner_of(place)};
                          }) {}
};

/// Of a channel with blocks (kind mpmc_blocks_bytes).
class BlockBytesConsumer : public MessageConsumer<ring::BlockBytesConsumer<>> {
public:
    /// Opens the channel, creating it where there is none. Throws Error.
    explicit BlockBytesConsumer(std::string_view name, const Options& options = {})
        : MessageConsumer(block_bytes_request(name, layout::Role::consumer, options),
                          [](const channel::Participant& place) {
                              return ring::BlockBytesConsumer<>{
                                  place.region(layout::RegionId::slots), block_geometry(place),
                                  bytes_shape(place.header()), ring_words(place), owner_of(place)};
                          }) {}
};

}  // namespace shunt::mpmc
