// SPDX-License-Identifier: MIT
//
// The slots of an owner-word ring, seen by whoever works on them.
#pragma once

#include <shunt/core/bytes.hpp>
#include <shunt/core/config.hpp>
#include <shunt/core/ring/owner_word.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace shunt::ring {

/// `kBytes`: of a slot; 0: given at run time.
template <std::uint64_t kBytes>
class MpmcSlotsOf {
public:
    using Word = std::atomic<std::uint64_t>;
    using Packed = OwnerWord;
    static constexpr bool kOutOfLine = false;

    MpmcSlotsOf(std::byte* memory, std::uint64_t capacity,
                std::uint64_t slot_bytes = kBytes) noexcept
        : memory_{memory}, laps_{capacity}, slot_bytes_{slot_bytes} {}

    [[nodiscard]] const Laps& laps() const noexcept { return laps_; }
    [[nodiscard]] std::byte* slot(std::uint64_t position) const noexcept {
        return memory_ + laps_.index(position) * slot_bytes();
    }
    [[nodiscard]] Word& word(std::uint64_t position) const noexcept {
        return *object_at<Word>(slot(position));
    }
    /// Asks for the line of a word some way ahead, to be written: for whoever works on one slot
    /// after the other, and meets nobody there.
    template <class P>
    void ask_ahead(std::uint64_t position) const noexcept {
        const std::uint64_t per_line = std::max<std::uint64_t>(1, kLineBytes / slot_bytes());
        if (position % per_line == 0) {
            P::prefetch_write(slot(position + kLinesAhead * per_line));
        }
    }
    /// Where the message of that position lies, whose word that is.
    [[nodiscard]] std::byte* place(std::uint64_t position, std::uint64_t) const noexcept {
        return slot(position);
    }
    /// What blocks need beside it (block_slots.hpp): nothing.
    [[nodiscard]] static constexpr bool sound(std::uint64_t) noexcept { return true; }
    template <class P>
    static constexpr std::uint64_t own(std::uint64_t, SlotOwner) noexcept {
        return 0;
    }
    template <class P>
    static constexpr void give_back(std::uint64_t, std::uint64_t) noexcept {}

private:
    static constexpr std::uint64_t kLinesAhead = 4;

    [[nodiscard]] std::uint64_t slot_bytes() const noexcept {
        return kBytes != 0 ? kBytes : slot_bytes_;
    }

    std::byte* memory_;
    Laps laps_;
    std::uint64_t slot_bytes_;
};
using MpmcSlots = MpmcSlotsOf<0>;

}  // namespace shunt::ring
