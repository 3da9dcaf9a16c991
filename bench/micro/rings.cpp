// SPDX-License-Identifier: MIT
//
// What a push and a pop cost by themselves: one thread does both, so the lines stay in its cache
// and nothing crosses between cores. Good for finding a lost cycle, not for a latency.
#include <shunt/core/bytes.hpp>
#include <shunt/core/config.hpp>
#include <shunt/core/layout/ring.hpp>
#include <shunt/core/ring/spsc.hpp>
#include <shunt/core/ring/spsc_bytes.hpp>

#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <vector>

namespace shunt {
namespace {

constexpr std::uint64_t kCapacity = 1024;

template <std::size_t N>
struct Message {
    std::uint64_t word[N / 8];
};

// Zeroed memory on a line pair, as a mapping would give.
class Memory {
public:
    explicit Memory(std::uint64_t bytes)
        : bytes_{
              static_cast<std::byte*>(::operator new (bytes, std::align_val_t{kLinePairBytes}))} {
        std::fill_n(bytes_.get(), bytes, std::byte{0});
    }
    [[nodiscard]] std::byte* get() const noexcept { return bytes_.get(); }

private:
    struct Free {
        void operator()(std::byte* bytes) const noexcept {
            ::operator delete (bytes, std::align_val_t{kLinePairBytes});
        }
    };
    std::unique_ptr<std::byte, Free> bytes_;
};

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

void finish(benchmark::State& state, std::size_t bytes, std::int64_t messages, bool failed) {
    if (failed) {
        state.SkipWithError("a message was refused");
    }
    state.SetItemsProcessed(messages);
    state.SetBytesProcessed(messages * static_cast<std::int64_t>(bytes));
}

template <std::size_t N>
void line_push_pop(benchmark::State& state) {
    LineRing<N> ring;
    Message<N> message{};
    bool failed = false;
    for (auto _ : state) {
        ++message.word[0];
        failed |= !ring.producer.try_push(message);
        failed |= !ring.consumer.try_pop(message);
        benchmark::DoNotOptimize(message);
    }
    finish(state, N, state.iterations(), failed);
}

// Half a ring at a time: the stamps of whole lines, and the look for room once a lap.
template <std::size_t N>
void line_bursts(benchmark::State& state) {
    constexpr std::int64_t kBurst = kCapacity / 2;
    LineRing<N> ring;
    Message<N> message{};
    bool failed = false;
    for (auto _ : state) {
        for (std::int64_t i = 0; i < kBurst; ++i) {
            ++message.word[0];
            failed |= !ring.producer.try_push(message);
        }
        for (std::int64_t i = 0; i < kBurst; ++i) {
            failed |= !ring.consumer.try_pop(message);
            benchmark::DoNotOptimize(message);
        }
    }
    finish(state, N, state.iterations() * kBurst, failed);
}

template <std::size_t N>
void line_in_place(benchmark::State& state) {
    LineRing<N> ring;
    std::uint64_t seq = 0;
    bool failed = false;
    for (auto _ : state) {
        Message<N>* const place = ring.producer.try_claim();
        place->word[0] = ++seq;
        ring.producer.publish();
        const Message<N>* const message = ring.consumer.try_peek();
        failed |= message == nullptr || message->word[0] != seq;
        ring.consumer.release();
    }
    finish(state, N, state.iterations(), failed);
}

void line_empty_poll(benchmark::State& state) {
    LineRing<8> ring;
    Message<8> message{};
    bool failed = false;
    for (auto _ : state) {
        failed |= bool{ring.consumer.try_pop(message)};
    }
    finish(state, 0, state.iterations(), failed);
}

void bytes_push_pop(benchmark::State& state) {
    const auto bytes = static_cast<std::size_t>(state.range(0));
    BytesRing ring;
    std::vector<std::byte> message(bytes);
    std::size_t size = 0;
    bool failed = false;
    for (auto _ : state) {
        failed |= !ring.producer.try_push(message);
        failed |= !ring.consumer.try_pop(message, size);
        benchmark::DoNotOptimize(message.data());
    }
    finish(state, bytes, state.iterations(), failed);
}

BENCHMARK(line_push_pop<8>);
BENCHMARK(line_push_pop<16>);
BENCHMARK(line_push_pop<56>);
BENCHMARK(line_push_pop<64>);
BENCHMARK(line_push_pop<256>);
BENCHMARK(line_push_pop<1024>);
BENCHMARK(line_bursts<8>);
BENCHMARK(line_bursts<56>);
BENCHMARK(line_bursts<256>);
BENCHMARK(line_in_place<8>);
BENCHMARK(line_in_place<56>);
BENCHMARK(line_in_place<1024>);
BENCHMARK(line_empty_poll);
BENCHMARK(bytes_push_pop)->Arg(32)->Arg(256)->Arg(1024)->Arg(65536);

}  // namespace
}  // namespace shunt

BENCHMARK_MAIN();
