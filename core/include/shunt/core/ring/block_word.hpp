// SPDX-License-Identifier: MIT
//
// The words of an owner-word ring whose messages lie in blocks beside it, unpacked, and its
// geometry: pure arithmetic. The bits are in core/layout/mpmc.hpp.
#pragma once

#include <shunt/core/bytes.hpp>
#include <shunt/core/config.hpp>
#include <shunt/core/layout/mpmc.hpp>
#include <shunt/core/ring/mpmc_bytes_shape.hpp>
#include <shunt/core/ring/owner_word.hpp>

#include <algorithm>
#include <bit>
#include <cstdint>

namespace shunt::ring {

/// Of a slot. Of its owner it tells the registry index alone: `owner.generation` is 0.
struct BlockWord {
    std::uint64_t lap = 0;
    std::uint32_t tries = 0;
    std::uint32_t block = 0;
    SlotOwner owner{};
    SlotState state = SlotState::free;

    static constexpr unsigned kLapBits = layout::kBlockLapBits;
    static constexpr std::uint32_t kMostTries = (1u << layout::kBlockTriesBits) - 1;
    static constexpr std::uint64_t kLapMask = (std::uint64_t{1} << kLapBits) - 1;
    static constexpr unsigned kLapShift = 64 - kLapBits;
    static constexpr std::uint64_t kTryUnit = std::uint64_t{1} << 31;
    static constexpr std::uint64_t kTriesMask = kMostTries * kTryUnit;

    [[nodiscard]] constexpr std::uint64_t word() const noexcept {
        return (lap & kLapMask) << kLapShift | tries * kTryUnit | std::uint64_t{block} << 15 |
               std::uint64_t{owner.index} << 3 | static_cast<std::uint64_t>(state);
    }
    [[nodiscard]] static constexpr BlockWord of(std::uint64_t word) noexcept {
        return {word >> kLapShift,
                static_cast<std::uint32_t>(word >> 31 & kMostTries),
                block_of(word),
                {static_cast<std::uint32_t>(word >> 3 & ((1u << layout::kOwnerBits) - 1)), 0},
                static_cast<SlotState>(word & 7)};
    }
    [[nodiscard]] static constexpr bool may_be(SlotState state) noexcept {
        return state <= SlotState::orphan && state != SlotState::claimed &&
               state != SlotState::voided;
    }
    /// True if it is that one's, or of one that had its index before.
    [[nodiscard]] constexpr bool names(SlotOwner who) const noexcept {
        return owner.index == who.index;
    }

    /// Of lap 0, in that state, in the name of `who`.
    [[nodiscard]] static constexpr std::uint64_t naming(SlotOwner who, SlotState state) noexcept {
        return BlockWord{0, 0, 0, {who.index, 0}, state}.word();
    }

    // Of packed words, in few instructions.
    [[nodiscard]] static constexpr std::uint32_t block_of(std::uint64_t word) noexcept {
        return static_cast<std::uint32_t>(word >> 15 & ((1u << layout::kBlockBits) - 1));
    }
    /// The same slot, free, one lap on.
    [[nodiscard]] static constexpr std::uint64_t freed(std::uint64_t word) noexcept {
        return ((word >> kLapShift) + 1) << kLapShift;
    }
    /// Lap, tries and block of `word`, owner and state of `holder`.
    [[nodiscard]] static constexpr std::uint64_t held(std::uint64_t word,
                                                      std::uint64_t holder) noexcept {
        return (word & ~((std::uint64_t{1} << 15) - 1)) | holder;
    }
};

/// Of a block.
struct HolderWord {
    std::uint64_t version = 0;
    SlotOwner owner{};
    bool held = false;

    static constexpr std::uint64_t kVersionUnit = std::uint64_t{1} << (64 - layout::kVersionBits);

    [[nodiscard]] constexpr std::uint64_t word() const noexcept {
        return version * kVersionUnit | std::uint64_t{owner.generation} << 15 |
               std::uint64_t{owner.index} << 3 | (held ? 1u : 0u);
    }
    [[nodiscard]] static constexpr HolderWord of(std::uint64_t word) noexcept {
        return {word / kVersionUnit,
                {static_cast<std::uint32_t>(word >> 3 & ((1u << layout::kOwnerBits) - 1)),
                 static_cast<std::uint32_t>(word >> 15 & (layout::kGenerations - 1))},
                (word & 1) != 0};
    }
    /// Of version 0, in the name of `who`.
    [[nodiscard]] static constexpr std::uint64_t naming(SlotOwner who) noexcept {
        return HolderWord{0, who, true}.word();
    }

    // Of packed words, in few instructions.
    [[nodiscard]] static constexpr bool is_held(std::uint64_t word) noexcept {
        return (word & 1) != 0;
    }
    /// Of the same version, in the name of `holder`, a word of version 0.
    [[nodiscard]] static constexpr std::uint64_t moved(std::uint64_t word,
                                                       std::uint64_t holder) noexcept {
        return freed(word) | holder;
    }
    [[nodiscard]] static constexpr std::uint64_t freed(std::uint64_t word) noexcept {
        return word & ~(kVersionUnit - 1);
    }
    /// Of the next version.
    [[nodiscard]] static constexpr std::uint64_t taken(std::uint64_t word,
                                                       std::uint64_t holder) noexcept {
        return (freed(word) + kVersionUnit) | holder;
    }
};

inline constexpr std::uint64_t kMostBlocks = std::uint64_t{1} << layout::kBlockBits;
inline constexpr std::uint64_t kMostBlockSlots = kMostBlocks / 2;

/// 2^k slots, k from 1 to 15, and a block for each and for each participant there may be. All 0: no
/// such ring.
struct BlockGeometry {
    std::uint64_t capacity = 0;
    std::uint64_t blocks = 0;
    std::uint64_t block_bytes = 0;

    /// Of the first block, from the ring's start.
    [[nodiscard]] constexpr std::uint64_t blocks_offset() const noexcept {
        return align_up(capacity * 8, kLinePairBytes);
    }
    /// Memory that the ring takes.
    [[nodiscard]] constexpr std::uint64_t bytes() const noexcept {
        return blocks_offset() + blocks * block_bytes;
    }
};

/// The smallest ring for at least `capacity` messages in blocks of so many bytes, and for at most
/// so many participants. Of those each has at most one block that no slot names: a producer the one
/// that it fills, a consumer the one whose slot it has just freed, a dead one's the one that its
/// recovery gives back. So whoever looks for a block has one to find.
[[nodiscard]] constexpr BlockGeometry block_geometry(std::uint64_t capacity,
                                                     std::uint64_t participants,
                                                     std::uint64_t block_bytes) noexcept {
    if (capacity == 0 || capacity > kMostBlockSlots || participants > kMostBlockSlots ||
        block_bytes == 0) {
        return {};
    }
    const std::uint64_t slots = std::max(kLeastMpmcSlots, std::bit_ceil(capacity));
    const BlockGeometry geometry{slots, slots + participants, block_bytes};
    return block_bytes <= kMaxSlotsBytes / (2 * geometry.blocks) ? geometry : BlockGeometry{};
}
template <class T>
[[nodiscard]] constexpr BlockGeometry block_geometry(std::uint64_t capacity,
                                                     std::uint64_t participants) noexcept {
    return block_geometry(capacity, participants, MpmcShape<T>::kSlotBytes);
}
/// Of byte messages. `shape`: MpmcBytesShape::of the same capacity; its slot is a block.
[[nodiscard]] constexpr BlockGeometry block_geometry(const MpmcBytesShape& shape,
                                                     std::uint64_t participants) noexcept {
    return block_geometry(shape.capacity(), participants, shape.slot_bytes());
}

}  // namespace shunt::ring
