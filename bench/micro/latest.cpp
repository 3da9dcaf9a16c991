// SPDX-License-Identifier: MIT
//
// latest: a store, and a load that no writer disturbs.
#include "bench/micro/loops.hpp"
#include "bench/micro/memory.hpp"

#include <shunt/core/layout/broadcast.hpp>
#include <shunt/core/ring/latest.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

namespace shunt::micro {
namespace {

template <std::size_t N>
struct Value {
    static constexpr ring::LogGeometry kGeometry =
        ring::LogShape<Message<N>>::of(ring::kLatestBuffers);

    Memory buffers{kGeometry.bytes()};
    layout::PublisherWords words{};
    layout::SubscriberWords own{};
    ring::LatestWriter<Message<N>> writer{buffers.get(), kGeometry.capacity, words, 0};
    ring::LatestReader<Message<N>> reader{buffers.get(), kGeometry.capacity, words, own, 0};
};

struct BytesValue {
    explicit BytesValue(std::uint64_t greatest)
        : longest{greatest}, geometry{ring::LogBytesShape::of(ring::kLatestBuffers, greatest)} {}

    std::uint64_t longest;
    ring::LogGeometry geometry;
    Memory buffers{geometry.bytes()};
    layout::PublisherWords words{};
    layout::SubscriberWords own{};
    ring::LatestBytesWriter<> writer{buffers.get(), geometry, longest, words, 0};
    ring::LatestBytesReader<> reader{buffers.get(), geometry, longest, words, own, 0};
};

template <std::size_t N>
void latest_store(benchmark::State& state) {
    Value<N> value;
    Message<N> message{};
    bool failed = false;
    for (auto _ : state) {
        ++message.word[0];
        failed |= !value.writer.try_push(message);
        benchmark::DoNotOptimize(message);
    }
    failed |= value.reader.newest() != static_cast<std::uint64_t>(state.iterations());
    finish(state, N, state.iterations(), failed);
}

template <std::size_t N>
void latest_load(benchmark::State& state) {
    Value<N> value;
    Message<N> message{};
    write(message, 1);
    bool failed = !value.writer.try_push(message);
    message = {};
    for (auto _ : state) {
        failed |= !value.reader.load(message);
        benchmark::DoNotOptimize(message);
    }
    finish(state, N, state.iterations(), failed || !holds(message, 1));
}

template <std::size_t N>
void latest_store_load(benchmark::State& state) {
    Value<N> value;
    go_round<N>(state, pushing(value.writer),
                [&](Message<N>& message) { return bool{value.reader.load(message)}; });
}

// Nothing has been stored since: what a reader asks again and again.
void latest_changed_since(benchmark::State& state) {
    Value<8> value;
    Message<8> message{};
    const bool stored = value.writer.try_push(message) && value.reader.load(message);
    repeat(state, [&] { return stored && !value.reader.changed_since(value.reader.version()); });
}

template <std::size_t N>
void latest_in_place(benchmark::State& state) {
    Value<N> value;
    go_round_in_place(
        state, N,
        [&](std::uint64_t number) {
            Message<N>* const place = value.writer.try_claim();
            if (place == nullptr) {
                return false;
            }
            write(*place, number);
            value.writer.publish();
            return true;
        },
        [&](std::uint64_t number) {
            const Message<N>* message = nullptr;
            const bool right = value.reader.try_peek(message) && holds(*message, number);
            return right && value.reader.release();
        });
}

void latest_bytes_load(benchmark::State& state) {
    const auto bytes = static_cast<std::size_t>(state.range(0));
    BytesValue value{bytes};
    std::vector<std::byte> message(bytes);
    write(message, 1);
    bool failed = !value.writer.try_push(message);
    write(message, 0);
    std::size_t size = 0;
    for (auto _ : state) {
        failed |= !value.reader.load(message, size);
        benchmark::DoNotOptimize(message.data());
        benchmark::ClobberMemory();
    }
    finish(state, bytes, state.iterations(), failed || size != bytes || !holds(message, 1));
}

void latest_bytes_store_load(benchmark::State& state) {
    BytesValue value{static_cast<std::uint64_t>(state.range(0))};
    bytes_go_round(state, pushing(value.writer), [&](std::span<std::byte> to, std::size_t& size) {
        return bool{value.reader.load(to, size)};
    });
}

BENCHMARK(latest_store<8>);
BENCHMARK(latest_store<56>);
BENCHMARK(latest_store<1024>);
BENCHMARK(latest_load<8>);
BENCHMARK(latest_load<56>);
BENCHMARK(latest_load<1024>);
BENCHMARK(latest_store_load<8>);
BENCHMARK(latest_store_load<1024>);
BENCHMARK(latest_changed_since);
BENCHMARK(latest_in_place<1024>);
BENCHMARK(latest_bytes_load)->Arg(32)->Arg(1024)->Arg(65536);
BENCHMARK(latest_bytes_store_load)->Arg(32)->Arg(1024)->Arg(65536);

}  // namespace
}  // namespace shunt::micro
