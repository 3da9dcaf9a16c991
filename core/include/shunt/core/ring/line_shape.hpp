// SPDX-License-Identifier: MIT
//
// Where the messages of a line ring lie: pure arithmetic over the element's size. See the picture
// in core/layout/ring.hpp.
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
    static constexpr bool kSingle = kPerSlot == 1;  // a slot is one message: less to keep count of
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

/// The slots of one ring, seen by either side: a cursor that stands at one slot.
template <class T>
class LineCursor {
    using Shape = LineShape<T>;

public:
    using Stamp = std::atomic<std::uint64_t>;

    /// `capacity` as line_geometry gave it; `memory` holds its bytes, 64-byte aligned.
    LineCursor(std::byte* memory, std::uint64_t capacity) noexcept
        : slot_{memory},
          begin_{memory},
          end_{memory + capacity / Shape::kPerSlot * Shape::kSlotBytes} {}

    [[nodiscard]] std::uint64_t slots() const noexcept {
        return static_cast<std::uint64_t>(end_ - begin_) / Shape::kSlotBytes;
    }
    [[nodiscard]] std::uint64_t capacity() const noexcept { return slots() * Shape::kPerSlot; }

    /// The slot it stands at, its stamp, the position behind its last message.
    [[nodiscard]] std::byte* slot() const noexcept { return slot_; }
    [[nodiscard]] Stamp& stamp() const noexcept { return stamp(slot_); }
    [[nodiscard]] static Stamp& stamp(std::byte* slot) noexcept {
        return *object_at<Stamp>(slot + Shape::kStampOffset);
    }
    [[nodiscard]] std::uint64_t end_position() const noexcept requires(!Shape::kSingle) {
        return end_position_;
    }
    /// The place of a message of this slot.
    [[nodiscard]] std::byte* place(std::uint64_t position) const noexcept {
        return Shape::kSingle ? slot_ : slot_ + (position * sizeof(T) - first_bytes_);
    }

    /// The slot of a position; division, so not for the hot path.
    [[nodiscard]] std::byte* slot_of(std::uint64_t position) const noexcept {
        return begin_ + position / Shape::kPerSlot % slots() * Shape::kSlotBytes;
    }
    /// The place of a message; division, so not for the hot path.
    [[nodiscard]] std::byte* place_of(std::uint64_t position) const noexcept {
        return slot_of(position) + position % Shape::kPerSlot * sizeof(T);
    }
    /// The slot `distance` slots ahead; where the ring is smaller than that, the one it stands at.
    [[nodiscard]] std::byte* ahead(std::uint64_t distance) const noexcept {
        std::byte* const there = slot_ + distance * Shape::kSlotBytes;
        if (there < end_) {
            return there;
        }
        std::byte* const wrapped = there - (end_ - begin_);
        return wrapped < end_ ? wrapped : slot_;
    }

    void stand_at(std::uint64_t position) noexcept {
        slot_ = slot_of(position);
        const std::uint64_t first = position - position % Shape::kPerSlot;
        first_bytes_ = first * sizeof(T);
        end_position_ = first + Shape::kPerSlot;
    }
    void advance() noexcept {
        slot_ += Shape::kSlotBytes;
        if (slot_ == end_) {
            slot_ = begin_;
        }
        if constexpr (!Shape::kSingle) {
            first_bytes_ += Shape::kPerSlot * sizeof(T);
            end_position_ += Shape::kPerSlot;
        }
    }

private:
    std::byte* slot_;
    std::uint64_t first_bytes_ = 0;  // position of the slot's first message, times sizeof(T)
    std::uint64_t end_position_ = Shape::kPerSlot;
    std::byte* begin_;
    std::byte* end_;
};

}  // namespace shunt::ring
