// SPDX-License-Identifier: MIT
//
// The slots and the blocks of an owner-word ring whose messages lie beside it, seen by whoever
// works on them.
#pragma once

#include <shunt/core/bytes.hpp>
#include <shunt/core/ring/block_word.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace shunt::ring {

/// `kBytes`: of a block; 0: given at run time.
template <std::uint64_t kBytes>
class BlockSlotsOf {
public:
    using Word = std::atomic<std::uint64_t>;
    using Packed = BlockWord;
    static constexpr bool kOutOfLine = true;

    BlockSlotsOf(std::byte* memory, const BlockGeometry& geometry) noexcept
        : memory_{memory},
          laps_{geometry.capacity},
          first_{memory + geometry.blocks_offset()},
          blocks_{static_cast<std::uint32_t>(geometry.blocks)},
          block_bytes_{geometry.block_bytes} {}

    [[nodiscard]] const LapsOf<BlockWord>& laps() const noexcept { return laps_; }
    [[nodiscard]] std::uint32_t blocks() const noexcept { return blocks_; }
    [[nodiscard]] Word& word(std::uint64_t position) const noexcept {
        return *object_at<Word>(memory_ + laps_.index(position) * sizeof(Word));
    }
    [[nodiscard]] std::byte* block(std::uint32_t number) const noexcept {
        return first_ + number * (kBytes != 0 ? kBytes : block_bytes_);
    }
    /// Who has that block.
    [[nodiscard]] Word& holder(std::uint32_t number) const noexcept {
        return *object_at<Word>(block(number));
    }
    /// Where the message of that position lies, whose word that is. Only of a sound one.
    [[nodiscard]] std::byte* place(std::uint64_t, std::uint64_t word) const noexcept {
        return block(BlockWord::block_of(word));
    }
    /// True if there is the block that a word names. Words are input.
    [[nodiscard]] bool sound(std::uint64_t word) const noexcept {
        return BlockWord::block_of(word) < blocks_;
    }

    /// As of slots that hold their messages. Here eight words are in a line, and blocks come in any
    /// order: nothing.
    template <class P>
    static constexpr void ask_ahead(std::uint64_t) noexcept {}

    /// A consumer whose slot `held` is moves its block into its own name before it frees the slot,
    /// and gives it back behind that (B3). Returns what give_back() wants.
    template <class P>
    std::uint64_t own(std::uint64_t held, SlotOwner me) const noexcept {
        Word& at = holder(BlockWord::block_of(held));
        // relaxed: nobody else changes it while the slot is ours, and behind its word it is as new
        const std::uint64_t found = P::load_peer(at, std::memory_order_relaxed);
        const std::uint64_t ours = HolderWord::moved(found, HolderWord::naming(me));
        // relaxed: who sees the slot free, by the store that follows, sees this
        P::store(at, ours, std::memory_order_relaxed);
        return ours;
    }
    template <class P>
    void give_back(std::uint64_t held, std::uint64_t ours) const noexcept {
        // edge blocks.free release -> BlockClaims::take: our reads are done
        P::store(holder(BlockWord::block_of(held)), HolderWord::freed(ours),
                 std::memory_order_release);
    }

private:
    std::byte* memory_;
    LapsOf<BlockWord> laps_;
    std::byte* first_;
    std::uint32_t blocks_;
    std::uint64_t block_bytes_;
};
using BlockSlots = BlockSlotsOf<0>;

}  // namespace shunt::ring
