// SPDX-License-Identifier: MIT
//
// mpmc with its messages in slots: two compare-and-swaps a message, one with pop::copy.
#include "bench/micro/loops.hpp"
#include "bench/micro/memory.hpp"

#include <shunt/core/layout/mpmc.hpp>
#include <shunt/core/ring/mpmc.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace shunt::micro {
namespace {

template <std::size_t N>
struct SlotRing {
    static constexpr ring::MpmcGeometry kGeometry = ring::mpmc_geometry<Message<N>>(kCapacity);

    explicit SlotRing(bool for_throughput = false) {
        producer.for_throughput(for_throughput);
        consumer.for_throughput(for_throughput);
    }

    Memory slots{kGeometry.bytes};
    layout::MpmcWords words{};
    ring::MpmcProducer<Message<N>> producer{slots.get(), kGeometry.capacity, words, {1, 1}};
    ring::MpmcConsumer<Message<N>> consumer{slots.get(), kGeometry.capacity, words, {2, 1}};
};

struct BytesSlotRing {
    explicit BytesSlotRing(std::uint64_t longest)
        : shape{ring::MpmcBytesShape::of(kCapacity, longest, 8)} {}

    ring::MpmcBytesShape shape;
    Memory slots{shape.bytes()};
    layout::MpmcWords words{};
    ring::MpmcBytesProducer<> producer{slots.get(), shape, words, {1, 1}};
    ring::MpmcBytesConsumer<> consumer{slots.get(), shape, words, {2, 1}};
};

template <class Consumer>
auto popping_copy(Consumer& from) noexcept {
    return [&from](auto& message) { return bool{from.try_pop_copy(message)}; };
}

template <std::size_t N>
void mpmc_push_pop(benchmark::State& state) {
    SlotRing<N> ring;
    go_round<N>(state, pushing(ring.producer), popping(ring.consumer));
}

template <std::size_t N>
void mpmc_push_pop_copy(benchmark::State& state) {
    SlotRing<N> ring;
    go_round<N>(state, pushing(ring.producer), popping_copy(ring.consumer));
}

template <std::size_t N, Timed kTimed>
void mpmc_bursts(benchmark::State& state) {
    SlotRing<N> ring;
    bursts<N, kTimed>(state, pushing(ring.producer), popping(ring.consumer));
}

template <std::size_t N>
void mpmc_bursts_copy(benchmark::State& state) {
    SlotRing<N> ring;
    bursts<N, Timed::pop>(state, pushing(ring.producer), popping_copy(ring.consumer));
}

// .consume = throughput: lines asked for ahead.
template <std::size_t N>
void mpmc_bursts_throughput(benchmark::State& state) {
    SlotRing<N> ring{true};
    bursts<N, Timed::both>(state, pushing(ring.producer), popping(ring.consumer));
}

template <std::size_t N>
void mpmc_in_place(benchmark::State& state) {
    SlotRing<N> ring;
    go_round_in_place(
        state, N,
        [&](std::uint64_t number) {
            Message<N>* const place = ring.producer.try_claim();
            if (place == nullptr) {
                return false;
            }
            write(*place, number);
            ring.producer.publish();
            return true;
        },
        [&](std::uint64_t number) {
            const Message<N>* message = nullptr;
            const bool right = ring.consumer.try_peek(message) && holds(*message, number);
            ring.consumer.release();
            return right;
        });
}

void mpmc_empty_poll(benchmark::State& state) {
    SlotRing<8> ring;
    Message<8> message{};
    repeat(state, [&] { return ring.consumer.try_pop(message) == Status::empty; });
}

void mpmc_full_push(benchmark::State& state) {
    SlotRing<8> ring;
    const Message<8> message{};
    while (ring.producer.try_push(message)) {
    }
    repeat(state, [&] { return ring.producer.try_push(message) == Status::full; });
}

void mpmc_bytes_push_pop(benchmark::State& state) {
    BytesSlotRing ring{static_cast<std::uint64_t>(state.range(0))};
    bytes_go_round(state, pushing(ring.producer), popping_bytes(ring.consumer));
}

void mpmc_bytes_push_pop_copy(benchmark::State& state) {
    BytesSlotRing ring{static_cast<std::uint64_t>(state.range(0))};
    bytes_go_round(state, pushing(ring.producer), [&](std::span<std::byte> to, std::size_t& size) {
        return bool{ring.consumer.try_pop_copy(to, size)};
    });
}

void mpmc_bytes_in_place(benchmark::State& state) {
    const auto bytes = static_cast<std::size_t>(state.range(0));
    BytesSlotRing ring{bytes};
    go_round_in_place(
        state, bytes,
        [&](std::uint64_t number) {
            std::span<std::byte> place;
            if (!ring.producer.try_claim(bytes, place)) {
                return false;
            }
            write(place, number);
            ring.producer.publish(bytes);
            return true;
        },
        [&](std::uint64_t number) {
            ring::BytesView view;
            const bool right = ring.consumer.try_peek(view) && view.payload.size() == bytes &&
                               holds(view.payload, number);
            ring.consumer.release();
            return right;
        });
}

BENCHMARK(mpmc_push_pop<8>);
BENCHMARK(mpmc_push_pop<56>);
BENCHMARK(mpmc_push_pop<256>);
BENCHMARK(mpmc_push_pop<1024>);
BENCHMARK(mpmc_push_pop_copy<8>);
BENCHMARK(mpmc_push_pop_copy<56>);
BENCHMARK(mpmc_push_pop_copy<256>);
BENCHMARK(mpmc_push_pop_copy<1024>);
BENCHMARK(mpmc_bursts<8, Timed::both>);
BENCHMARK(mpmc_bursts<8, Timed::push>)->UseManualTime();
BENCHMARK(mpmc_bursts<8, Timed::pop>)->UseManualTime();
BENCHMARK(mpmc_bursts<56, Timed::push>)->UseManualTime();
BENCHMARK(mpmc_bursts<56, Timed::pop>)->UseManualTime();
BENCHMARK(mpmc_bursts_copy<8>)->UseManualTime();
BENCHMARK(mpmc_bursts_copy<56>)->UseManualTime();
BENCHMARK(mpmc_bursts_throughput<8>);
BENCHMARK(mpmc_bursts_throughput<56>);
BENCHMARK(mpmc_in_place<8>);
BENCHMARK(mpmc_in_place<56>);
BENCHMARK(mpmc_in_place<1024>);
BENCHMARK(mpmc_empty_poll);
BENCHMARK(mpmc_full_push);
BENCHMARK(mpmc_bytes_push_pop)->Arg(32)->Arg(256)->Arg(1024);
BENCHMARK(mpmc_bytes_push_pop_copy)->Arg(32)->Arg(256)->Arg(1024);
BENCHMARK(mpmc_bytes_in_place)->Arg(32)->Arg(1024);

}  // namespace
}  // namespace shunt::micro
