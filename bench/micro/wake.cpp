// SPDX-License-Identifier: MIT
//
// The wake-up protocol where nobody sleeps: what a wakeable channel costs whoever publishes or
// releases (its stores are seq_cst, and behind them it looks for sleepers), and what a sleeper does
// before and after its sleep. Nothing here enters the kernel; `shunt bench wake` measures that.
#include "bench/micro/broadcast_log.hpp"
#include "bench/micro/loops.hpp"
#include "bench/micro/memory.hpp"

#include <shunt/core/layout/mpmc.hpp>
#include <shunt/core/layout/ring.hpp>
#include <shunt/core/layout/wake.hpp>
#include <shunt/core/ring/mpmc.hpp>
#include <shunt/core/ring/spsc.hpp>
#include <shunt/core/wait/spin_budget.hpp>
#include <shunt/core/wait/wake_region.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace shunt::micro {
namespace {

constexpr std::memory_order kWakeable = std::memory_order_seq_cst;

// Counts what would have been system calls.
struct NoKernel {
    static void wait(const std::atomic<std::uint32_t>&, std::uint32_t, std::uint32_t,
                     std::uint64_t) noexcept {
        ++calls;
    }
    static unsigned wake_all(const std::atomic<std::uint32_t>&, std::uint32_t) noexcept {
        ++calls;
        return 0;
    }
    static inline std::uint64_t calls = 0;
};

struct Region {
    layout::WakeRegion words{};
    Waker<NoKernel> waker{words};
    Sleeper<NoKernel> sleeper{words, 3};
};

template <std::size_t N>
struct LineRing {
    static constexpr ring::LineGeometry kGeometry = ring::line_geometry<Message<N>>(kCapacity);

    Memory slots{kGeometry.bytes};
    layout::ConsumerWords words{};
    ring::SpscProducer<Message<N>> producer{slots.get(), kGeometry.capacity, words, 0};
    ring::SpscConsumer<Message<N>> consumer{slots.get(), kGeometry.capacity, words, 0, false, true};
};

// Beside spsc_push_pop, which wakes nobody.
template <std::size_t N>
void wake_spsc_push_pop(benchmark::State& state) {
    LineRing<N> ring;
    Region data;
    go_round<N>(
        state,
        [&](const Message<N>& message) {
            return ring.producer.template try_push<kWakeable>(message) &&
                   data.waker.sleepers() == 0;
        },
        popping(ring.consumer));
}

// Behind a publish that was only a release.
template <std::size_t N>
void wake_spsc_push_pop_fenced(benchmark::State& state) {
    LineRing<N> ring;
    Region data;
    go_round<N>(
        state,
        [&](const Message<N>& message) {
            return ring.producer.try_push(message) && data.waker.sleepers_fenced() == 0;
        },
        popping(ring.consumer));
}

// Beside mpmc_push_pop: a consumer asks whom it has to wake, too.
template <std::size_t N>
void wake_mpmc_push_pop(benchmark::State& state) {
    static constexpr ring::MpmcGeometry kGeometry = ring::mpmc_geometry<Message<N>>(kCapacity);
    const Memory slots{kGeometry.bytes};
    layout::MpmcWords words{};
    ring::MpmcProducer<Message<N>> producer{slots.get(), kGeometry.capacity, words, {1, 1}};
    ring::MpmcConsumer<Message<N>> consumer{slots.get(), kGeometry.capacity, words, {2, 1}};
    Region data;
    Region room;
    go_round<N>(
        state,
        [&](const Message<N>& message) {
            return producer.template try_push<kWakeable>(message) && data.waker.sleepers() == 0;
        },
        [&](Message<N>& message) {
            const bool popped = bool{consumer.template try_pop<kWakeable>(message)};
            const auto due = consumer.due();
            return popped && !due.next && (due.room == 0 || room.waker.sleepers() == 0);
        });
}

// Beside broadcast_push_pop.
template <std::size_t N>
void wake_broadcast_push_pop(benchmark::State& state) {
    Log<N> log;
    auto subscriber = log.subscriber(0, ring::policy::lossy);
    Region data;
    go_round<N>(
        state,
        [&](const Message<N>& message) {
            return log.publisher.template try_push<kWakeable>(message) &&
                   data.waker.sleepers() == 0;
        },
        popping(subscriber));
}

// The look alone.
void wake_sleepers(benchmark::State& state) {
    Region data;
    repeat(state, [&] { return data.waker.sleepers() == 0; });
}
void wake_sleepers_fenced(benchmark::State& state) {
    Region data;
    repeat(state, [&] { return data.waker.sleepers_fenced() == 0; });
}

// A sleeper that finds something when it looks once more.
void wake_sleep_not(benchmark::State& state) {
    Region data;
    const std::uint64_t before = NoKernel::calls;
    repeat(state, [&] {
        return !data.sleeper.sleep([] { return true; }, kFirstSleepNs) && NoKernel::calls == before;
    });
}

// Waking one that sleeps, without the system call.
void wake_one(benchmark::State& state) {
    Region data;
    std::uint64_t before = NoKernel::calls;
    repeat(state, [&] {
        (void)data.sleeper.arm();
        (void)data.waker.wake(data.waker.sleepers(), 1);
        return NoKernel::calls == ++before;
    });
}

void wake_spin_budget(benchmark::State& state) {
    SpinBudget budget{2'000'000};
    std::uint64_t waited = 100;
    repeat(state, [&] {
        benchmark::DoNotOptimize(waited);
        budget.learn(waited);
        return budget.ticks() != 0;
    });
}

BENCHMARK(wake_spsc_push_pop<8>);
BENCHMARK(wake_spsc_push_pop<56>);
BENCHMARK(wake_spsc_push_pop_fenced<8>);
BENCHMARK(wake_mpmc_push_pop<8>);
BENCHMARK(wake_broadcast_push_pop<8>);
BENCHMARK(wake_sleepers);
BENCHMARK(wake_sleepers_fenced);
BENCHMARK(wake_sleep_not);
BENCHMARK(wake_one);
BENCHMARK(wake_spin_budget);

}  // namespace
}  // namespace shunt::micro
