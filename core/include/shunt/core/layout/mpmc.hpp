// SPDX-License-Identifier: MIT
//
// The words of an mpmc ring in shared memory: the word of each slot, which names who holds it, and
// the words of the whole ring. All-zero memory is a valid empty ring.
#pragma once

#include <shunt/core/config.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace shunt::layout {

//  The word of a slot, the first 8 bytes of it; changed by CAS, but for the holder's last store.
//  bits    name        meaning
//   0..2   state       SlotState
//   3..14  owner       registry index of the holder; of a VOID or ORPHAN slot, of the dead one
//  15..19  generation  the holder's token modulo 32
//  20..23  tries       how often a holder died with the message; saturates
//  24..63  lap         how often the ring was gone around, modulo 2^40
//  A FREE slot has neither owner nor generation nor tries.
enum class SlotState : std::uint8_t {
    free = 0,     // of this lap: nobody has claimed it
    claimed = 1,  // by a producer, which writes it
    ready = 2,    // a message is there
    taken = 3,    // by a consumer, which reads it
    voided = 4,   // its producer gave it up or died: a gap
    orphan = 5,   // its consumer died: the message goes to another
};

inline constexpr unsigned kOwnerBits = 12;
inline constexpr unsigned kGenerationBits = 5;
inline constexpr unsigned kTriesBits = 4;
inline constexpr unsigned kLapBits = 40;
inline constexpr std::uint32_t kMostTries = (1u << kTriesBits) - 1;
inline constexpr std::uint32_t kGenerations = 1u << kGenerationBits;

//  The word of a slot whose message lies in a block beside the ring (kinds mpmc_blocks and
//  mpmc_blocks_bytes); changed by CAS, but for the holder's last store.
//  bits    name   meaning
//   0..2   state  SlotState: free, ready, taken or orphan
//   3..14  owner  registry index of the consumer that has it; of an ORPHAN slot, of the dead one
//  15..30  block  which one the message lies in
//  31..33  tries  how often a holder died with the message
//  34..63  lap    how often the ring was gone around, modulo 2^30
//  A FREE slot has neither owner nor block nor tries, a READY one no owner.
inline constexpr unsigned kBlockBits = 16;
inline constexpr unsigned kBlockTriesBits = 3;
inline constexpr unsigned kBlockLapBits = 30;

//  The word of a block, the first 8 bytes of it; by CAS, but for the stores of a consumer that
//  names the block in a TAKEN slot, or did until now.
//  bits    name        meaning
//   0      held        0: any producer may take it
//   1..2   -           zero
//   3..14  owner       registry index: of the producer that took it, until a consumer that is
//                      about to free its slot, or the recovery of one, moves it into that one's
//  15..19  generation  the owner's token modulo 32
//  20..63  version     how often the block was taken, modulo 2^44
//  A block that is not held has neither owner nor generation.
inline constexpr unsigned kVersionBits = 44;

//  MpmcWords
//  offset  type  name          written
//       0  u64   write_hint    by a producer behind its claim: a position not beyond the next to be
//                              claimed; may go back
//       8  u8[120] -           zero
//     128  u64   read_hint     by a consumer behind its taking, as write_hint
//     136  u64   orphan_epoch  by recovery, += 1 where it saw an orphan
//     144  u64   voided        by recovery, claims of the dead that became gaps; as the two below,
//                              for display: a recoverer that dies may not have counted
//     152  u64   orphaned      what the dead had taken, and others get
//     160  u64   dropped       what the dead had taken, and nobody gets
//     168  u8[88] -            zero
struct alignas(kLinePairBytes) MpmcWords {
    std::atomic<std::uint64_t> write_hint;
    std::byte reserved0[120];
    std::atomic<std::uint64_t> read_hint;
    std::atomic<std::uint64_t> orphan_epoch;
    std::atomic<std::uint64_t> voided;
    std::atomic<std::uint64_t> orphaned;
    std::atomic<std::uint64_t> dropped;
    std::byte reserved1[88];
};
static_assert(sizeof(MpmcWords) == 256 && alignof(MpmcWords) == 128);
static_assert(offsetof(MpmcWords, write_hint) == 0 && offsetof(MpmcWords, read_hint) == 128);
static_assert(offsetof(MpmcWords, orphan_epoch) == 136 && offsetof(MpmcWords, dropped) == 160);
static_assert(std::is_standard_layout_v<MpmcWords>);

// A slot: the word, then the message at its alignment; 16, 32 or 64 bytes, so that a line holds one
// or several, or whole lines.
//
//  byte   0      8 (or the message's alignment)
//         | word | message                    | pad   |
//
// Of byte messages: the word, then a frame's header word {length:32, flags:8, type:24}, whose
// length is the payload's and whose flags are 0, then the payload at its alignment.
//
//  byte   0      8        16 (or the payload's alignment)
//         | word | header | payload, up to the greatest | pad |
//
// With blocks: the words of all slots, 8 bytes each, up to a multiple of 128 bytes; then the
// blocks, each as a slot above, its own word in the slot's word's place.

}  // namespace shunt::layout
