// SPDX-License-Identifier: MIT
//
// An owner-word ring with blocks on memory of its own, its words in sight. It may begin at any lap.
#pragma once

#include "line_rig.hpp"

#include <shunt/core/ring/blocks.hpp>

#include <algorithm>
#include <cstdint>

namespace shunt::test {

/// What both kinds of message have in common.
class BlockRigBase {
public:
    using Packed = ring::BlockWord;

    BlockRigBase(const ring::BlockGeometry& wanted, std::uint64_t first_lap)
        : geometry{wanted}, start{first_lap * wanted.capacity}, memory{wanted.bytes()} {
        begin();
    }
    void begin() {
        std::fill_n(memory.data(), memory.size(), std::byte{0});
        for (std::uint64_t i = 0; i < geometry.capacity; ++i) {
            // relaxed: nobody else is here yet
            slots().word(i).store(Packed{start / geometry.capacity}.word(),
                                  std::memory_order_relaxed);
        }
        words->write_hint.store(start, std::memory_order_relaxed);
        words->read_hint.store(start, std::memory_order_relaxed);
        words->orphan_epoch.store(0, std::memory_order_relaxed);
    }
    [[nodiscard]] ring::BlockSlots slots() const { return {memory.data(), geometry}; }
    [[nodiscard]] Packed word(std::uint64_t position) const {
        return Packed::of(slots().word(position).load(std::memory_order_relaxed));
    }
    [[nodiscard]] ring::HolderWord holder(std::uint32_t block) const {
        return ring::HolderWord::of(slots().holder(block).load(std::memory_order_relaxed));
    }
    /// Blocks that somebody has, or a slot names.
    [[nodiscard]] int held() const {
        int all = 0;
        for (std::uint32_t b = 0; b < geometry.blocks; ++b) {
            all += holder(b).held ? 1 : 0;
        }
        return all;
    }
    /// Somebody of that index has a block that no slot names.
    [[nodiscard]] bool has_block(std::uint32_t index) const {
        for (std::uint32_t b = 0; b < geometry.blocks; ++b) {
            bool named = false;
            for (std::uint64_t i = 0; i < geometry.capacity; ++i) {
                named = named || (word(i).state != ring::SlotState::free && word(i).block == b);
            }
            if (holder(b).held && holder(b).owner.index == index && !named) {
                return true;
            }
        }
        return false;
    }
    [[nodiscard]] std::uint64_t capacity() const { return geometry.capacity; }
    [[nodiscard]] bool guards_whole() const {
        return memory.guards_whole() && words.guards_whole();
    }

    ring::BlockGeometry geometry;
    std::uint64_t start;
    Memory<ArrayPages> memory;
    InMemory<layout::MpmcWords> words;
};

template <class T, class P = DefaultPolicy>
struct BlockRig : BlockRigBase {
    using Shape = ring::MpmcShape<T>;
    using Producer = ring::BlockProducer<T, P>;
    using Consumer = ring::BlockConsumer<T, P>;
    static constexpr std::size_t kPlaceBytes = sizeof(T);

    explicit BlockRig(std::uint64_t wanted, std::uint64_t first_lap = 0,
                      std::uint64_t participants = 4)
        : BlockRigBase{ring::block_geometry<T>(wanted, participants), first_lap} {}
    [[nodiscard]] Producer producer(ring::SlotOwner me) {
        return Producer{memory.data(), geometry, *words, me};
    }
    [[nodiscard]] Consumer consumer(ring::SlotOwner me) {
        return Consumer{memory.data(), geometry, *words, me};
    }
};

template <class P = DefaultPolicy>
struct BlockBytesRig : BlockRigBase {
    using Producer = ring::BlockBytesProducer<P>;
    using Consumer = ring::BlockBytesConsumer<P>;

    BlockBytesRig(std::uint64_t wanted, std::uint64_t max_message, std::uint64_t payload_align = 8,
                  std::uint64_t first_lap = 0, std::uint64_t participants = 4)
        : BlockRigBase{ring::block_geometry(
                           ring::MpmcBytesShape::of(wanted, max_message, payload_align),
                           participants),
                       first_lap},
          shape{ring::MpmcBytesShape::of(wanted, max_message, payload_align)} {}
    [[nodiscard]] Producer producer(ring::SlotOwner me) {
        return Producer{memory.data(), geometry, shape, *words, me};
    }
    [[nodiscard]] Consumer consumer(ring::SlotOwner me) {
        return Consumer{memory.data(), geometry, shape, *words, me};
    }
    /// The word of its block that says how long its message is.
    [[nodiscard]] ring::FrameWord& size_word(std::uint64_t position) const {
        return *object_at<ring::FrameWord>(slots().block(word(position).block) +
                                           ring::MpmcBytesShape::kSizeOffset);
    }

    ring::MpmcBytesShape shape;
};

}  // namespace shunt::test
