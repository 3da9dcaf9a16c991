// SPDX-License-Identifier: MIT
//
// The publisher of a named broadcast channel of fixed-size messages, the only one or one in a lane.
// shunt/broadcast.hpp says what such a channel is, and what holds for all of its calls.
#pragma once

#include <shunt/broadcast/publishing_port.hpp>
#include <shunt/core/ring/broadcast_publisher.hpp>
#include <shunt/lane/request.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stop_token>
#include <string_view>

namespace shunt::broadcast {

/// What publishers of one, and in lanes, do.
template <class T>
class FixedPublisher : public PublishingPort<ring::BroadcastPublisher<T>> {
    using Port = PublishingPort<ring::BroadcastPublisher<T>>;

public:
    /// Publishes a copy of one message. Waits for nobody but gated subscribers, and for these as
    /// `.on_slow` says; without one it never blocks. `full`: it was dropped. `broken`: 2^62
    /// positions are used up.
    [[gnu::always_inline]] Status publish(const T& message) noexcept {
        const Status status = try_push(message);
        return status == Status::full && this->waits_for_gates()
                   ? publish_until(message, channel::kNoDeadline)
                   : status;
    }
    /// The same until then: `timeout` if there was no room by that time.
    Status publish_until(const T& message, channel::Deadline deadline) noexcept {
        return this->waits_for_gates() ? this->block(
                                             Status::full, [&] { return try_push(message); },
                                             [this] { return this->log().writable(); }, deadline)
                                       : try_push(message);
    }
    Status publish(const T& message, const std::stop_token& stop) {
        return this->waits_for_gates() ? this->block(
                                             Status::full, [&] { return try_push(message); },
                                             [this] { return this->log().writable(); }, stop)
                                       : try_push(message);
    }
    /// Publishes a copy of one message, or says `full`: a gated subscriber needs what would be
    /// overwritten.
    [[nodiscard, gnu::always_inline]] Status try_push(const T& message) noexcept {
        if (!this->wakeable()) {
            const Status status = this->log().try_push(message);
            return status ? status : this->not_published(status);
        }
        const Status status = this->log().template try_push<std::memory_order_seq_cst>(message);
        if (!status) [[unlikely]] {
            return this->not_published(status);
        }
        this->woken_each();
        return status;
    }
    /// try_push that wakes nobody; notify() does that later. Never enters the kernel.
    [[nodiscard]] Status try_push_quiet(const T& message) noexcept {
        const Status status = this->log().try_push(message);
        this->owe();
        return status ? status : this->not_published(status);
    }
    /// Publishes copies of several, in order; returns how many: all of them, unless a gated
    /// subscriber needs what would be overwritten. One wake-up for all.
    [[nodiscard]] std::size_t try_push_n(std::span<const T> messages) noexcept {
        if (!this->wakeable()) {
            return this->log().try_push_n(messages);
        }
        const std::size_t pushed =
            this->log().template try_push_n<std::memory_order_seq_cst>(messages);
        this->woken_each();
        return pushed;
    }

    /// The next message's place, to be filled in and published; null: as try_push. The oldest
    /// message, which stood there, is gone from now on, and a lossy subscriber that needs it is
    /// `lapped`.
    [[nodiscard]] T* try_claim() noexcept {
        T* const place = this->log().try_claim();
        if (place == nullptr) [[unlikely]] {
            (void)this->not_published(this->log().broken() ? Status::broken : Status::full);
        }
        return place;
    }
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

protected:
    explicit FixedPublisher(const channel::Request& request)
        : Port(request, [&](const channel::Participant& place) {
              const std::uint32_t lane = lane::lane_of(place);
              return ring::BroadcastPublisher<T>{
                  slots_of(place, lane), place.header().capacity, publisher_words(place, lane),
                  place.header().start_pos, gates_of(place, request.options.on_slow, lane)};
          }) {}
};

template <class T>
class Publisher : public FixedPublisher<T> {
public:
    /// Opens the channel, creating it where there is none. Goes on behind what the last publisher
    /// published. Throws Error.
    explicit Publisher(std::string_view name, const Options& options = {})
        : FixedPublisher<T>(fixed_request<T>(name, layout::Role::producer, options)) {}
};

}  // namespace shunt::broadcast
