// SPDX-License-Identifier: MIT
//
// The frames of a bytes ring: their header word and the arithmetic of lengths and alignment. No
// shared memory is touched here.
#pragma once

#include <shunt/core/bytes.hpp>
#include <shunt/core/config.hpp>
#include <shunt/core/layout/ring.hpp>

#include <algorithm>
#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>

namespace shunt::ring {

/// Greatest user-defined message type.
inline constexpr std::uint32_t kMaxFrameType = (1u << 24) - 1;

/// Header word of a frame: {length:32, flags:8, type:24}. The length counts the header, so no
/// published header is 0.
struct FrameHeader {
    std::uint32_t length;
    std::uint8_t flags;
    std::uint32_t type;

    [[nodiscard]] constexpr std::uint64_t word() const noexcept {
        return std::uint64_t{type} << 40 | std::uint64_t{flags} << 32 | length;
    }
    [[nodiscard]] static constexpr FrameHeader of(std::uint64_t word) noexcept {
        return {static_cast<std::uint32_t>(word), static_cast<std::uint8_t>(word >> 32),
                static_cast<std::uint32_t>(word >> 40)};
    }
    [[nodiscard]] constexpr bool padding() const noexcept { return flags == layout::kFramePadding; }
};

/// Geometry of one bytes ring. Positions and capacity are in bytes.
class BytesShape {
public:
    /// The smallest ring of at least `capacity` bytes; capacity() is 0 where there is no such ring
    /// (capacity 0 or above kMaxSlotsBytes, alignments other than those that Options allows).
    static constexpr BytesShape of(std::uint64_t capacity, std::uint32_t frame_align,
                                   std::uint32_t payload_align) noexcept {
        const bool fits = capacity != 0 && capacity <= kMaxSlotsBytes &&
                          (frame_align == 8 || frame_align == kLineBytes) &&
                          std::has_single_bit(payload_align) && payload_align >= 8 &&
                          payload_align <= frame_align;
        BytesShape shape;
        if (fits) {
            shape.capacity_ = std::bit_ceil(std::max(capacity, kMinCapacity));
            shape.frame_align_ = frame_align;
            shape.payload_offset_ = payload_align;
        }
        return shape;
    }

    [[nodiscard]] constexpr std::uint64_t capacity() const noexcept { return capacity_; }
    [[nodiscard]] constexpr std::uint64_t frame_align() const noexcept { return frame_align_; }
    /// Of the payload, from the frame's start; also the payload's alignment.
    [[nodiscard]] constexpr std::uint64_t payload_offset() const noexcept {
        return payload_offset_;
    }
    /// Greatest payload.
    [[nodiscard]] constexpr std::uint64_t max_message() const noexcept {
        return std::min<std::uint64_t>(capacity_ / 8, UINT32_MAX - 4096);
    }
    /// Memory that the ring takes, with the guard line.
    [[nodiscard]] constexpr std::uint64_t bytes() const noexcept {
        return capacity_ == 0 ? 0 : capacity_ + kLinePairBytes;
    }
    [[nodiscard]] constexpr std::uint64_t offset_of(std::uint64_t position) const noexcept {
        return position & (capacity_ - 1);
    }
    [[nodiscard]] constexpr std::uint64_t to_end(std::uint64_t position) const noexcept {
        return capacity_ - offset_of(position);
    }
    /// Bytes from a frame's start to its successor's.
    [[nodiscard]] constexpr std::uint64_t stride(std::uint64_t length) const noexcept {
        return align_up(length, frame_align_);
    }
    /// True if a frame with this header can stand at `position`. Headers are input.
    [[nodiscard]] constexpr bool plausible(FrameHeader header,
                                           std::uint64_t position) const noexcept {
        if (header.padding()) {
            return header.length == to_end(position);
        }
        return header.flags == 0 && header.length >= payload_offset_ &&
               header.length - payload_offset_ <= max_message() &&
               stride(header.length) <= to_end(position);
    }

private:
    static constexpr std::uint64_t kMinCapacity = 1024;

    std::uint64_t capacity_ = 0;
    std::uint64_t frame_align_ = kLineBytes;
    std::uint64_t payload_offset_ = layout::kFrameHeaderBytes;
};

using FrameWord = std::atomic<std::uint64_t>;

/// A message in place.
struct BytesView {
    std::span<const std::byte> payload;
    std::uint32_t type = 0;
    std::uint64_t position = 0;  // of its frame, in bytes; in an owner-word ring the message's
};

}  // namespace shunt::ring
