// SPDX-License-Identifier: MIT
//
// What goes over a whole ring, of 1024 slots: recovery after a death, the constructor of a
// successor, a consumer's look for orphans, and `shunt info`. An item is a slot.
#include "bench/micro/loops.hpp"
#include "bench/micro/memory.hpp"

#include <shunt/core/layout/mpmc.hpp>
#include <shunt/core/layout/ring.hpp>
#include <shunt/core/ring/blocks.hpp>
#include <shunt/core/ring/inspect.hpp>
#include <shunt/core/ring/mpmc.hpp>
#include <shunt/core/ring/spsc.hpp>
#include <shunt/core/ring/spsc_bytes.hpp>

#include <cstddef>
#include <cstdint>

namespace shunt::micro {
namespace {

constexpr std::uint32_t kParticipants = 64;
constexpr ring::SlotOwner kDead{9, 1};
constexpr ring::SlotOwner kLiving{1, 1};
using Small = Message<8>;

// Of that many slots.
template <class Look>
void look_over(benchmark::State& state, std::uint64_t slots, Look&& look) {
    bool failed = false;
    for (auto _ : state) {
        failed |= !look();
    }
    finish(state, 0, state.iterations() * static_cast<std::int64_t>(slots), failed);
}

template <class Slots>
void recover(benchmark::State& state, const Slots& slots, layout::MpmcWords& words) {
    look_over(state, kCapacity, [&] {
        ring::Recovered done{};
        const bool all = ring::recover_slots(
            slots, words, kDead, ring::on_orphan::inherit, [] { return true; }, done);
        return all && done.voided + done.orphaned + done.dropped == 0;
    });
}

// Half of the slots have a message, none of which is the dead one's.
struct SlotRing {
    static constexpr ring::MpmcGeometry kGeometry = ring::mpmc_geometry<Small>(kCapacity);

    SlotRing() {
        ring::MpmcProducer<Small> producer{memory.get(), kGeometry.capacity, words, kLiving};
        while (producer.position() + 1 < kCapacity / 2 && producer.try_push(Small{})) {
        }
    }

    Memory memory{kGeometry.bytes};
    layout::MpmcWords words{};
    ring::MpmcSlots slots{memory.get(), kGeometry.capacity, ring::MpmcShape<Small>::kSlotBytes};
};

struct BlockRing {
    static constexpr ring::BlockGeometry kGeometry =
        ring::block_geometry<Small>(kCapacity, kParticipants);

    BlockRing() {
        ring::BlockProducer<Small> producer{memory.get(), kGeometry, words, kLiving};
        while (producer.position() + 1 < kCapacity / 2 && producer.try_push(Small{})) {
        }
    }

    Memory memory{kGeometry.bytes()};
    layout::MpmcWords words{};
    ring::BlockSlots slots{memory.get(), kGeometry};
};

void recover_mpmc(benchmark::State& state) {
    SlotRing ring;
    recover(state, ring.slots, ring.words);
}

void recover_mpmc_blocks(benchmark::State& state) {
    BlockRing ring;
    recover(state, ring.slots, ring.words);
}

// A new producer of a line ring finds the highest stamp.
template <std::size_t N>
void recover_spsc_producer(benchmark::State& state) {
    static constexpr ring::LineGeometry kGeometry = ring::line_geometry<Message<N>>(kCapacity);
    const Memory slots{kGeometry.bytes};
    const layout::ConsumerWords words{};
    ring::SpscProducer<Message<N>> first{slots.get(), kGeometry.capacity, words, 0};
    const bool pushed = bool{first.try_push(Message<N>{})};
    look_over(state, kGeometry.slots, [&] {
        const ring::SpscProducer<Message<N>> next{slots.get(), kGeometry.capacity, words, 0};
        return pushed && !next.broken() && next.position() == 1;
    });
}

// A new consumer looks for orphans once, with its first call.
void recover_mpmc_consumer(benchmark::State& state) {
    static constexpr ring::MpmcGeometry kGeometry = ring::mpmc_geometry<Small>(kCapacity);
    const Memory slots{kGeometry.bytes};
    layout::MpmcWords words{};
    Small message{};
    look_over(state, kCapacity, [&] {
        ring::MpmcConsumer<Small> next{slots.get(), kGeometry.capacity, words, kLiving};
        return next.try_pop(message) == Status::empty;
    });
}

void inspect_line(benchmark::State& state) {
    static constexpr ring::LineGeometry kGeometry = ring::line_geometry<Message<56>>(kCapacity);
    const Memory slots{kGeometry.bytes};
    const layout::ConsumerWords words{};
    ring::SpscProducer<Message<56>> producer{slots.get(), kGeometry.capacity, words, 0};
    while (producer.position() < kCapacity / 2 && producer.try_push(Message<56>{})) {
    }
    look_over(state, kGeometry.slots, [&] {
        const ring::RingState found =
            ring::inspect_line(slots.get(), kGeometry.capacity, sizeof(Message<56>), words, 0);
        return found.plausible && found.unread() == kCapacity / 2;
    });
}

void inspect_mpmc(benchmark::State& state) {
    SlotRing ring;
    look_over(state, kCapacity, [&] {
        const ring::RingState found =
            ring::inspect_mpmc(ring.memory.get(), kCapacity, ring::MpmcShape<Small>::kSlotBytes);
        return found.plausible && found.unread() == kCapacity / 2;
    });
}

void inspect_mpmc_blocks(benchmark::State& state) {
    BlockRing ring;
    look_over(state, kCapacity, [&] {
        const ring::RingState found = ring::inspect_blocks(ring.memory.get(), kCapacity);
        return found.plausible && found.unread() == kCapacity / 2;
    });
}

BENCHMARK(recover_mpmc)->Unit(benchmark::kMicrosecond);
BENCHMARK(recover_mpmc_blocks)->Unit(benchmark::kMicrosecond);
BENCHMARK(recover_spsc_producer<8>)->Unit(benchmark::kMicrosecond);
BENCHMARK(recover_spsc_producer<56>)->Unit(benchmark::kMicrosecond);
BENCHMARK(recover_mpmc_consumer)->Unit(benchmark::kMicrosecond);
BENCHMARK(inspect_line)->Unit(benchmark::kMicrosecond);
BENCHMARK(inspect_mpmc)->Unit(benchmark::kMicrosecond);
BENCHMARK(inspect_mpmc_blocks)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace shunt::micro
