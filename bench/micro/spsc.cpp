// SPDX-License-Identifier: MIT
//
// spsc: the line ring and the bytes ring. A producer's push into a lane of mpsc is the same one.
#include "bench/micro/loops.hpp"
#include "bench/micro/memory.hpp"

#include <shunt/core/config.hpp>
#include <shunt/core/layout/ring.hpp>
#include <shunt/core/ring/spsc.hpp>
#include <shunt/core/ring/spsc_bytes.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace shunt::micro {
namespace {

template <std::size_t N>
struct LineRing {
    static constexpr ring::LineGeometry kGeometry = ring::line_geometry<Message<N>>(kCapacity);

    Memory slots{kGeometry.bytes};
    layout::ConsumerWords words{};
    ring::SpscProducer<Message<N>> producer{slots.get(), kGeometry.capacity, words, 0};
    ring::SpscConsumer<Message<N>> consumer{slots.get(), kGeometry.capacity, words, 0, false};
};

struct BytesRing {
    ring::BytesShape shape =
        ring::BytesShape::of(std::uint64_t{1} << 20, kLineBytes, layout::kFrameHeaderBytes);
    Memory slots{shape.bytes()};
    layout::ProducerWords producer_words{};
    layout::ConsumerWords words{};
    ring::BytesProducer<> producer{slots.get(), shape, producer_words, words, 0};
    ring::BytesConsumer<> consumer{slots.get(), shape, words, 0};
};

template <std::size_t N>
void spsc_push_pop(benchmark::State& state) {
    LineRing<N> ring;
    go_round<N>(state, pushing(ring.producer), popping(ring.consumer));
}

// The stamps of whole lines, and the look for room once a lap.
template <std::size_t N, Timed kTimed>
void spsc_bursts(benchmark::State& state) {
    LineRing<N> ring;
    bursts<N, kTimed>(state, pushing(ring.producer), popping(ring.consumer));
}

// Several a call; the argument says how many.
template <std::size_t N>
void spsc_push_n_pop_n(benchmark::State& state) {
    LineRing<N> ring;
    std::vector<Message<N>> out(static_cast<std::size_t>(state.range(0)));
    std::vector<Message<N>> in(out.size());
    bool failed = false;
    std::uint64_t number = 0;
    for (auto _ : state) {
        out.back().word[0] = ++number;
        failed |= ring.producer.try_push_n(out) != out.size();
        failed |= ring.consumer.try_pop_n(in) != in.size();
        benchmark::DoNotOptimize(in.data());
        benchmark::ClobberMemory();
        failed |= in.back().word[0] != number;
    }
    finish(state, N, state.iterations() * state.range(0), failed);
}

template <std::size_t N>
void spsc_in_place(benchmark::State& state) {
    LineRing<N> ring;
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
            const Message<N>* const message = ring.consumer.try_peek();
            const bool right = message != nullptr && holds(*message, number);
            ring.consumer.release();
            return right;
        });
}

void spsc_empty_poll(benchmark::State& state) {
    LineRing<8> ring;
    Message<8> message{};
    repeat(state, [&] { return ring.consumer.try_pop(message) == Status::empty; });
}

void spsc_full_push(benchmark::State& state) {
    LineRing<8> ring;
    const Message<8> message{};
    while (ring.producer.try_push(message)) {
    }
    repeat(state, [&] { return ring.producer.try_push(message) == Status::full; });
}

void spsc_bytes_push_pop(benchmark::State& state) {
    BytesRing ring;
    bytes_go_round(state, pushing(ring.producer), popping_bytes(ring.consumer));
}

void spsc_bytes_in_place(benchmark::State& state) {
    const auto bytes = static_cast<std::size_t>(state.range(0));
    BytesRing ring;
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

void spsc_bytes_empty_poll(benchmark::State& state) {
    BytesRing ring;
    std::vector<std::byte> message(8);
    std::size_t size = 0;
    repeat(state, [&] { return ring.consumer.try_pop(message, size) == Status::empty; });
}

BENCHMARK(spsc_push_pop<8>);
BENCHMARK(spsc_push_pop<16>);
BENCHMARK(spsc_push_pop<56>);
BENCHMARK(spsc_push_pop<64>);
BENCHMARK(spsc_push_pop<256>);
BENCHMARK(spsc_push_pop<1024>);
BENCHMARK(spsc_bursts<8, Timed::both>);
BENCHMARK(spsc_bursts<56, Timed::both>);
BENCHMARK(spsc_bursts<256, Timed::both>);
BENCHMARK(spsc_bursts<8, Timed::push>)->UseManualTime();
BENCHMARK(spsc_bursts<8, Timed::pop>)->UseManualTime();
BENCHMARK(spsc_bursts<56, Timed::push>)->UseManualTime();
BENCHMARK(spsc_bursts<56, Timed::pop>)->UseManualTime();
BENCHMARK(spsc_push_n_pop_n<8>)->Arg(16)->Arg(256);
BENCHMARK(spsc_push_n_pop_n<56>)->Arg(16);
BENCHMARK(spsc_in_place<8>);
BENCHMARK(spsc_in_place<56>);
BENCHMARK(spsc_in_place<1024>);
BENCHMARK(spsc_empty_poll);
BENCHMARK(spsc_full_push);
BENCHMARK(spsc_bytes_push_pop)->Arg(32)->Arg(256)->Arg(1024)->Arg(65536);
BENCHMARK(spsc_bytes_in_place)->Arg(32)->Arg(1024);
BENCHMARK(spsc_bytes_empty_poll);

}  // namespace
}  // namespace shunt::micro
