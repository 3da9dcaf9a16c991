// SPDX-License-Identifier: MIT
//
// Where the messages of a line ring lie: pure arithmetic over the element's size. See the picture in
// core/layout/ring.hpp.
#pragma once

#include <shunt/core/bytes.hpp>
#include <shunt/core/config.hpp>
#include <shunt/core/layout/ring.hpp>

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace shunt::ring {

template <class T>
struct LineShape {
    static_assert(std::is_trivially_copyable_v<T>, "a message crosses processes by its bytes");
    static_assert(alignof(T) <= kLineBytes, "no element is aligned to more than a line");

    static constexpr bool kPacked = sizeof(T) <= layout::kLinePayloadBytes;
    static constexpr std::uint64_t kPerSlot = kPacked ? layout::kLinePayloadBytes / sizeof(T) : 1;
    static constexpr std::uint64_t kSlotBytes =
        kPacked ? kLineBytes : align_up(sizeof(T) + layout::kStampBytes, kLineBytes);
    static constexpr std::uint64_t kStampOffset = kSlotBytes - layout::kStampBytes;
};

/// Size of a ring: `slots` is a power of two, `capacity` is in messages, `bytes` includes the guard
/// line behind the slots. All 0: no such ring (capacity 0, or above kMaxSlotsBytes).
struct LineGeometry {
    std::uint64_t slots = 0;
    std::uint64_t capacity = 0;
    std::uint64_t bytes = 0;
};

/// The smallest ring for at least `capacity` messages.
template <class T>
[[nodiscard]] constexpr LineGeometry line_geometry(std::uint64_t capacity) noexcept {
    using Shape = LineShape<T>;
    if (capacity == 0 || capacity > kMaxSlotsBytes) {
        return {};
    }
    const std::uint64_t slots = std::bit_ceil((capacity + Shape::kPerSlot - 1) / Shape::kPerSlot);
    if (slots > kMaxSlotsBytes / Shape::kSlotBytes) {
        return {};
    }
    return {slots, slots * Shape::kPerSlot, slots * Shape::kSlotBytes + kLinePairBytes};
}

/// The slots of one ring, seen by either side.
template <class T>
class LineSlots {
    using Shape = LineShape<T>;

public:
    using Stamp = std::atomic<std::uint64_t>;

    /// `capacity` as line_geometry gave it; `memory` holds its bytes, 64-byte aligned.
    LineSlots(std::byte* memory, std::uint64_t capacity) noexcept
        : memory_{memory}, mask_{capacity / Shape::kPerSlot - 1} {}

    [[nodiscard]] std::uint64_t slots() const noexcept { return mask_ + 1; }
    [[nodiscard]] std::uint64_t capacity() const noexcept { return slots() * Shape::kPerSlot; }
    [[nodiscard]] std::uint64_t index_of(std::uint64_t position) const noexcept {
        return position / Shape::kPerSlot & mask_;
    }
    [[nodiscard]] std::uint64_t wrapped(std::uint64_t index) const noexcept { return index & mask_; }
    [[nodiscard]] std::byte* slot(std::uint64_t index) const noexcept {
        return memory_ + index * Shape::kSlotBytes;
    }
    [[nodiscard]] static Stamp& stamp(std::byte* slot) noexcept {
        return *object_at<Stamp>(slot + Shape::kStampOffset);
    }

private:
    std::byte* memory_;
    std::uint64_t mask_;
};

}  // namespace shunt::ring
