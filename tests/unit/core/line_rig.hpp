// SPDX-License-Identifier: MIT
//
// A line ring on memory of its own, its control words in sight, and messages whose every byte
// depends on their position.
#pragma once

#include "memory.hpp"

#include <shunt/core/layout/ring.hpp>
#include <shunt/core/ring/spsc.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace shunt::test {

/// A message of `Size` bytes, aligned to `Align`.
template <std::size_t Size, std::size_t Align>
struct alignas(Align) Blob {
    std::array<std::byte, Size> bytes;
    friend bool operator==(const Blob&, const Blob&) = default;
};
/// "Size8Align8" in test names.
struct BlobName {
    template <class T>
    static std::string GetName(int) {
        return "Size" + std::to_string(sizeof(T)) + "Align" + std::to_string(alignof(T));
    }
};

/// The message at a position.
template <class T>
[[nodiscard]] T message(std::uint64_t position) noexcept {
    T made;
    std::uint64_t state = (position + 1) * 0x9e3779b97f4a7c15u;
    for (std::byte& b : made.bytes) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        b = static_cast<std::byte>(state >> 56);
    }
    return made;
}

template <class T>
[[nodiscard]] std::vector<T> messages(std::uint64_t first, std::size_t count) {
    std::vector<T> made;
    for (std::uint64_t p = first; p < first + count; ++p) {
        made.push_back(message<T>(p));
    }
    return made;
}

/// Positions at which arithmetic could go wrong; the last leaves `room` below the limit.
[[nodiscard]] inline std::vector<std::uint64_t> start_positions(std::uint64_t room) {
    const std::uint64_t wrap = std::uint64_t{1} << 32;
    return {0, 1, 5, wrap - 3, wrap, kPositionLimit - room};
}

template <class T, class Pages, class P = DefaultPolicy>
struct LineRig {
    using Shape = ring::LineShape<T>;
    using Producer = ring::SpscProducer<T, P>;
    using Consumer = ring::SpscConsumer<T, P>;

    explicit LineRig(std::uint64_t wanted, std::uint64_t start = 0)
        : geometry{ring::line_geometry<T>(wanted)}, start_pos{start}, slots{geometry.bytes} {}

    [[nodiscard]] Producer producer() {
        return Producer{slots.data(), geometry.capacity, *words, start_pos};
    }
    [[nodiscard]] Consumer consumer(bool look_ahead = false, bool wakeable = false) {
        return Consumer{slots.data(), geometry.capacity, *words, start_pos, look_ahead, wakeable};
    }
    [[nodiscard]] std::uint64_t capacity() const { return geometry.capacity; }
    [[nodiscard]] std::uint64_t slot_of(std::uint64_t position) const {
        return position / Shape::kPerSlot % geometry.slots;
    }
    [[nodiscard]] std::atomic<std::uint64_t>& stamp(std::uint64_t slot) const {
        return *object_at<std::atomic<std::uint64_t>>(slots.data() +
                                                      (slot + 1) * Shape::kSlotBytes - 8);
    }
    /// Where the message of a position lies, by the picture in layout/ring.hpp.
    [[nodiscard]] std::byte* place(std::uint64_t position) const {
        return slots.data() + slot_of(position) * Shape::kSlotBytes +
               position % Shape::kPerSlot * sizeof(T);
    }
    [[nodiscard]] bool guards_whole() const { return slots.guards_whole() && words.guards_whole(); }
    [[nodiscard]] std::uint64_t read_pos() const {
        return words->read_pos.load(std::memory_order_relaxed);
    }
    [[nodiscard]] std::uint64_t peek_pos() const {
        return words->peek_pos.load(std::memory_order_relaxed);
    }
    [[nodiscard]] std::uint64_t free_pos() const {
        return words->free_pos.load(std::memory_order_relaxed);
    }

    ring::LineGeometry geometry;
    std::uint64_t start_pos;
    Memory<Pages> slots;
    InMemory<layout::ConsumerWords> words;
};

template <class T, class Pages>
struct LineCase {
    using Message = T;
    using PagesKind = Pages;
    using Rig = LineRig<T, Pages>;
};

/// Pops one message and says whether it is the one of `position`.
template <class T, class Consumer>
[[nodiscard]] testing::AssertionResult pops(Consumer& consumer, std::uint64_t position) {
    T out{};
    if (const Status status = consumer.try_pop(out); !status) {
        return testing::AssertionFailure()
               << "wanted message " << position << ", got " << to_string(status);
    }
    if (consumer.position() != position || consumer.read_position() != position + 1) {
        return testing::AssertionFailure()
               << "wanted position " << position << ", got " << consumer.position();
    }
    return out == message<T>(position)
               ? testing::AssertionSuccess()
               : testing::AssertionFailure() << "message " << position << " has other bytes";
}

}  // namespace shunt::test
