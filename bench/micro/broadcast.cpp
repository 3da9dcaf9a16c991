// SPDX-License-Identifier: MIT
//
// broadcast of one publisher: lossy, gated and conflating. Gated ones have as many subscribers as
// the argument says, each of which pops each message.
#include "bench/micro/broadcast_log.hpp"
#include "bench/micro/loops.hpp"

#include <shunt/core/ring/broadcast.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace shunt::micro {
namespace {

using ring::policy;

template <std::size_t N>
void broadcast_publish(benchmark::State& state) {
    Log<N> log;
    Message<N> message{};
    bool failed = false;
    for (auto _ : state) {
        ++message.word[0];
        failed |= !log.publisher.try_push(message);
        benchmark::DoNotOptimize(message);
    }
    failed |= log.publisher.position() != static_cast<std::uint64_t>(state.iterations());
    finish(state, N, state.iterations(), failed);
}

template <std::size_t N>
void broadcast_push_pop(benchmark::State& state) {
    Log<N> log;
    auto subscriber = log.subscriber(0, policy::lossy);
    go_round<N>(state, pushing(log.publisher), popping(subscriber));
}

template <std::size_t N>
void broadcast_pop(benchmark::State& state) {
    Log<N> log;
    auto subscriber = log.subscriber(0, policy::lossy);
    bursts<N, Timed::pop>(state, pushing(log.publisher), popping(subscriber));
}

template <std::size_t N>
void broadcast_gated_push_pop(benchmark::State& state) {
    Log<N> log;
    std::vector<typename Log<N>::Subscriber> subscribers;
    for (std::size_t seat = 0; seat < static_cast<std::size_t>(state.range(0)); ++seat) {
        subscribers.push_back(log.subscriber(seat, policy::gated));
    }
    go_round<N>(state, pushing(log.publisher), [&](Message<N>& message) {
        bool popped = true;
        for (auto& subscriber : subscribers) {
            popped &= bool{subscriber.try_pop(message)};
        }
        return popped;
    });
}

// Every other message is passed over.
template <std::size_t N>
void broadcast_conflate(benchmark::State& state) {
    Log<N> log;
    auto subscriber = log.subscriber(0, policy::conflate);
    Message<N> passed_over{};
    go_round<N>(
        state,
        [&](const Message<N>& message) {
            return log.publisher.try_push(passed_over) && log.publisher.try_push(message);
        },
        popping(subscriber));
    if (subscriber.lost() != static_cast<std::uint64_t>(state.iterations())) {
        state.SkipWithError("another number of messages was passed over");
    }
}

template <std::size_t N>
void broadcast_in_place(benchmark::State& state) {
    Log<N> log;
    auto subscriber = log.subscriber(0, policy::lossy);
    go_round_in_place(
        state, N,
        [&](std::uint64_t number) {
            Message<N>* const place = log.publisher.try_claim();
            if (place == nullptr) {
                return false;
            }
            write(*place, number);
            log.publisher.publish();
            return true;
        },
        [&](std::uint64_t number) {
            const Message<N>* message = nullptr;
            const bool right = subscriber.try_peek(message) && holds(*message, number);
            return right && subscriber.release();
        });
}

void broadcast_empty_poll(benchmark::State& state) {
    Log<8> log;
    auto subscriber = log.subscriber(0, policy::lossy);
    Message<8> message{};
    repeat(state, [&] { return subscriber.try_pop(message) == Status::empty; });
}

// Each call looks at the gate that stands.
void broadcast_full_push(benchmark::State& state) {
    Log<8> log;
    const auto subscriber = log.subscriber(0, policy::gated);
    const Message<8> message{};
    while (log.publisher.try_push(message)) {
    }
    const bool stands = subscriber.gated() && log.publisher.position() == kCapacity;
    repeat(state, [&] { return stands && log.publisher.try_push(message) == Status::full; });
}

void broadcast_bytes_publish(benchmark::State& state) {
    const auto bytes = static_cast<std::size_t>(state.range(0));
    BytesLog log{bytes};
    std::vector<std::byte> message(bytes);
    bool failed = false;
    for (auto _ : state) {
        failed |= !log.publisher.try_push(message);
        benchmark::DoNotOptimize(message.data());
        benchmark::ClobberMemory();
    }
    finish(state, bytes, state.iterations(), failed);
}

void broadcast_bytes_push_pop(benchmark::State& state) {
    BytesLog log{static_cast<std::uint64_t>(state.range(0))};
    auto subscriber = log.subscriber(0);
    bytes_go_round(state, pushing(log.publisher), popping_bytes(subscriber));
}

BENCHMARK(broadcast_publish<8>);
BENCHMARK(broadcast_publish<56>);
BENCHMARK(broadcast_publish<256>);
BENCHMARK(broadcast_publish<1024>);
BENCHMARK(broadcast_push_pop<8>);
BENCHMARK(broadcast_push_pop<56>);
BENCHMARK(broadcast_push_pop<256>);
BENCHMARK(broadcast_push_pop<1024>);
BENCHMARK(broadcast_pop<8>)->UseManualTime();
BENCHMARK(broadcast_pop<56>)->UseManualTime();
BENCHMARK(broadcast_gated_push_pop<8>)->Arg(1)->Arg(8);
BENCHMARK(broadcast_gated_push_pop<56>)->Arg(1)->Arg(8);
BENCHMARK(broadcast_conflate<8>);
BENCHMARK(broadcast_in_place<8>);
BENCHMARK(broadcast_in_place<56>);
BENCHMARK(broadcast_in_place<1024>);
BENCHMARK(broadcast_empty_poll);
BENCHMARK(broadcast_full_push);
BENCHMARK(broadcast_bytes_publish)->Arg(32)->Arg(256)->Arg(1024);
BENCHMARK(broadcast_bytes_push_pop)->Arg(32)->Arg(256)->Arg(1024);

}  // namespace
}  // namespace shunt::micro
