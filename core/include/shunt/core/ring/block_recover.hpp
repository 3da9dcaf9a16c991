// SPDX-License-Identifier: MIT
//
// What recovery does about blocks, beside what it does about slots (mpmc_recover.hpp). blocks.hpp
// has the invariants (B1 to B5) and the edges.
#pragma once

#include <shunt/core/policy.hpp>
#include <shunt/core/ring/block_slots.hpp>
#include <shunt/core/ring/mpmc_slots.hpp>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>

namespace shunt::ring {

/// As many holders died with that message as can be counted, with this one: nobody gets it any
/// more. (Without blocks it becomes an orphan once more, which a consumer drops.)
[[nodiscard]] constexpr bool last_try(const OwnerWord&) noexcept {
    return false;
}
[[nodiscard]] constexpr bool last_try(const BlockWord& word) noexcept {
    return word.tries == BlockWord::kMostTries;
}

/// Before the slot of a message that nobody gets is freed: its block, which may bear a living
/// producer's name, is moved into the dead one's, where recover_blocks() finds it. False: the
/// slot's word, which is `found` then, or the block's has changed.
template <class P, std::uint64_t kBytes>
[[nodiscard]] bool take_block(const MpmcSlotsOf<kBytes>&, std::uint64_t, std::uint64_t&,
                              SlotOwner) noexcept {
    return true;
}
template <class P, std::uint64_t kBytes>
[[nodiscard]] bool take_block(const BlockSlotsOf<kBytes>& slots, std::uint64_t position,
                              std::uint64_t& found, SlotOwner dead) noexcept {
    if (!slots.sound(found)) {
        return true;  // of no block
    }
    auto& at = slots.holder(BlockWord::block_of(found));
    // edge blocks.free acquire <- BlockSlots::give_back: not after the look behind it
    std::uint64_t holder = P::load_peer(at, std::memory_order_acquire);
    // edge mpmc.publish acquire <- MpmcProducer::give: still that slot's, so that was its block's
    const std::uint64_t now = P::load_peer(slots.word(position), std::memory_order_acquire);
    if (now != found) {
        found = now;
        return false;
    }
    const std::uint64_t moved = HolderWord::moved(holder, HolderWord::naming(dead));
    // edge blocks.free release -> BlockClaims::take: the slot that is freed next is seen free
    // behind this alone
    return holder == moved || P::compare_exchange(at, holder, moved, std::memory_order_acq_rel);
}

/// The blocks in the name of a dead participant that no slot names, given back. As recover_slots(),
/// and behind what that does to slots.
template <class P, std::uint64_t kBytes, class StillDead>
[[nodiscard]] bool recover_blocks(const MpmcSlotsOf<kBytes>&, SlotOwner, StillDead&&) {
    return true;
}
template <class P, std::uint64_t kBytes, class StillDead>
[[nodiscard]] bool recover_blocks(const BlockSlotsOf<kBytes>& slots, SlotOwner dead,
                                  StillDead&& still_dead) {
    constexpr std::uint32_t kAtOnce = 256;
    std::array<std::uint64_t, kAtOnce> found;  // 0: not to be given back
    for (std::uint32_t first = 0; first < slots.blocks(); first += kAtOnce) {
        const std::uint32_t end = std::min(first + kAtOnce, slots.blocks());
        bool any = false;
        for (std::uint32_t b = first; b < end; ++b) {
            // edge blocks.free acquire <- BlockSlots::give_back: the slots that are looked at next
            // are as new as it
            const std::uint64_t word = P::load_peer(slots.holder(b), std::memory_order_acquire);
            const HolderWord holder = HolderWord::of(word);
            const bool its = holder.held && holder.owner == dead;
            found[b - first] = its ? word : 0;
            any = any || its;
        }
        for (std::uint64_t i = 0; any && i < slots.laps().capacity(); ++i) {
            // edge mpmc.publish acquire <- MpmcProducer::give: what the dead one published is seen
            const std::uint64_t word = P::load_peer(slots.word(i), std::memory_order_acquire);
            const std::uint32_t block = BlockWord::block_of(word);
            if (BlockWord::of(word).state != SlotState::free && block >= first && block < end) {
                found[block - first] = 0;
            }
        }
        for (std::uint32_t b = first; any && b < end; ++b) {
            std::uint64_t word = found[b - first];
            if (word == 0) {
                continue;
            }
            if (!still_dead()) {
                return false;
            }
            // edge blocks.free release -> BlockClaims::take: what the dead one did there is done.
            // Where it fails another has given it back, or a consumer that freed its slot moved it.
            P::compare_exchange(slots.holder(b), word, HolderWord::freed(word),
                                std::memory_order_acq_rel);
        }
    }
    return true;
}

}  // namespace shunt::ring
