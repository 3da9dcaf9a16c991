// SPDX-License-Identifier: MIT
//
// mpmc with its messages in blocks beside the ring: one more compare-and-swap, for the block.
#include "bench/micro/loops.hpp"
#include "bench/micro/memory.hpp"

#include <shunt/core/layout/mpmc.hpp>
#include <shunt/core/ring/blocks.hpp>

#include <cstddef>
#include <cstdint>

namespace shunt::micro {
namespace {

constexpr std::uint64_t kParticipants = 64;

template <std::size_t N>
struct BlockRing {
    static constexpr ring::BlockGeometry kGeometry =
        ring::block_geometry<Message<N>>(kCapacity, kParticipants);

    Memory memory{kGeometry.bytes()};
    layout::MpmcWords words{};
    ring::BlockProducer<Message<N>> producer{memory.get(), kGeometry, words, {1, 1}};
    ring::BlockConsumer<Message<N>> consumer{memory.get(), kGeometry, words, {2, 1}};
};

struct BytesBlockRing {
    explicit BytesBlockRing(std::uint64_t longest)
        : shape{ring::MpmcBytesShape::of(kCapacity, longest, 8)} {}

    ring::MpmcBytesShape shape;
    ring::BlockGeometry geometry = ring::block_geometry(shape, kParticipants);
    Memory memory{geometry.bytes()};
    layout::MpmcWords words{};
    ring::BlockBytesProducer<> producer{memory.get(), geometry, shape, words, {1, 1}};
    ring::BlockBytesConsumer<> consumer{memory.get(), geometry, shape, words, {2, 1}};
};

template <std::size_t N>
void mpmc_blocks_push_pop(benchmark::State& state) {
    BlockRing<N> ring;
    go_round<N>(state, pushing(ring.producer), popping(ring.consumer));
}

template <std::size_t N, Timed kTimed>
void mpmc_blocks_bursts(benchmark::State& state) {
    BlockRing<N> ring;
    bursts<N, kTimed>(state, pushing(ring.producer), popping(ring.consumer));
}

template <std::size_t N>
void mpmc_blocks_in_place(benchmark::State& state) {
    BlockRing<N> ring;
    go_round_in_place(
        state, N,
        [&](std::uint64_t number) {
            Message<N>* const place = ring.producer.try_claim();
            if (place == nullptr) {
                return false;
            }
            write(*place, number);
            return bool{ring.producer.publish()};
        },
        [&](std::uint64_t number) {
            const Message<N>* message = nullptr;
            const bool right = ring.consumer.try_peek(message) && holds(*message, number);
            ring.consumer.release();
            return right;
        });
}

void mpmc_blocks_empty_poll(benchmark::State& state) {
    BlockRing<8> ring;
    Message<8> message{};
    repeat(state, [&] { return ring.consumer.try_pop(message) == Status::empty; });
}

void mpmc_blocks_full_push(benchmark::State& state) {
    BlockRing<8> ring;
    const Message<8> message{};
    while (ring.producer.try_push(message)) {
    }
    repeat(state, [&] { return ring.producer.try_push(message) == Status::full; });
}

void mpmc_blocks_bytes_push_pop(benchmark::State& state) {
    BytesBlockRing ring{static_cast<std::uint64_t>(state.range(0))};
    bytes_go_round(state, pushing(ring.producer), popping_bytes(ring.consumer));
}

BENCHMARK(mpmc_blocks_push_pop<8>);
BENCHMARK(mpmc_blocks_push_pop<56>);
BENCHMARK(mpmc_blocks_push_pop<256>);
BENCHMARK(mpmc_blocks_push_pop<1024>);
BENCHMARK(mpmc_blocks_bursts<8, Timed::push>)->UseManualTime();
BENCHMARK(mpmc_blocks_bursts<8, Timed::pop>)->UseManualTime();
BENCHMARK(mpmc_blocks_bursts<56, Timed::push>)->UseManualTime();
BENCHMARK(mpmc_blocks_bursts<56, Timed::pop>)->UseManualTime();
BENCHMARK(mpmc_blocks_in_place<8>);
BENCHMARK(mpmc_blocks_in_place<56>);
BENCHMARK(mpmc_blocks_in_place<1024>);
BENCHMARK(mpmc_blocks_empty_poll);
BENCHMARK(mpmc_blocks_full_push);
BENCHMARK(mpmc_blocks_bytes_push_pop)->Arg(32)->Arg(256)->Arg(1024);

}  // namespace
}  // namespace shunt::micro
