// SPDX-License-Identifier: MIT
//
// What a dead participant of an owner-word ring held, given back: its claims become gaps, what it
// had taken becomes orphans. mpmc.hpp has the invariants (M1 to M6) and the edges; for blocks,
// block_recover.hpp and blocks.hpp.
#pragma once

#include <shunt/core/policy.hpp>
#include <shunt/core/ring/block_recover.hpp>
#include <shunt/core/ring/mpmc_slots.hpp>

#include <atomic>
#include <cstdint>
#include <utility>

namespace shunt::ring {

/// What becomes of a message whose consumer died with it in its hands.
enum class on_orphan : std::uint8_t {
    inherit,  // another gets it, flagged as redelivered: at least once
    drop,     // nobody does, and it is counted: at most once
};

struct Recovered {
    std::uint64_t voided = 0;  // claims that became gaps
    std::uint64_t orphaned = 0;
    std::uint64_t dropped = 0;
};

/// Sets right what `dead` held in slots and, where messages lie in blocks, its blocks. The kernel
/// has said that it is dead, and its registry entry says DEAD with its whole token; `still_dead()`
/// looks at that again, and before it does nothing may be changed: the entry may have been freed by
/// another recoverer meanwhile, and its index and generation be a living one's. Any number at once,
/// each may die anywhere; whoever gets to the end may free the entry. False: `still_dead()` said
/// no, and another has done it.
template <class P = DefaultPolicy, class Slots, class StillDead>
[[nodiscard]] bool recover_slots(const Slots& slots, layout::MpmcWords& words, SlotOwner dead,
                                 on_orphan policy, StillDead&& still_dead, Recovered& done) {
    using Packed = typename Slots::Packed;
    bool orphans = false;
    for (std::uint64_t i = 0; i < slots.laps().capacity(); ++i) {
        // edge mpmc.publish acquire <- MpmcProducer::give: whose it was is as it stood at the death
        std::uint64_t found = P::load_peer(slots.word(i), std::memory_order_acquire);
        for (;;) {
            Packed word = Packed::of(found);
            orphans = orphans || word.state == SlotState::orphan;
            const bool claim = word.state == SlotState::claimed && !Slots::kOutOfLine;
            const bool taking = word.state == SlotState::taken;
            if (!word.names(dead) || !(claim || taking)) {
                break;
            }
            if (!still_dead()) {
                return false;
            }
            const bool drops = taking && (policy == on_orphan::drop || last_try(word));
            word.state = claim ? SlotState::voided : SlotState::orphan;
            if (drops && !take_block<P>(slots, i, found, dead)) {
                continue;
            }
            // edge mpmc.publish release -> MpmcConsumer::look, inherit: the message is as complete
            // as its holder found it (an RMW, so that the producer's own release goes on)
            if (P::compare_exchange(slots.word(i), found,
                                    drops ? Packed::freed(found) : word.word(),
                                    std::memory_order_acq_rel)) {
                done.voided += claim ? 1u : 0u;
                done.dropped += drops ? 1u : 0u;
                done.orphaned += taking && !drops ? 1u : 0u;
                orphans = orphans || (taking && !drops);
                break;
            }
        }
    }
    if (orphans) {
        // edge mpmc.recover release -> MpmcConsumer::take: the orphans are there
        P::fetch_add(words.orphan_epoch, std::uint64_t{1}, std::memory_order_acq_rel);
    }
    return recover_blocks<P>(slots, dead, still_dead);
}

}  // namespace shunt::ring
