// SPDX-License-Identifier: MIT
//
// A producer of a named mpmc channel of fixed-size messages, in slots or in blocks. shunt/mpmc.hpp
// says what such a channel is, and what holds for all of its calls.
#pragma once

#include <shunt/core/ring/blocks.hpp>
#include <shunt/core/ring/mpmc_fixed.hpp>
#include <shunt/mpmc/producing_port.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <stop_token>
#include <string_view>

namespace shunt::mpmc {

template <class T, class Ring>
class FixedProducer : public ProducingPort<Ring> {
    using Port = ProducingPort<Ring>;

public:
    /// Copies one message in. `full`, `closed`, `peer_dead`: nothing was written. `full` means that
    /// the oldest slot is not released yet, whatever else is free.
    [[nodiscard]] Status try_push(const T& message) noexcept {
        if (!this->wakeable()) {
            const Status status = this->ring().try_push(message);
            return status ? status : this->not_pushed(status);
        }
        const Status status = this->ring().template try_push<std::memory_order_seq_cst>(message);
        if (!status) [[unlikely]] {
            return this->not_pushed(status);
        }
        this->woken(1);
        return status;
    }
    /// try_push that wakes nobody; notify() does that later. Never enters the kernel.
    [[nodiscard]] Status try_push_quiet(const T& message) noexcept {
        const Status status = this->ring().try_push(message);
        this->owe();
        return status ? status : this->not_pushed(status);
    }
    /// Copies one message in, waiting for room. Blocks.
    Status push(const T& message) noexcept { return push_until(message, channel::kNoDeadline); }
    Status push_until(const T& message, channel::Deadline deadline) noexcept {
        return this->block(
            Status::full, [&] { return try_push(message); },
            [this] { return this->ring().writable(); }, deadline);
    }
    Status push(const T& message, const std::stop_token& stop) {
        return this->block(
            Status::full, [&] { return try_push(message); },
            [this] { return this->ring().writable(); }, stop);
    }
    /// Copies as many messages in as there is room for; returns how many. They need not lie side by
    /// side: others may come between. One wake-up for all.
    [[nodiscard]] std::size_t try_push_n(std::span<const T> messages) noexcept {
        std::size_t pushed = 0;
        while (pushed < messages.size() && push_one_of(messages, pushed)) {
            ++pushed;
        }
        if (this->wakeable() && pushed != 0) {
            this->woken(pushed);
        }
        return pushed;
    }

    /// The next message's place, to be filled in and published; null: full, or nobody to read it
    /// any more (try_push then says which). Consumers wait for it, so fill it soon; for a block
    /// nobody does.
    [[nodiscard]] T* try_claim() noexcept {
        T* const place = this->ring().try_claim();
        if (place == nullptr) [[unlikely]] {
            this->count(this->counters().full);
        }
        return place;
    }
    /// Publishes the claimed place. Only after a successful try_claim. Of a block: a Status;
    /// `full`, `closed`, `peer_dead`: others were faster, and it stays claimed, to be published
    /// later.
    auto publish() noexcept {
        if constexpr (Ring::kOutOfLine) {
            const Status status = this->wakeable()
                                      ? this->ring().template publish<std::memory_order_seq_cst>()
                                      : this->ring().publish();
            if (status && this->wakeable()) {
                this->woken(1);
            }
            return status ? status : this->not_pushed(status);
        } else {
            if (!this->wakeable()) {
                this->ring().publish();
                return;
            }
            this->ring().template publish<std::memory_order_seq_cst>();
            this->woken(1);
        }
    }
    auto publish_quiet() noexcept {
        if constexpr (Ring::kOutOfLine) {
            const Status status = this->ring().publish();
            this->owe();
            return status ? status : this->not_pushed(status);
        } else {
            this->ring().publish();
            this->owe();
        }
    }
    /// publish(), waiting for room. Blocks.
    Status publish_until(channel::Deadline deadline) noexcept requires(Ring::kOutOfLine) {
        return this->block(
            Status::full, [&] { return publish(); }, [this] { return this->ring().writable(); },
            deadline);
    }

protected:
    using Port::Port;
    FixedProducer(FixedProducer&&) noexcept = default;
    ~FixedProducer() = default;

private:
    [[nodiscard]] bool push_one_of(std::span<const T> messages, std::size_t i) noexcept {
        return bool{this->wakeable()
                        ? this->ring().template try_push<std::memory_order_seq_cst>(messages[i])
                        : this->ring().try_push(messages[i])};
    }
};

template <class T>
class Producer : public FixedProducer<T, ring::MpmcProducer<T>> {
public:
    /// Opens the channel, creating it where there is none. Throws Error.
    explicit Producer(std::string_view name, const Options& options = {})
        : Producer::FixedProducer(fixed_request<T>(name, layout::Role::producer, options),
                                  [](const channel::Participant& place) {
                                      return ring::MpmcProducer<T>{
                                          place.region(layout::RegionId::slots),
                                          place.header().capacity, ring_words(place),
                                          owner_of(place)};
                                  }) {}
};

/// Of a channel with blocks (kind mpmc_blocks): a message that is being filled holds nobody up.
template <class T>
class BlockProducer : public FixedProducer<T, ring::BlockProducer<T>> {
public:
    /// Opens the channel, creating it where there is none. Throws Error.
    explicit BlockProducer(std::string_view name, const Options& options = {})
        : BlockProducer::FixedProducer(block_request<T>(name, layout::Role::producer, options),
                                       [](const channel::Participant& place) {
                                           return ring::BlockProducer<T>{
                                               place.region(layout::RegionId::slots),
                                               block_geometry(place), ring_words(place),
                                               owner_of(place)};
                                       }) {}
};

}  // namespace shunt::mpmc
