// SPDX-License-Identifier: MIT
//
// A consumer of a named mpmc channel of fixed-size messages, in slots or in blocks. shunt/mpmc.hpp
// says what such a channel is, and what holds for all of its calls.
#pragma once

#include <shunt/channel/each_message.hpp>
#include <shunt/core/ring/blocks.hpp>
#include <shunt/core/ring/mpmc_fixed.hpp>
#include <shunt/mpmc/consuming_port.hpp>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <stop_token>
#include <string_view>

namespace shunt::mpmc {

template <class T, class Ring>
class FixedConsumer : public ConsumingPort<Ring> {
    using Port = ConsumingPort<Ring>;

public:
    /// Copies the next message out and releases it. In every other case `message` is untouched (but
    /// with pop::copy): `empty`; `busy`: the next one is claimed and not yet there, held_up_by()
    /// says by whom; `gap`: a position whose message never came, last_gap() says which; `closed`,
    /// `peer_dead`: no producer is left, and the last one ended so. In a channel with blocks there
    /// is neither `busy` nor `gap`, and `broken` is a word that no participant writes.
    [[nodiscard]] Status try_pop(T& message) noexcept {
        const Status status = copy_next(message);
        this->wake_due();
        return this->taken(status);
    }
    /// try_pop that wakes nobody; notify() wakes producers later. Never enters the kernel.
    [[nodiscard]] Status try_pop_quiet(T& message) noexcept {
        const Status status = pop_ring<std::memory_order_release>(message);
        this->owe();
        return this->taken(status);
    }
    /// Copies the next message out, waiting for one, busy or not. Blocks. A gap ends it: call
    /// again.
    /// After the last message of producers that are all gone: `closed` or `peer_dead`, once.
    Status pop(T& message) noexcept { return pop_until(message, channel::kNoDeadline); }
    Status pop_until(T& message, channel::Deadline deadline) noexcept {
        return this->block(
            Status::empty, [&] { return this->busy_is_empty(try_pop(message)); },
            [this] { return this->ring().readable(); }, deadline);
    }
    Status pop(T& message, const std::stop_token& stop) {
        return this->block(
            Status::empty, [&] { return this->busy_is_empty(try_pop(message)); },
            [this] { return this->ring().readable(); }, stop);
    }
    /// Copies up to messages.size() messages out; returns how many. Ends at a gap, which is passed
    /// over and counted, and behind a message that comes again: redelivered() tells of the last
    /// one, all others are new. Tells no end. One wake-up for all.
    [[nodiscard]] std::size_t try_pop_n(std::span<T> messages) noexcept {
        std::size_t popped = 0;
        while (popped < messages.size()) {
            if (!this->counted(copy_next(messages[popped]))) {
                break;
            }
            ++popped;
            if (this->ring().redelivered()) [[unlikely]] {
                break;
            }
        }
        this->wake_due();
        return popped;
    }

    /// The next message, in place, this consumer's until release(), whatever it pops meanwhile;
    /// null: see last_status(). If this consumer dies, another gets it. Tells no end.
    [[nodiscard]] const T* try_peek() noexcept {
        const T* message = nullptr;
        last_status_ = this->counted(show_next(message));
        return message;
    }
    /// What the last try_peek() came to: ok, `empty`, `busy` or `gap`.
    [[nodiscard]] Status last_status() const noexcept { return last_status_; }
    /// Calls visit(const T&) for up to `max` messages in place, of which redelivered() tells;
    /// returns how many. Ends at a gap, which is passed over and counted. Tells no end.
    template <class Visit>
    std::size_t drain(Visit&& visit, std::size_t max) {
        std::size_t drained = 0;
        const T* message = nullptr;
        while (drained < max) {
            if (!this->counted(show_next(message))) {
                break;
            }
            visit(*message);
            this->release();
            ++drained;
        }
        return drained;
    }

    /// `for (const T& t : in)`.
    using Iterator = channel::EachMessage<FixedConsumer, T>;
    [[nodiscard]] Iterator begin() { return Iterator{this}; }
    [[nodiscard]] std::default_sentinel_t end() const noexcept { return {}; }

protected:
    using Port::Port;
    FixedConsumer(FixedConsumer&&) noexcept = default;
    ~FixedConsumer() = default;

private:
    friend Iterator;

    template <std::memory_order order>
    [[nodiscard]] Status pop_ring(T& message) noexcept {
        if constexpr (!Ring::kOutOfLine) {
            if (this->copies()) {
                return this->ring().template try_pop_copy<order>(message);
            }
        }
        return this->ring().template try_pop<order>(message);
    }
    [[nodiscard]] Status copy_next(T& message) noexcept {
        return this->wakeable() ? pop_ring<std::memory_order_seq_cst>(message)
                                : pop_ring<std::memory_order_release>(message);
    }
    [[nodiscard]] Status show_next(const T*& message) noexcept {
        const Status status =
            this->wakeable() ? this->ring().template try_peek<std::memory_order_seq_cst>(message)
                             : this->ring().try_peek(message);
        this->wake_due();
        return status;
    }

    Status last_status_ = Status::empty;
};

template <class T>
class Consumer : public FixedConsumer<T, ring::MpmcConsumer<T>> {
public:
    /// Opens the channel, creating it where there is none. Throws Error.
    explicit Consumer(std::string_view name, const Options& options = {})
        : Consumer::FixedConsumer(fixed_request<T>(name, layout::Role::consumer, options),
                                  [](const channel::Participant& place) {
                                      return ring::MpmcConsumer<T>{
                                          place.region(layout::RegionId::slots),
                                          place.header().capacity, ring_words(place),
                                          owner_of(place)};
                                  }) {}
};

/// Of a channel with blocks (kind mpmc_blocks).
template <class T>
class BlockConsumer : public FixedConsumer<T, ring::BlockConsumer<T>> {
public:
    /// Opens the channel, creating it where there is none. Throws Error.
    explicit BlockConsumer(std::string_view name, const Options& options = {})
        : BlockConsumer::FixedConsumer(block_request<T>(name, layout::Role::consumer, options),
                                       [](const channel::Participant& place) {
                                           return ring::BlockConsumer<T>{
                                               place.region(layout::RegionId::slots),
                                               block_geometry(place), ring_words(place),
                                               owner_of(place)};
                                       }) {}
};

}  // namespace shunt::mpmc
