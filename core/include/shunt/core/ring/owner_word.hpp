// SPDX-License-Identifier: MIT
//
// The word of an mpmc slot, unpacked, and positions against it: pure arithmetic. The bits are in
// core/layout/mpmc.hpp.
#pragma once

#include <shunt/core/bytes.hpp>
#include <shunt/core/config.hpp>
#include <shunt/core/layout/mpmc.hpp>

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace shunt::ring {

using layout::SlotState;

/// Who holds a slot: a registry index, and its token modulo 32.
struct SlotOwner {
    std::uint32_t index = 0;
    std::uint32_t generation = 0;
    friend constexpr bool operator==(SlotOwner, SlotOwner) noexcept = default;
};
[[nodiscard]] constexpr SlotOwner slot_owner(std::uint32_t index, std::uint64_t token) noexcept {
    return {index, static_cast<std::uint32_t>(token % layout::kGenerations)};
}

struct OwnerWord {
    std::uint64_t lap = 0;
    std::uint32_t tries = 0;
    SlotOwner owner{};
    SlotState state = SlotState::free;

    static constexpr unsigned kLapBits = layout::kLapBits;
    static constexpr std::uint32_t kMostTries = layout::kMostTries;
    static constexpr std::uint64_t kLapMask = (std::uint64_t{1} << kLapBits) - 1;
    static constexpr unsigned kLapShift = 64 - kLapBits;
    static constexpr std::uint64_t kTryUnit = std::uint64_t{1} << 20;
    static constexpr std::uint64_t kTriesMask = layout::kMostTries * kTryUnit;

    [[nodiscard]] constexpr std::uint64_t word() const noexcept {
        return (lap & kLapMask) << kLapShift | tries * kTryUnit |
               std::uint64_t{owner.generation} << 15 | std::uint64_t{owner.index} << 3 |
               static_cast<std::uint64_t>(state);
    }
    [[nodiscard]] static constexpr OwnerWord of(std::uint64_t word) noexcept {
        return {word >> kLapShift,
                static_cast<std::uint32_t>(word >> 20 & layout::kMostTries),
                {static_cast<std::uint32_t>(word >> 3 & ((1u << layout::kOwnerBits) - 1)),
                 static_cast<std::uint32_t>(word >> 15 & (layout::kGenerations - 1))},
                static_cast<SlotState>(word & 7)};
    }
    [[nodiscard]] static constexpr bool may_be(SlotState state) noexcept {
        return state <= SlotState::orphan;
    }
    /// True if it is that one's.
    [[nodiscard]] constexpr bool names(SlotOwner who) const noexcept { return owner == who; }

    /// Of lap 0, in that state, in the name of `who`.
    [[nodiscard]] static constexpr std::uint64_t naming(SlotOwner who, SlotState state) noexcept {
        return OwnerWord{0, 0, who, state}.word();
    }

    // Of packed words, in few instructions.
    /// The same slot, free, one lap on.
    [[nodiscard]] static constexpr std::uint64_t freed(std::uint64_t word) noexcept {
        return ((word >> kLapShift) + 1) << kLapShift;
    }
    /// Lap and tries of `word`, owner and state of `holder`.
    [[nodiscard]] static constexpr std::uint64_t held(std::uint64_t word,
                                                      std::uint64_t holder) noexcept {
        return (word & ~(kTryUnit - 1)) | holder;
    }
    [[nodiscard]] static constexpr std::uint64_t in_state(std::uint64_t word,
                                                          SlotState state) noexcept {
        return (word & ~std::uint64_t{7}) | static_cast<std::uint64_t>(state);
    }
};

/// 2^k slots, k from 1 to 24. All 0: no such ring.
struct MpmcGeometry {
    std::uint64_t capacity = 0;
    std::uint64_t bytes = 0;
};

/// Of a slot that holds so many bytes: a power of two that divides a line, or whole lines.
[[nodiscard]] constexpr std::uint64_t mpmc_slot_bytes_for(std::uint64_t least) noexcept {
    return least <= kLineBytes ? std::bit_ceil(least) : align_up(least, kLineBytes);
}
/// Of a slot for a message of that size and alignment: its word, and the message.
[[nodiscard]] constexpr std::uint64_t mpmc_slot_bytes(std::uint64_t bytes,
                                                      std::uint64_t alignment) noexcept {
    return mpmc_slot_bytes_for(std::max<std::uint64_t>(8, alignment) + bytes);
}

template <class T>
struct MpmcShape {
    static_assert(std::is_trivially_copyable_v<T>, "a message crosses processes by its bytes");
    static_assert(alignof(T) <= kLineBytes, "no element is aligned to more than a line");
    static constexpr std::uint64_t kPlaceOffset = std::max<std::uint64_t>(8, alignof(T));
    static constexpr std::uint64_t kSlotBytes = mpmc_slot_bytes(sizeof(T), alignof(T));
};

inline constexpr std::uint64_t kLeastMpmcSlots = 2;
inline constexpr std::uint64_t kMostMpmcSlots = std::uint64_t{1} << 24;

/// The smallest ring for at least `capacity` messages.
template <class T>
[[nodiscard]] constexpr MpmcGeometry mpmc_geometry(std::uint64_t capacity) noexcept {
    if (capacity == 0 || capacity > kMostMpmcSlots) {
        return {};
    }
    const std::uint64_t slots = std::max(kLeastMpmcSlots, std::bit_ceil(capacity));
    if (slots > kMaxSlotsBytes / MpmcShape<T>::kSlotBytes) {
        return {};
    }
    return {slots, slots * MpmcShape<T>::kSlotBytes};
}

/// Positions of a ring of 2^k slots, whose words are `Packed`.
template <class Packed>
class LapsOf {
public:
    explicit constexpr LapsOf(std::uint64_t capacity) noexcept
        : mask_{capacity - 1}, bits_{static_cast<unsigned>(std::countr_zero(capacity))} {}

    [[nodiscard]] constexpr std::uint64_t capacity() const noexcept { return mask_ + 1; }
    [[nodiscard]] constexpr std::uint64_t index(std::uint64_t position) const noexcept {
        return position & mask_;
    }
    [[nodiscard]] constexpr std::uint64_t lap(std::uint64_t position) const noexcept {
        return position >> bits_ & Packed::kLapMask;
    }
    /// The word of the position's slot while nobody has claimed it.
    [[nodiscard]] constexpr std::uint64_t free_word(std::uint64_t position) const noexcept {
        return position >> bits_ << Packed::kLapShift;
    }
    /// How many laps a word of its slot is ahead of a position; less than 0: behind.
    [[nodiscard]] constexpr std::int64_t ahead(std::uint64_t word,
                                               std::uint64_t position) const noexcept {
        const std::uint64_t difference = (word >> Packed::kLapShift) - lap(position);
        return static_cast<std::int64_t>(difference << Packed::kLapShift) >> Packed::kLapShift;
    }

    /// Positions of half of the laps that a word can tell apart. Nobody is so far behind: a word
    /// that is further ahead is one behind.
    [[nodiscard]] constexpr std::uint64_t half() const noexcept {
        return std::uint64_t{1} << (Packed::kLapBits - 1) << bits_;
    }

private:
    std::uint64_t mask_;
    unsigned bits_;
};
using Laps = LapsOf<OwnerWord>;

}  // namespace shunt::ring
