// SPDX-License-Identifier: MIT
//
// An owner-word ring on memory of its own, its words in sight. It may begin at any lap: memory as
// it is after so many rounds, empty.
#pragma once

#include "line_rig.hpp"

#include <shunt/core/ring/mpmc.hpp>

#include <cstdint>
#include <string>

namespace shunt::test {

template <class T, class P = DefaultPolicy>
struct MpmcRig {
    using Shape = ring::MpmcShape<T>;
    using Producer = ring::MpmcProducer<T, P>;
    using Consumer = ring::MpmcConsumer<T, P>;
    using Packed = ring::OwnerWord;
    static constexpr std::size_t kPlaceBytes = sizeof(T);

    explicit MpmcRig(std::uint64_t wanted, std::uint64_t first_lap = 0)
        : geometry{ring::mpmc_geometry<T>(wanted)},
          start{first_lap * geometry.capacity},
          memory{geometry.bytes} {
        begin();
    }
    void begin() {
        std::fill_n(memory.data(), memory.size(), std::byte{0});
        for (std::uint64_t i = 0; i < geometry.capacity; ++i) {
            // relaxed: nobody else is here yet
            slots().word(i).store(ring::OwnerWord{start / geometry.capacity}.word(),
                                  std::memory_order_relaxed);
        }
        words->write_hint.store(start, std::memory_order_relaxed);
        words->read_hint.store(start, std::memory_order_relaxed);
        words->orphan_epoch.store(0, std::memory_order_relaxed);
    }
    [[nodiscard]] Producer producer(ring::SlotOwner me) {
        return Producer{memory.data(), geometry.capacity, *words, me};
    }
    [[nodiscard]] Consumer consumer(ring::SlotOwner me) {
        return Consumer{memory.data(), geometry.capacity, *words, me};
    }
    [[nodiscard]] ring::MpmcSlots slots() const {
        return {memory.data(), geometry.capacity, Shape::kSlotBytes};
    }
    [[nodiscard]] ring::OwnerWord word(std::uint64_t position) const {
        return ring::OwnerWord::of(slots().word(position).load(std::memory_order_relaxed));
    }
    [[nodiscard]] std::uint64_t capacity() const { return geometry.capacity; }
    [[nodiscard]] bool guards_whole() const {
        return memory.guards_whole() && words.guards_whole();
    }

    ring::MpmcGeometry geometry;
    std::uint64_t start;
    Memory<ArrayPages> memory;
    InMemory<layout::MpmcWords> words;
};

}  // namespace shunt::test
