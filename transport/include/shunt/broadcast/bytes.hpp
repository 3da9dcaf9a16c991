// SPDX-License-Identifier: MIT
//
// The ports of a named broadcast channel of byte messages, and what those of several publishers
// (lanes.hpp) share with them. shunt/broadcast.hpp says what such a
// channel is, and what holds for all of its calls. Every message lies aligned to a line.
#pragma once

#include <shunt/broadcast/publishing_port.hpp>
#include <shunt/broadcast/subscribing_port.hpp>
#include <shunt/channel/header.hpp>
#include <shunt/core/ring/broadcast_bytes.hpp>
#include <shunt/lane/request.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <stop_token>
#include <string_view>

namespace shunt::broadcast {

using ring::BytesView;

/// What publishers of one, and in lanes, do.
class AnyBytesPublisher : public PublishingPort<ring::BroadcastBytesPublisher<>> {
public:
    /// Publishes a copy of one message. Waits for nobody but gated subscribers, and for these as
    /// `.on_slow` says; without one it never blocks. `type` is the user's, below 2^24. `full` (it
    /// was dropped), `too_big`, `broken` (2^62 positions are used up): nothing was published.
    Status publish(std::span<const std::byte> message, std::uint32_t type = 0) noexcept {
        return publish_until(message, type, channel::kNoDeadline);
    }
    /// The same until then: `timeout` if there was no room by that time.
    Status publish_until(std::span<const std::byte> message, std::uint32_t type,
                         channel::Deadline deadline) noexcept {
        return waits_for_gates() ? block(
                                       Status::full, [&] { return try_push(message, type); },
                                       [this] { return log().writable(); }, deadline)
                                 : try_push(message, type);
    }
    Status publish(std::span<const std::byte> message, std::uint32_t type,
                   const std::stop_token& stop) {
        return waits_for_gates() ? block(
                                       Status::full, [&] { return try_push(message, type); },
                                       [this] { return log().writable(); }, stop)
                                 : try_push(message, type);
    }
    /// Publishes a copy of one message, or says `full`: a gated subscriber needs what would be
    /// overwritten.
    [[nodiscard]] Status try_push(std::span<const std::byte> message,
                                  std::uint32_t type = 0) noexcept {
        if (!wakeable()) {
            return pushed(log().try_push(message, type), message.size());
        }
        const Status status = log().try_push<std::memory_order_seq_cst>(message, type);
        woken_each();
        return pushed(status, message.size());
    }
    /// try_push that wakes nobody; notify() does that later. Never enters the kernel.
    [[nodiscard]] Status try_push_quiet(std::span<const std::byte> message,
                                        std::uint32_t type = 0) noexcept {
        const Status status = log().try_push(message, type);
        owe();
        return pushed(status, message.size());
    }

    /// Gives `bytes` bytes in place, to be filled in and published. The oldest message, which stood
    /// there, is gone from now on, and a lossy subscriber that needs it is `lapped`. `too_big`,
    /// `full`, `broken`: no place was given.
    [[nodiscard]] Status try_claim(std::uint64_t bytes, std::span<std::byte>& place) noexcept {
        const Status status = log().try_claim(bytes, place);
        return status ? status : not_published(status);
    }
    /// Publishes the first `bytes` bytes of the claimed place. Only after a successful try_claim.
    void publish(std::uint64_t bytes, std::uint32_t type = 0) noexcept {
        count(counters().payload_bytes, bytes);
        if (!wakeable()) {
            log().publish(bytes, type);
            return;
        }
        log().publish<std::memory_order_seq_cst>(bytes, type);
        woken_each();
    }
    void publish_quiet(std::uint64_t bytes, std::uint32_t type = 0) noexcept {
        count(counters().payload_bytes, bytes);
        log().publish(bytes, type);
        owe();
    }

    [[nodiscard]] std::uint64_t max_message() const noexcept { return header().element_bytes; }

protected:
    explicit AnyBytesPublisher(const channel::Request& request)
        : PublishingPort(request, [&](const channel::Participant& place) {
              const std::uint32_t lane = lane::lane_of(place);
              return ring::BroadcastBytesPublisher<>{
                  slots_of(place, lane),        channel::log_geometry(place.header()),
                  place.header().element_bytes, publisher_words(place, lane),
                  place.header().start_pos,     gates_of(place, request.options.on_slow, lane)};
          }) {}

private:
    Status pushed(Status status, std::size_t bytes) noexcept {
        if (!status) [[unlikely]] {
            return not_published(status);
        }
        count(counters().payload_bytes, bytes);
        return status;
    }
};

class BytesPublisher : public AnyBytesPublisher {
public:
    /// Opens the channel, creating it where there is none, for messages of up to `.max_message`
    /// bytes. Goes on behind what the last publisher published. Throws Error.
    explicit BytesPublisher(std::string_view name, const Options& options = {})
        : AnyBytesPublisher(bytes_request(name, layout::Role::producer, options)) {}
};

/// A reader of one log, the only one or that of a lane.
[[nodiscard]] inline ring::BroadcastBytesSubscriber<> bytes_reader(
    const channel::Participant& place, std::uint32_t lane, const Options& options) {
    return {slots_of(place, lane),
            channel::log_geometry(place.header()),
            place.header().element_bytes,
            publisher_words(place, lane),
            subscriber_words(place, lane),
            place.header().start_pos,
            options.from,
            static_cast<ring::resume>(options.resume),
            static_cast<ring::policy>(options.policy),
            gate_place(place, lane)};
}

/// What subscribers do, to one publisher and to several, by their `Log`.
template <class Log>
class AnyBytesSubscriber : public SubscribingPort<Log> {
public:
    /// Copies the next message out; `size` is its length, also where `to` is `too_small` for it
    /// (then it stays). `empty`, `closed`, `peer_dead`: there is none. `lapped`: some are lost, and
    /// the next call goes on behind them. Where it is not ok, `to` may hold parts of several.
    [[nodiscard]] Status try_pop(std::span<std::byte> to, std::size_t& size) noexcept {
        const Status status = this->log().try_pop(to, size);
        this->settle();
        return status ? status : this->not_read(status);
    }
    /// try_pop that wakes nobody; notify() does that later. Never enters the kernel.
    [[nodiscard]] Status try_pop_quiet(std::span<std::byte> to, std::size_t& size) noexcept {
        const Status status = this->log().try_pop(to, size);
        this->settle_quietly();
        return status ? status : this->not_read(status);
    }
    /// Copies the next message out, waiting for one. Blocks. After the last message of a publisher
    /// that left: `closed` or `peer_dead`, once; then a successor's messages. `lapped` as try_pop.
    Status pop(std::span<std::byte> to, std::size_t& size) noexcept {
        return pop_until(to, size, channel::kNoDeadline);
    }
    Status pop_until(std::span<std::byte> to, std::size_t& size,
                     channel::Deadline deadline) noexcept {
        return this->block(
            Status::empty, [&] { return try_pop(to, size); },
            [this] { return this->log().readable(); }, deadline);
    }
    Status pop(std::span<std::byte> to, std::size_t& size, const std::stop_token& stop) {
        return this->block(
            Status::empty, [&] { return try_pop(to, size); },
            [this] { return this->log().readable(); }, stop);
    }

    /// Shows the next message in place. The publisher may overwrite it at any time: what was read
    /// of it is to be used only once still_valid() or release() has said that it was whole. Not ok:
    /// as try_pop.
    [[nodiscard]] Status try_peek(BytesView& view) noexcept {
        const Status status = this->log().try_peek(view);
        return status ? status : this->not_read(status);
    }

    /// Type of the message that was delivered last.
    [[nodiscard]] std::uint32_t type() const noexcept { return this->log().type(); }
    [[nodiscard]] std::uint64_t max_message() const noexcept { return this->log().max_message(); }

protected:
    using SubscribingPort<Log>::SubscribingPort;
};

class BytesSubscriber : public AnyBytesSubscriber<ring::BroadcastBytesSubscriber<>> {
public:
    /// Opens the channel, waiting `.open_timeout` for it, and begins where `.from` says. Throws
    /// Error.
    explicit BytesSubscriber(std::string_view name, const Options& options = {})
        : AnyBytesSubscriber(
              bytes_request(name, layout::Role::consumer, options),
              [&](const channel::Participant& place) { return bytes_reader(place, 0, options); }) {}
};

}  // namespace shunt::broadcast
