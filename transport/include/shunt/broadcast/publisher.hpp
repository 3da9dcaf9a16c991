// SPDX-License-Identifier: MIT
//
// The publisher of a named broadcast channel of fixed-size messages. shunt/broadcast.hpp says what
// such a channel is, and what holds for all of its calls.
#pragma once

#include <shunt/broadcast/publishing_port.hpp>
#include <shunt/core/ring/broadcast_publisher.hpp>

#include <atomic>
#include <cstddef>
#include <span>
#include <string_view>

namespace shunt::broadcast {

template <class T>
class Publisher : public PublishingPort<ring::BroadcastPublisher<T>> {
    using Port = PublishingPort<ring::BroadcastPublisher<T>>;

public:
    /// Opens the channel, creating it where there is none. Goes on behind what the last publisher
    /// published. Throws Error.
    explicit Publisher(std::string_view name, const Options& options = {})
        : Port(fixed_request<T>(name, layout::Role::producer, options),
               [](const channel::Participant& place) {
                   return ring::BroadcastPublisher<T>{
                       place.region(layout::RegionId::slots), place.header().capacity,
                       publisher_words(place), place.header().start_pos};
               }) {}

    /// Publishes a copy of one message; never waits. `broken`: 2^62 positions are used up.
    [[gnu::always_inline]] Status publish(const T& message) noexcept { return try_push(message); }
    /// The same, by the name that other kinds have for it.
    [[nodiscard, gnu::always_inline]] Status try_push(const T& message) noexcept {
        if (!this->wakeable()) {
            return this->log().try_push(message);
        }
        const Status status = this->log().template try_push<std::memory_order_seq_cst>(message);
        this->woken_each();
        return status;
    }
    /// try_push that wakes nobody; notify() does that later. Never enters the kernel.
    [[nodiscard]] Status try_push_quiet(const T& message) noexcept {
        const Status status = this->log().try_push(message);
        this->owe();
        return status;
    }
    /// Publishes copies of several, in order; returns how many (all of them, but for `broken`). One
    /// wake-up for all.
    [[nodiscard]] std::size_t try_push_n(std::span<const T> messages) noexcept {
        if (!this->wakeable()) {
            return this->log().try_push_n(messages);
        }
        const std::size_t pushed =
            this->log().template try_push_n<std::memory_order_seq_cst>(messages);
        this->woken_each();
        return pushed;
    }

    /// The next message's place, to be filled in and published; null: `broken`. The oldest message,
    /// which stood there, is gone from now on, and a subscriber that needs it is `lapped`.
    [[nodiscard]] T* try_claim() noexcept { return this->log().try_claim(); }
    /// Publishes the claimed place. Only after a successful try_claim.
    void publish() noexcept {
        if (!this->wakeable()) {
            this->log().publish();
            return;
        }
        this->log().template publish<std::memory_order_seq_cst>();
        this->woken_each();
    }
    void publish_quiet() noexcept {
        this->log().publish();
        this->owe();
    }
};

}  // namespace shunt::broadcast
