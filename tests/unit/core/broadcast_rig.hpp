// SPDX-License-Identifier: MIT
//
// A broadcast log on memory of its own, typed and of bytes, its words in sight.
#pragma once

#include "bytes_rig.hpp"
#include "line_rig.hpp"

#include <shunt/core/layout/broadcast.hpp>
#include <shunt/core/ring/broadcast.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace shunt::test {

/// What both have: the memory, by the picture in layout/broadcast.hpp.
struct LogMemory {
    static constexpr std::size_t kMostSubscribers = 4;
    struct Seats {
        layout::SubscriberWords of[kMostSubscribers];
    };
    struct Evicted {
        ring::EvictedWord of[kMostSubscribers];
    };

    LogMemory(const ring::LogGeometry& g, std::uint64_t start)
        : geometry{g}, start_pos{start}, slots{g.bytes()} {}

    void clear() {
        std::fill_n(slots.data(), slots.size(), std::byte{0});
        std::memset(static_cast<void*>(&*words), 0, sizeof(layout::PublisherWords));
        std::memset(static_cast<void*>(&*seats), 0, sizeof *seats);
        std::memset(static_cast<void*>(&*gate_words), 0, sizeof *gate_words);
        std::memset(static_cast<void*>(&*evicted), 0, sizeof *evicted);
    }
    [[nodiscard]] std::uint64_t capacity() const { return geometry.capacity; }
    [[nodiscard]] std::byte* slot(std::uint64_t position) const {
        return slots.data() + position % geometry.capacity * geometry.slot_bytes;
    }
    [[nodiscard]] std::atomic<std::uint64_t>& stamp(std::uint64_t position) const {
        return *object_at<std::atomic<std::uint64_t>>(slot(position) + geometry.slot_bytes - 8);
    }
    [[nodiscard]] std::atomic<std::uint64_t>& header(std::uint64_t position) const {
        return *object_at<std::atomic<std::uint64_t>>(slot(position) + geometry.slot_bytes - 16);
    }
    [[nodiscard]] std::uint64_t stamped(std::uint64_t position) const {
        return stamp(position).load(std::memory_order_relaxed);
    }
    [[nodiscard]] std::uint64_t write_pos() const {
        return words->write_pos.load(std::memory_order_relaxed);
    }
    [[nodiscard]] std::uint64_t read_pos(std::size_t subscriber = 0) const {
        return own[subscriber]->read_pos.load(std::memory_order_relaxed);
    }
    [[nodiscard]] std::uint64_t lost(std::size_t subscriber = 0) const {
        return own[subscriber]->lost.load(std::memory_order_relaxed);
    }
    [[nodiscard]] bool guards_whole() const {
        return slots.guards_whole() && words.guards_whole() && seats.guards_whole() &&
               gate_words.guards_whole() && evicted.guards_whole();
    }
    /// All gates of the log, for a publisher that waits for them, or evicts them.
    [[nodiscard]] ring::Gates gates(bool evicts = false) const {
        return {&*gate_words, seats->of, evicted->of, evicts};
    }
    /// Where the subscriber of that seat has its gate.
    [[nodiscard]] ring::GatePlace place(std::size_t subscriber, std::uint64_t token) const {
        return {&*gate_words, &evicted->of[subscriber], subscriber, token, true};
    }
    [[nodiscard]] std::uint64_t gate_limit() const {
        return words->gate_limit.load(std::memory_order_relaxed);
    }
    [[nodiscard]] std::uint64_t cursor(std::size_t subscriber = 0) const {
        return own[subscriber]->cursor.load(std::memory_order_relaxed);
    }
    [[nodiscard]] std::uint64_t gate(std::size_t subscriber = 0) const {
        return own[subscriber]->gate.load(std::memory_order_relaxed);
    }
    /// Where a subscriber that stood at `position` goes on once it was overtaken.
    [[nodiscard]] std::uint64_t resumes_at(std::uint64_t written, ring::resume how) const {
        return how == ring::resume::newest
                   ? written - 1
                   : written - capacity() + std::max<std::uint64_t>(1, capacity() / 8);
    }

    ring::LogGeometry geometry;
    std::uint64_t start_pos;
    Memory<ArrayPages> slots;
    InMemory<layout::PublisherWords> words;
    InMemory<Seats> seats;
    InMemory<layout::GateWords> gate_words;
    InMemory<Evicted> evicted;
    std::array<layout::SubscriberWords*, kMostSubscribers> own{&seats->of[0], &seats->of[1],
                                                               &seats->of[2], &seats->of[3]};
};

template <class T, class P = DefaultPolicy>
struct BroadcastRig : LogMemory {
    using Message = T;
    using Publisher = ring::BroadcastPublisher<T, P>;
    using Subscriber = ring::BroadcastSubscriber<T, P>;

    explicit BroadcastRig(std::uint64_t wanted, std::uint64_t start = 0)
        : LogMemory{ring::LogShape<T>::of(wanted), start} {}

    [[nodiscard]] Publisher publisher(const ring::Gates& gates = {}) {
        return Publisher{slots.data(), geometry.capacity, *words, start_pos, gates};
    }
    [[nodiscard]] Subscriber subscriber(std::size_t index = 0,
                                        std::uint64_t begin = ring::from::oldest,
                                        ring::resume how = ring::resume::oldest,
                                        ring::policy which = ring::policy::lossy,
                                        std::uint64_t token = 1) {
        return Subscriber{
            slots.data(), geometry.capacity,  *words, *own[index], start_pos, begin, how,
            which,        place(index, token)};
    }
    [[nodiscard]] Subscriber gated(std::size_t index = 0, std::uint64_t begin = ring::from::oldest,
                                   std::uint64_t token = 1) {
        return subscriber(index, begin, ring::resume::oldest, ring::policy::gated, token);
    }
};

template <class P = DefaultPolicy>
struct BroadcastBytesRig : LogMemory {
    using Publisher = ring::BroadcastBytesPublisher<P>;
    using Subscriber = ring::BroadcastBytesSubscriber<P>;

    BroadcastBytesRig(std::uint64_t wanted, std::uint64_t longest, std::uint64_t start = 0)
        : LogMemory{ring::LogBytesShape::of(wanted, longest), start}, max_message{longest} {}

    [[nodiscard]] Publisher publisher(const ring::Gates& gates = {}) {
        return Publisher{slots.data(), geometry, max_message, *words, start_pos, gates};
    }
    [[nodiscard]] Subscriber subscriber(std::size_t index = 0,
                                        std::uint64_t begin = ring::from::oldest,
                                        ring::resume how = ring::resume::oldest,
                                        ring::policy which = ring::policy::lossy,
                                        std::uint64_t token = 1) {
        return Subscriber{slots.data(), geometry, max_message, *words, *own[index],
                          start_pos,    begin,    how,         which,  place(index, token)};
    }
    [[nodiscard]] Subscriber gated(std::size_t index = 0, std::uint64_t begin = ring::from::oldest,
                                   std::uint64_t token = 1) {
        return subscriber(index, begin, ring::resume::oldest, ring::policy::gated, token);
    }

    std::uint64_t max_message;
};

/// How long the byte message of a position is: every length, the longest among them.
[[nodiscard]] inline std::size_t length_of(std::uint64_t position, std::uint64_t longest) {
    return static_cast<std::size_t>(position * 7 % (longest + 1));
}
[[nodiscard]] inline std::vector<std::byte> sent(std::uint64_t position, std::uint64_t longest) {
    return payload(position, length_of(position, longest));
}

/// Pops one message and says whether it is the one of `position`.
template <class T, class P>
[[nodiscard]] testing::AssertionResult pops(ring::BroadcastSubscriber<T, P>& subscriber,
                                            std::uint64_t position) {
    T out{};
    if (const Status status = subscriber.try_pop(out); !status) {
        return testing::AssertionFailure()
               << "wanted message " << position << ", got " << to_string(status);
    }
    if (subscriber.position() != position || subscriber.next_position() != position + 1) {
        return testing::AssertionFailure()
               << "wanted position " << position << ", got " << subscriber.position();
    }
    return out == message<T>(position)
               ? testing::AssertionSuccess()
               : testing::AssertionFailure() << "message " << position << " has other bytes";
}

template <class P>
[[nodiscard]] testing::AssertionResult pops(ring::BroadcastBytesSubscriber<P>& subscriber,
                                            std::uint64_t position) {
    std::vector<std::byte> out(subscriber.max_message());
    std::size_t size = 0;
    if (const Status status = subscriber.try_pop(out, size); !status) {
        return testing::AssertionFailure()
               << "wanted message " << position << ", got " << to_string(status);
    }
    if (subscriber.position() != position || subscriber.next_position() != position + 1) {
        return testing::AssertionFailure()
               << "wanted position " << position << ", got " << subscriber.position();
    }
    const std::vector<std::byte> wanted = sent(position, subscriber.max_message());
    return size == wanted.size() && same(std::span{out}.first(size), wanted)
               ? testing::AssertionSuccess()
               : testing::AssertionFailure() << "message " << position << " has other bytes";
}

/// Publishes the message of each position up to `end`.
template <class T, class P>
[[nodiscard]] bool publishes(ring::BroadcastPublisher<T, P>& publisher, std::uint64_t end) {
    bool all = true;
    while (all && publisher.position() < end) {
        all = bool{publisher.try_push(message<T>(publisher.position()))};
    }
    return all;
}
template <class P>
[[nodiscard]] bool publishes(ring::BroadcastBytesPublisher<P>& publisher, std::uint64_t end) {
    bool all = true;
    while (all && publisher.position() < end) {
        all = bool{publisher.try_push(sent(publisher.position(), publisher.max_message()))};
    }
    return all;
}

}  // namespace shunt::test
