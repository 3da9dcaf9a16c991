// SPDX-License-Identifier: MIT
//
// A subscriber to a named broadcast channel of fixed-size messages, of one publisher or of several.
// shunt/broadcast.hpp says what such a channel is, and what holds for all of its calls.
#pragma once

#include <shunt/broadcast/subscribing_port.hpp>
#include <shunt/channel/each_message.hpp>
#include <shunt/core/ring/broadcast_subscriber.hpp>

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <span>
#include <stop_token>
#include <string_view>
#include <utility>

namespace shunt::broadcast {

/// A reader of one log, the only one or that of a lane.
template <class T>
[[nodiscard]] ring::BroadcastSubscriber<T> fixed_reader(const channel::Participant& place,
                                                        std::uint32_t lane,
                                                        const Options& options) {
    return {slots_of(place, lane),
            place.header().capacity,
            publisher_words(place, lane),
            subscriber_words(place, lane),
            place.header().start_pos,
            options.from,
            static_cast<ring::resume>(options.resume),
            static_cast<ring::policy>(options.policy),
            gate_place(place, lane)};
}

/// What subscribers do, to one publisher and to several, by their `Log`.
template <class T, class Log>
class FixedSubscriber : public SubscribingPort<Log> {
public:
    /// Copies the next message out. `empty`, `closed`, `peer_dead`: there is none. `lapped`: some
    /// are lost, and the next call goes on behind them. Where it is not ok, `message` may hold
    /// parts of several.
    [[nodiscard, gnu::always_inline]] Status try_pop(T& message) noexcept {
        const Status status = this->log().try_pop(message);
        this->settle();
        return status ? status : this->not_read(status);
    }
    /// try_pop that wakes nobody; notify() does that later. Never enters the kernel.
    [[nodiscard]] Status try_pop_quiet(T& message) noexcept {
        const Status status = this->log().try_pop(message);
        this->settle_quietly();
        return status ? status : this->not_read(status);
    }
    /// Copies the next message out, waiting for one. Blocks. After the last message of a publisher
    /// that left: `closed` or `peer_dead`, once; then a successor's messages. `lapped` as try_pop.
    Status pop(T& message) noexcept { return pop_until(message, channel::kNoDeadline); }
    Status pop_until(T& message, channel::Deadline deadline) noexcept {
        return this->block(
            Status::empty, [&] { return try_pop(message); },
            [this] { return this->log().readable(); }, deadline);
    }
    Status pop(T& message, const std::stop_token& stop) {
        return this->block(
            Status::empty, [&] { return try_pop(message); },
            [this] { return this->log().readable(); }, stop);
    }
    /// Copies up to messages.size() messages out; returns how many. A loss ends it, and is told by
    /// lost() alone; where it is 0 for another reason, try_pop says which.
    [[nodiscard]] std::size_t try_pop_n(std::span<T> messages) noexcept {
        std::size_t popped = 0;
        if (const Status status = this->log().try_pop_n(messages, popped); !status) {
            this->batch_ended(status);
        }
        this->settle();
        return popped;
    }

    /// Shows the next message in place. The publisher may overwrite it at any time: what was read
    /// of it is to be used only once still_valid() or release() has said that it was whole. Not ok:
    /// as try_pop.
    [[nodiscard]] Status try_peek(const T*& message) noexcept {
        const Status status = this->log().try_peek(message);
        return status ? status : this->not_read(status);
    }

    /// Calls visit(const T&) for copies of up to `max` messages; returns how many. Ends as
    /// try_pop_n.
    template <class Visit>
    std::size_t drain(Visit&& visit, std::size_t max) {
        std::size_t drained = 0;
        T message{};
        for (; drained < max && try_pop_n({&message, 1}) != 0; ++drained) {
            visit(std::as_const(message));
        }
        return drained;
    }

    /// `for (const T& t : in)`: over private copies.
    using Iterator = channel::EachMessage<FixedSubscriber, T, true>;
    [[nodiscard]] Iterator begin() { return Iterator{this}; }
    [[nodiscard]] std::default_sentinel_t end() const noexcept { return {}; }

protected:
    using SubscribingPort<Log>::SubscribingPort;

private:
    friend Iterator;
};

template <class T>
class Subscriber : public FixedSubscriber<T, ring::BroadcastSubscriber<T>> {
public:
    /// Opens the channel, waiting `.open_timeout` for it, and begins where `.from` says. Throws
    /// Error.
    explicit Subscriber(std::string_view name, const Options& options = {})
        : FixedSubscriber<T, ring::BroadcastSubscriber<T>>(
              fixed_request<T>(name, layout::Role::consumer, options),
              [&](const channel::Participant& place) {
                  return fixed_reader<T>(place, 0, options);
              }) {}
};

}  // namespace shunt::broadcast
