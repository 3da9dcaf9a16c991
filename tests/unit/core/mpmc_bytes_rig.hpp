// SPDX-License-Identifier: MIT
//
// An owner-word ring of byte messages on memory of its own, its words in sight.
#pragma once

#include "line_rig.hpp"

#include <shunt/core/ring/mpmc.hpp>

#include <algorithm>
#include <cstdint>

namespace shunt::test {

template <class P = DefaultPolicy>
struct MpmcBytesRig {
    using Producer = ring::MpmcBytesProducer<P>;
    using Consumer = ring::MpmcBytesConsumer<P>;
    using Packed = ring::OwnerWord;

    MpmcBytesRig(std::uint64_t wanted, std::uint64_t max_message, std::uint64_t payload_align = 8,
                 std::uint64_t first_lap = 0)
        : shape{ring::MpmcBytesShape::of(wanted, max_message, payload_align)},
          start{first_lap * shape.capacity()},
          memory{shape.bytes()} {
        begin();
    }
    void begin() {
        std::fill_n(memory.data(), memory.size(), std::byte{0});
        for (std::uint64_t i = 0; i < shape.capacity(); ++i) {
            // relaxed: nobody else is here yet
            slots().word(i).store(ring::OwnerWord{start / shape.capacity()}.word(),
                                  std::memory_order_relaxed);
        }
        words->write_hint.store(start, std::memory_order_relaxed);
        words->read_hint.store(start, std::memory_order_relaxed);
        words->orphan_epoch.store(0, std::memory_order_relaxed);
    }
    [[nodiscard]] Producer producer(ring::SlotOwner me) {
        return Producer{memory.data(), shape, *words, me};
    }
    [[nodiscard]] Consumer consumer(ring::SlotOwner me) {
        return Consumer{memory.data(), shape, *words, me};
    }
    [[nodiscard]] ring::MpmcSlots slots() const {
        return {memory.data(), shape.capacity(), shape.slot_bytes()};
    }
    [[nodiscard]] ring::OwnerWord word(std::uint64_t position) const {
        return ring::OwnerWord::of(slots().word(position).load(std::memory_order_relaxed));
    }
    /// The word of its slot that says how long its message is.
    [[nodiscard]] ring::FrameWord& size_word(std::uint64_t position) const {
        return *object_at<ring::FrameWord>(slots().slot(position) +
                                           ring::MpmcBytesShape::kSizeOffset);
    }
    [[nodiscard]] std::uint64_t capacity() const { return shape.capacity(); }
    [[nodiscard]] bool guards_whole() const {
        return memory.guards_whole() && words.guards_whole();
    }

    ring::MpmcBytesShape shape;
    std::uint64_t start;
    Memory<ArrayPages> memory;
    InMemory<layout::MpmcWords> words;
};

}  // namespace shunt::test
