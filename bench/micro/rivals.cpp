// SPDX-License-Identifier: MIT
//
// Boost.Lockfree beside spsc and mpmc, and Vyukov's queue beside mpmc: the same loops, the same
// capacity, fixed at compile time, which is their fastest form.
#include "bench/lib/src/contenders/vyukov_queue.hpp"
#include "bench/micro/loops.hpp"

#include <boost/lockfree/queue.hpp>
#include <boost/lockfree/spsc_queue.hpp>

#include <cstddef>
#include <memory>

namespace shunt::micro {
namespace {

using Capacity = boost::lockfree::capacity<kCapacity>;

template <std::size_t N>
using SpscQueue = boost::lockfree::spsc_queue<Message<N>, Capacity>;
template <std::size_t N>
using Queue = boost::lockfree::queue<Message<N>, Capacity>;
template <std::size_t N>
using Vyukov = bench::VyukovQueue<Message<N>, kCapacity>;

template <class Queue>
auto pushing_to(Queue& queue) noexcept {
    return [&queue](const auto& message) { return queue.push(message); };
}
template <class Queue>
auto popping_from(Queue& queue) noexcept {
    return [&queue](auto& message) { return queue.pop(message); };
}

template <std::size_t N>
void boost_spsc_queue_push_pop(benchmark::State& state) {
    const auto queue = std::make_unique<SpscQueue<N>>();
    go_round<N>(state, pushing_to(*queue), popping_from(*queue));
}

template <std::size_t N, Timed kTimed>
void boost_spsc_queue_bursts(benchmark::State& state) {
    const auto queue = std::make_unique<SpscQueue<N>>();
    bursts<N, kTimed>(state, pushing_to(*queue), popping_from(*queue));
}

template <std::size_t N>
void boost_queue_push_pop(benchmark::State& state) {
    const auto queue = std::make_unique<Queue<N>>();
    go_round<N>(state, pushing_to(*queue), popping_from(*queue));
}

template <std::size_t N, Timed kTimed>
void boost_queue_bursts(benchmark::State& state) {
    const auto queue = std::make_unique<Queue<N>>();
    bursts<N, kTimed>(state, pushing_to(*queue), popping_from(*queue));
}

template <std::size_t N>
void vyukov_push_pop(benchmark::State& state) {
    const auto queue = std::make_unique<Vyukov<N>>();
    go_round<N>(state, pushing_to(*queue), popping_from(*queue));
}

template <std::size_t N, Timed kTimed>
void vyukov_bursts(benchmark::State& state) {
    const auto queue = std::make_unique<Vyukov<N>>();
    bursts<N, kTimed>(state, pushing_to(*queue), popping_from(*queue));
}

BENCHMARK(boost_spsc_queue_push_pop<8>);
BENCHMARK(boost_spsc_queue_push_pop<56>);
BENCHMARK(boost_spsc_queue_push_pop<256>);
BENCHMARK(boost_spsc_queue_push_pop<1024>);
BENCHMARK(boost_spsc_queue_bursts<8, Timed::push>)->UseManualTime();
BENCHMARK(boost_spsc_queue_bursts<8, Timed::pop>)->UseManualTime();
BENCHMARK(boost_queue_push_pop<8>);
BENCHMARK(boost_queue_push_pop<56>);
BENCHMARK(boost_queue_bursts<8, Timed::push>)->UseManualTime();
BENCHMARK(boost_queue_bursts<8, Timed::pop>)->UseManualTime();
BENCHMARK(vyukov_push_pop<8>);
BENCHMARK(vyukov_push_pop<56>);
BENCHMARK(vyukov_bursts<8, Timed::both>);
BENCHMARK(vyukov_bursts<8, Timed::push>)->UseManualTime();
BENCHMARK(vyukov_bursts<8, Timed::pop>)->UseManualTime();

}  // namespace
}  // namespace shunt::micro
