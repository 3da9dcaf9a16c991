// SPDX-License-Identifier: MIT
//
// Geometry of an owner-word ring of byte messages: slots of one size, each for a message of any
// length up to a maximum. No shared memory is touched here.
#pragma once

#include <shunt/core/bytes.hpp>
#include <shunt/core/config.hpp>
#include <shunt/core/ring/frame.hpp>
#include <shunt/core/ring/owner_word.hpp>

#include <algorithm>
#include <bit>
#include <cstdint>

namespace shunt::ring {

/// A slot is its owner word, then a FrameHeader word whose length is the payload's and which has no
/// flags, then the payload.
class MpmcBytesShape {
public:
    static constexpr std::uint64_t kMostMessage = std::uint64_t{1} << 30;
    static constexpr std::uint64_t kSizeOffset = 8;

    /// The smallest ring for at least `capacity` messages; capacity() is 0 where there is no such
    /// ring (capacity 0 or above kMostMpmcSlots, a maximum of 0 or above kMostMessage, alignment no
    /// power of two from 8 to a line, all slots together above kMaxSlotsBytes).
    static constexpr MpmcBytesShape of(std::uint64_t capacity, std::uint64_t max_message,
                                       std::uint64_t payload_align) noexcept {
        MpmcBytesShape shape;
        if (capacity == 0 || capacity > kMostMpmcSlots || max_message == 0 ||
            max_message > kMostMessage || !std::has_single_bit(payload_align) ||
            payload_align < kSizeOffset || payload_align > kLineBytes) {
            return shape;
        }
        const std::uint64_t offset = std::max(2 * kSizeOffset, payload_align);
        const std::uint64_t slot_bytes = mpmc_slot_bytes_for(offset + max_message);
        const std::uint64_t slots = std::max(kLeastMpmcSlots, std::bit_ceil(capacity));
        if (slots <= kMaxSlotsBytes / slot_bytes) {
            shape = {slots, max_message, offset, slot_bytes};
        }
        return shape;
    }

    [[nodiscard]] constexpr std::uint64_t capacity() const noexcept { return capacity_; }
    /// Greatest message.
    [[nodiscard]] constexpr std::uint64_t max_message() const noexcept { return max_message_; }
    /// Of the payload, from the slot's start.
    [[nodiscard]] constexpr std::uint64_t payload_offset() const noexcept {
        return payload_offset_;
    }
    [[nodiscard]] constexpr std::uint64_t slot_bytes() const noexcept { return slot_bytes_; }
    /// Memory that the ring takes.
    [[nodiscard]] constexpr std::uint64_t bytes() const noexcept { return capacity_ * slot_bytes_; }
    /// True if a slot can hold a message with this header. Headers are input.
    [[nodiscard]] constexpr bool plausible(FrameHeader header) const noexcept {
        return header.flags == 0 && header.length <= max_message_;
    }

private:
    constexpr MpmcBytesShape() noexcept = default;
    constexpr MpmcBytesShape(std::uint64_t capacity, std::uint64_t max_message,
                             std::uint64_t payload_offset, std::uint64_t slot_bytes) noexcept
        : capacity_{capacity},
          max_message_{max_message},
          payload_offset_{payload_offset},
          slot_bytes_{slot_bytes} {}

    std::uint64_t capacity_ = 0;
    std::uint64_t max_message_ = 0;
    std::uint64_t payload_offset_ = 0;
    std::uint64_t slot_bytes_ = 0;
};

}  // namespace shunt::ring
