// SPDX-License-Identifier: MIT
//
// mpsc: what the consumer pays for merging lanes. The argument is how many there are.
#include "bench/micro/loops.hpp"
#include "bench/micro/memory.hpp"

#include <shunt/core/bytes.hpp>
#include <shunt/core/config.hpp>
#include <shunt/core/layout/ring.hpp>
#include <shunt/core/ring/mpsc.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace shunt::micro {
namespace {

[[nodiscard]] std::uint32_t lanes_of(const benchmark::State& state, std::size_t argument = 0) {
    return static_cast<std::uint32_t>(state.range(argument));
}

// One producer a lane, which have their turns.
template <class Producer>
class Producers {
public:
    template <class Make>
    Producers(std::uint32_t lanes, Make&& make) {
        producers_.reserve(lanes);
        for (std::uint32_t lane = 0; lane < lanes; ++lane) {
            producers_.push_back(make(lane));
        }
    }
    /// Whose turn it is.
    [[nodiscard]] Producer& next() noexcept {
        Producer& producer = producers_[at_];
        at_ = at_ + 1 < producers_.size() ? at_ + 1 : 0;
        return producer;
    }
    template <class Message>
    [[nodiscard]] bool try_push(const Message& message) noexcept {
        return bool{next().try_push(message)};
    }
    [[nodiscard]] Producer& operator[](std::uint32_t lane) noexcept { return producers_[lane]; }

private:
    std::vector<Producer> producers_;
    std::size_t at_ = 0;
};

struct LaneWords {
    explicit LaneWords(std::uint32_t lanes) : consumer(lanes), producers(lanes) {}
    std::vector<layout::ConsumerWords> consumer;
    std::vector<layout::ProducerWords> producers;
};

template <std::size_t N>
struct Lanes {
    using Producer = ring::SpscProducer<Message<N>>;
    static constexpr ring::LineGeometry kGeometry = ring::line_geometry<Message<N>>(kCapacity);
    static constexpr std::uint64_t kStride = align_up(kGeometry.bytes, kLinePairBytes);

    // The first `active` lanes have had a message; the others are idle.
    Lanes(std::uint32_t count, std::uint32_t active) : lanes{count} {
        Message<N> message{};
        for (std::uint32_t lane = 0; lane < active; ++lane) {
            (void)producers[lane].try_push(message);
            while (!consumer.try_pop(message)) {
            }
        }
    }
    explicit Lanes(std::uint32_t count) : Lanes{count, count} {}

    std::uint32_t lanes;
    Memory slots{lanes * kStride};
    LaneWords words{lanes};
    Producers<Producer> producers{lanes, [this](std::uint32_t lane) {
                                      return Producer{slots.get() + lane * kStride,
                                                      kGeometry.capacity, words.consumer[lane], 0};
                                  }};
    ring::MpscConsumer<Message<N>> consumer{
        slots.get(), kStride, kGeometry.capacity, words.consumer, words.producers, 0, false};
};

struct BytesLanes {
    using Producer = ring::BytesProducer<>;

    explicit BytesLanes(std::uint32_t count) : lanes{count} {
        std::vector<std::byte> message(8);
        std::size_t size = 0;
        for (std::uint32_t lane = 0; lane < count; ++lane) {
            (void)producers[lane].try_push(message);
            while (!consumer.try_pop(message, size)) {
            }
        }
    }

    ring::BytesShape shape =
        ring::BytesShape::of(std::uint64_t{1} << 17, kLineBytes, layout::kFrameHeaderBytes);
    std::uint64_t stride = align_up(shape.bytes(), kLinePairBytes);
    std::uint32_t lanes;
    Memory slots{lanes * stride};
    LaneWords words{lanes};
    Producers<Producer> producers{lanes, [this](std::uint32_t lane) {
                                      return Producer{slots.get() + lane * stride, shape,
                                                      words.producers[lane], words.consumer[lane],
                                                      0};
                                  }};
    ring::MpscBytesConsumer<> consumer{slots.get(),    stride,          shape,
                                       words.consumer, words.producers, 0};
};

// Each message is in another lane than the last: the consumer looks for each.
template <std::size_t N>
void mpsc_push_pop(benchmark::State& state) {
    Lanes<N> lanes{lanes_of(state)};
    go_round<N>(state, pushing(lanes.producers), popping(lanes.consumer));
}

// A burst over all lanes: a lane keeps its turn for its share.
template <std::size_t N, Timed kTimed>
void mpsc_bursts(benchmark::State& state) {
    Lanes<N> lanes{lanes_of(state)};
    bursts<N, kTimed>(state, pushing(lanes.producers), popping(lanes.consumer));
}

// One lane has all messages; the others are there.
template <std::size_t N>
void mpsc_others_idle(benchmark::State& state) {
    Lanes<N> lanes{lanes_of(state) + 1, 1};
    go_round<N>(state, pushing(lanes.producers[0]), popping(lanes.consumer));
}

// Several a call, each time in the next lane.
template <std::size_t N>
void mpsc_push_n_pop_n(benchmark::State& state) {
    Lanes<N> lanes{lanes_of(state)};
    constexpr std::size_t kAtOnce = 16;
    std::vector<Message<N>> out(kAtOnce);
    std::vector<Message<N>> in(kAtOnce);
    bool failed = false;
    std::uint64_t number = 0;
    for (auto _ : state) {
        out.back().word[0] = ++number;
        failed |= lanes.producers.next().try_push_n(out) != kAtOnce;
        failed |= lanes.consumer.try_pop_n(in) != kAtOnce;
        benchmark::DoNotOptimize(in.data());
        benchmark::ClobberMemory();
        failed |= in.back().word[0] != number;
    }
    finish(state, N, state.iterations() * static_cast<std::int64_t>(kAtOnce), failed);
}

void mpsc_empty_poll(benchmark::State& state) {
    Lanes<8> lanes{lanes_of(state)};
    Message<8> message{};
    repeat(state, [&] { return lanes.consumer.try_pop(message) == Status::empty; });
}

void mpsc_bytes_push_pop(benchmark::State& state) {
    BytesLanes lanes{lanes_of(state, 1)};
    bytes_go_round(state, pushing(lanes.producers), popping_bytes(lanes.consumer));
}

BENCHMARK(mpsc_push_pop<8>)->Arg(1)->Arg(8);
BENCHMARK(mpsc_push_pop<56>)->Arg(1)->Arg(8);
BENCHMARK(mpsc_push_pop<256>)->Arg(1)->Arg(8);
BENCHMARK(mpsc_bursts<8, Timed::push>)->Arg(1)->Arg(8)->UseManualTime();
BENCHMARK(mpsc_bursts<8, Timed::pop>)->Arg(1)->Arg(8)->UseManualTime();
BENCHMARK(mpsc_bursts<56, Timed::pop>)->Arg(1)->Arg(8)->UseManualTime();
BENCHMARK(mpsc_others_idle<8>)->Arg(63);
BENCHMARK(mpsc_others_idle<56>)->Arg(63);
BENCHMARK(mpsc_push_n_pop_n<8>)->Arg(1)->Arg(8);
BENCHMARK(mpsc_empty_poll)->Arg(1)->Arg(8)->Arg(64);
BENCHMARK(mpsc_bytes_push_pop)->Args({32, 1})->Args({32, 8})->Args({1024, 1})->Args({1024, 8});

}  // namespace
}  // namespace shunt::micro
