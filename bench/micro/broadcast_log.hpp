// SPDX-License-Identifier: MIT
//
// A broadcast log on memory of its own, and what its publisher and subscribers are made of.
#pragma once

#include "bench/micro/loops.hpp"
#include "bench/micro/memory.hpp"

#include <shunt/core/layout/broadcast.hpp>
#include <shunt/core/ring/broadcast.hpp>

#include <array>
#include <cstddef>
#include <cstdint>

namespace shunt::micro {

inline constexpr std::size_t kMostSubscribers = 8;

/// The words of one log.
struct LogWords {
    layout::PublisherWords publisher{};
    std::array<layout::SubscriberWords, kMostSubscribers> seats{};
    layout::GateWords gates{};
    std::array<ring::EvictedWord, kMostSubscribers> evicted{};

    [[nodiscard]] ring::Gates all_gates() noexcept { return {&gates, seats, evicted, false}; }
    [[nodiscard]] ring::GatePlace gate(std::size_t seat) noexcept {
        return {&gates, &evicted[seat], seat, seat + 1, false};
    }
};

/// A log of messages of N bytes. Without subscribers its publisher waits for nobody.
template <std::size_t N>
struct Log {
    using Publisher = ring::BroadcastPublisher<Message<N>>;
    using Subscriber = ring::BroadcastSubscriber<Message<N>>;
    static constexpr ring::LogGeometry kGeometry = ring::LogShape<Message<N>>::of(kCapacity);

    [[nodiscard]] Subscriber subscriber(std::size_t seat, ring::policy which) {
        return Subscriber{
            slots.get(),        kGeometry.capacity,   words.publisher, words.seats[seat], 0,
            ring::from::oldest, ring::resume::oldest, which,           words.gate(seat)};
    }

    Memory slots{kGeometry.bytes()};
    LogWords words;
    Publisher publisher{slots.get(), kGeometry.capacity, words.publisher, 0, words.all_gates()};
};

/// A log of byte messages.
struct BytesLog {
    using Publisher = ring::BroadcastBytesPublisher<>;
    using Subscriber = ring::BroadcastBytesSubscriber<>;

    explicit BytesLog(std::uint64_t greatest)
        : longest{greatest}, geometry{ring::LogBytesShape::of(kCapacity, greatest)} {}
    [[nodiscard]] Subscriber subscriber(std::size_t seat) {
        return Subscriber{slots.get(), geometry, longest, words.publisher, words.seats[seat], 0};
    }

    std::uint64_t longest;
    ring::LogGeometry geometry;
    Memory slots{geometry.bytes()};
    LogWords words;
    Publisher publisher{slots.get(), geometry, longest, words.publisher, 0, words.all_gates()};
};

}  // namespace shunt::micro
