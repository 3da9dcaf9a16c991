// SPDX-License-Identifier: MIT
//
// The owner-word ring whose messages lie in blocks beside it. A producer takes a block, which from
// then on bears its name, fills it, and publishes it by the one CAS that makes the next free slot
// READY: so it never holds a slot, and one that is stopped while it fills a block, or dies, keeps
// nobody from anything. A consumer takes a slot as in mpmc.hpp, and reads the block that it names.
// That page holds here too, but: nothing is ever CLAIMED or VOID, so there is no BUSY and no gap.
// It makes no system call, allocates nothing, waits for nobody.
//
// Invariants, beside M1, M3, M4 and M6 of mpmc.hpp, and M2 and M5 of consumers
//   B1  Each slot that is not FREE names a block, no two the same, and that block is held.
//   B2  A held block that no slot names is in the hands of the one whose name it bears, alone: a
//       producer that fills it, a consumer that has freed its slot, a dead one.
//   B3  While a slot names a block, its name changes only to that of the slot's consumer, by it or,
//       when that one is dead, by its recovery; and it does so before the slot becomes FREE. So
//       what is left in a living producer's name is always its own.
//   B4  A block's word never has a value twice: the version grows with each taking, and between two
//       the names come in one order, each once.
//   B5  Recovery gives a block back only by a CAS from the value that it saw, in the dead one's
//       name, before it saw all slots name others: by B3 a slot that was free again when it was
//       looked at has moved its block into another name before.
//
// A message that as many holders died of as can be counted, or that is to be dropped at the first
// death, is dropped by recovery: only what is in a dead one's name can be given back by anybody, so
// the block goes there first.
//
// FULL is as in mpmc.hpp, or, for a moment, that others took each block just before it was looked
// at: the next call finds one. There is a free one at any time (block_geometry).
//
// The word of a slot has 30 bits for its lap. A participant that is stopped within a call until the
// ring has gone around 2^30 times may take a slot for what it was; with two slots and ten million
// messages a second these are some minutes, and it has to be that very lap again.
//
// Edges, beside those of mpmc.hpp
//   blocks.free  who lets go of a block -> BlockClaims   what was there has been read
#pragma once

#include <shunt/core/layout/mpmc.hpp>
#include <shunt/core/policy.hpp>
#include <shunt/core/ring/block_producer.hpp>
#include <shunt/core/ring/mpmc_bytes.hpp>
#include <shunt/core/ring/mpmc_fixed.hpp>
#include <shunt/core/ring/mpmc_recover.hpp>

#include <cstddef>
#include <cstdint>

namespace shunt::ring {

template <class T>
using BlockSlotsFor = BlockSlotsOf<MpmcShape<T>::kSlotBytes>;

/// One producer of several, of messages of type T.
template <class T, class P = DefaultPolicy>
class BlockProducer : public MpmcFixedProducer<T, BlockClaims<MpmcShape<T>::kSlotBytes, P>, P> {
public:
    /// `memory` and `geometry` as block_geometry gave it. `me` is in no word: it is new.
    BlockProducer(std::byte* memory, const BlockGeometry& geometry, layout::MpmcWords& words,
                  SlotOwner me) noexcept
        : BlockProducer::MpmcFixedProducer{{memory, geometry}, words, me} {}
};

/// One consumer of several, of messages of type T.
template <class T, class P = DefaultPolicy>
class BlockConsumer : public MpmcFixedConsumer<T, BlockSlotsFor<T>, P> {
public:
    /// `memory` and `geometry` as block_geometry gave it. `me` is in no word: it is new.
    BlockConsumer(std::byte* memory, const BlockGeometry& geometry, layout::MpmcWords& words,
                  SlotOwner me) noexcept
        : BlockConsumer::MpmcFixedConsumer{{memory, geometry}, words, me} {}
};

/// One producer of several, of byte messages.
template <class P = DefaultPolicy>
class BlockBytesProducer : public MpmcMessageProducer<BlockClaims<0, P>, P> {
public:
    /// `memory` and `geometry` as block_geometry gave it for `shape`. `me` is in no word: it is
    /// new.
    BlockBytesProducer(std::byte* memory, const BlockGeometry& geometry,
                       const MpmcBytesShape& shape, layout::MpmcWords& words, SlotOwner me) noexcept
        : BlockBytesProducer::MpmcMessageProducer{BlockSlots{memory, geometry}, words, me, shape} {}
};

/// One consumer of several, of byte messages.
template <class P = DefaultPolicy>
class BlockBytesConsumer : public MpmcMessageConsumer<BlockSlots, P> {
public:
    /// `memory` and `geometry` as block_geometry gave it for `shape`. `me` is in no word: it is
    /// new.
    BlockBytesConsumer(std::byte* memory, const BlockGeometry& geometry,
                       const MpmcBytesShape& shape, layout::MpmcWords& words, SlotOwner me) noexcept
        : BlockBytesConsumer::MpmcMessageConsumer{{memory, geometry}, words, me, shape} {}
};

}  // namespace shunt::ring
