// SPDX-License-Identifier: MIT
//
// Numbered messages (wares.hpp) through the ports of a broadcast channel, or others with their
// face. A message's number is its position, from the channel's first.
#pragma once

#include "process/support/wares.hpp"

#include <shunt/broadcast.hpp>

#include <sched.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace shunt::process_test {

/// The publisher. It waits for gates alone, but lets others run: else a stream were over before
/// anybody has joined it.
template <class T, class Port = broadcast::Publisher<T>>
class CastOut {
public:
    CastOut(std::string_view name, const Options& options) : port{name, options} {}

    [[nodiscard]] std::uint64_t next() const noexcept {
        return port.position() - port.header().start_pos;
    }
    Status put(Verb verb, std::uint64_t number, std::uint64_t end, std::uint64_t& moved,
               channel::Deadline deadline) {
        ::sched_yield();
        moved = 1;
        if (verb == Verb::single) {
            T message;
            fill(message, number);
            return port.publish_until(message, deadline);
        }
        // A gate that opens meanwhile may take the room that was waited for.
        T* place = nullptr;
        for (moved = 0; moved == 0 && place == nullptr;) {
            if (const Status room = port.wait(deadline); !room) {
                return room;
            }
            if (verb == Verb::batch) {
                std::array<T, kMostAtOnce> messages;
                const std::uint64_t count = std::min(end - number, 1 + number % kMostAtOnce);
                for (std::uint64_t i = 0; i < count; ++i) {
                    fill(messages[i], number + i);
                }
                moved = port.try_push_n(std::span<const T>{messages.data(), count});
            } else {
                place = port.try_claim();
            }
        }
        if (verb == Verb::batch) {
            return Status::ok;
        }
        moved = 1;
        if (number % 4 == 3) {  // a change of mind leaves nothing behind
            fill(*place, ~number);
            port.abandon();
            place = port.try_claim();
        }
        fill(*place, number);
        port.publish();
        return Status::ok;
    }

    Port port;
};

/// A publisher among several. `number` counts what its seat has published; a message's own number
/// is its position in the lane, whichever that is.
template <class Out>
class LaneOut : public Out {
public:
    LaneOut(std::string_view name, const Options& options, std::uint64_t, std::uint64_t begins,
            std::atomic<std::uint64_t>&)
        : Out{name, options}, begins_{begins} {}

    [[nodiscard]] std::uint64_t next() const noexcept { return begins_; }
    Status put(Verb verb, std::uint64_t number, std::uint64_t end, std::uint64_t& moved,
               channel::Deadline deadline) {
        const std::uint64_t at = Out::next();
        return Out::put(verb, at, at + (end - number), moved, deadline);
    }

private:
    std::uint64_t begins_;
};

/// A subscriber. take() calls seen(number, intact) for each message, done() behind them, and lost()
/// where the publisher has overtaken it. One that conflates may lose some within a call, before a
/// message that it gives; it takes no batches.
template <class T, class Port = broadcast::Subscriber<T>>
class CastIn {
public:
    CastIn(std::string_view name, const Options& options) : port{name, options} {}

    template <class Visitor>
    Status take(Verb verb, Visitor& visitor, channel::Deadline deadline) {
        T message;
        Status status = Status::ok;
        std::size_t moved = 0;
        const auto see = [&](const T& one) { visitor.seen(one.number, intact(one)); };
        const auto visit = [&](const T& one) {
            visitor.lost(port.lost());
            see(one);
        };
        if (verb == Verb::single) {
            status = port.pop_until(message, deadline);
            moved = status ? 1 : 0;
            std::for_each_n(&message, moved, visit);
        } else if (verb == Verb::batch) {
            std::array<T, kMostAtOnce> messages;
            moved = port.try_pop_n(messages);
            std::for_each_n(messages.begin(), moved, see);
        } else if (verb == Verb::in_place) {
            const T* shown = nullptr;
            status = port.try_peek(shown);
            if (status) {
                message = *shown;
                status = port.release();
                moved = status ? 1 : 0;
                std::for_each_n(&message, moved, visit);
            }
        } else {
            moved = port.drain(visit, kMostAtOnce);
        }
        visitor.lost(port.lost());
        if (moved != 0) {
            visitor.done();
            return Status::ok;
        }
        const bool idle = status == Status::ok || status == Status::empty;
        return idle ? port.wait(deadline) : status;
    }

    Port port;
};

template <class Port = broadcast::BytesPublisher>
class CastBytesOut {
public:
    CastBytesOut(std::string_view name, const Options& options) : port{name, options} {}

    [[nodiscard]] std::uint64_t next() const noexcept {
        return port.position() - port.header().start_pos;
    }
    Status put(Verb verb, std::uint64_t number, std::uint64_t, std::uint64_t& moved,
               channel::Deadline deadline) {
        ::sched_yield();
        moved = 1;
        const std::size_t length = length_of(number);
        if (verb != Verb::in_place) {
            std::array<std::byte, kLongest> memory;
            const std::span<std::byte> message{memory.data(), length};
            fill(message, number);
            return port.publish_until(message, 0, deadline);
        }
        std::span<std::byte> place;
        Status status = Status::full;
        while (status == Status::full) {  // as above
            status = port.wait(deadline);
            status = status ? port.try_claim(length, place) : status;
        }
        if (status && number % 4 == 3) {  // a change of mind leaves nothing behind
            fill(place, ~number);
            port.abandon();
            status = port.try_claim(length, place);
        }
        if (status) {
            fill(place, number);
            port.publish(length);
        }
        return status;
    }

    Port port;
};

template <class Port = broadcast::BytesSubscriber>
class CastBytesIn {
public:
    CastBytesIn(std::string_view name, const Options& options) : port{name, options} {}

    template <class Visitor>
    Status take(Verb verb, Visitor& visitor, channel::Deadline deadline) {
        std::array<std::byte, kLongest> memory;
        std::size_t size = 0;
        Status status = Status::ok;
        if (verb == Verb::in_place) {
            broadcast::BytesView view;
            status = port.try_peek(view);
            if (status) {
                size = std::min(view.payload.size(), memory.size());
                std::copy_n(view.payload.begin(), size, memory.begin());
                status = port.release();
                size = status ? size : 0;
            }
            status = status == Status::empty ? port.wait(deadline) : status;
        } else {
            status = port.pop_until(memory, size, deadline);
        }
        visitor.lost(port.lost());
        if (status && size != 0) {
            const std::span<const std::byte> message{memory.data(), size};
            visitor.seen(number_of(message), intact(message));
            visitor.done();
        }
        return status;
    }

    Port port;
};

}  // namespace shunt::process_test
