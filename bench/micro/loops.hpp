// SPDX-License-Identifier: MIT
//
// The loops around single calls, the same for every kind. What is pushed is written before, what is
// popped is read behind it. Messages carry their number, and in the end the numbers must add up; a
// call that says anything but what it should, once, makes the benchmark an error.
#pragma once

#include <shunt/core/bytes.hpp>

#include <benchmark/benchmark.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <vector>

namespace shunt::micro {

/// Messages that a ring holds, and those of a burst.
inline constexpr std::uint64_t kCapacity = 1024;
inline constexpr std::int64_t kBurst = kCapacity / 2;

template <std::size_t N>
struct Message {
    static_assert(N % 8 == 0);
    std::uint64_t word[N / 8];
};

// Of a place: every 8 bytes, or those of its message.

inline void write(std::span<std::byte> place, std::uint64_t number) noexcept {
    for (std::size_t at = 0; at < place.size(); at += sizeof number) {
        std::memcpy(place.data() + at, &number, sizeof number);
    }
}
template <std::size_t N>
void write(Message<N>& place, std::uint64_t number) noexcept {
    write({bytes_of(place), N}, number);
}
[[nodiscard]] inline bool holds(std::span<const std::byte> message, std::uint64_t number) noexcept {
    std::uint64_t differs = 0;
    for (std::size_t at = 0; at < message.size(); at += sizeof number) {
        std::uint64_t word = 0;
        std::memcpy(&word, message.data() + at, sizeof word);
        differs |= word ^ number;
    }
    return differs == 0;
}
template <std::size_t N>
[[nodiscard]] bool holds(const Message<N>& message, std::uint64_t number) noexcept {
    return holds({bytes_of(message), N}, number);
}

/// Counters of a benchmark: so many messages, of so many bytes each, or an error.
inline void finish(benchmark::State& state, std::size_t bytes, std::int64_t messages, bool failed) {
    if (failed) {
        state.SkipWithError("a call failed, or a message was not the one that was sent");
        return;
    }
    state.SetItemsProcessed(messages);
    if (bytes != 0) {
        state.SetBytesProcessed(messages * static_cast<std::int64_t>(bytes));
    }
}

/// A call that finds nothing to do, or no room.
template <class Call>
void repeat(benchmark::State& state, Call&& call) {
    bool failed = false;
    for (auto _ : state) {
        failed |= !call();
    }
    finish(state, 0, state.iterations(), failed);
}

/// One message goes round: the number of what was popped, and one, is pushed.
template <std::size_t N, class Push, class Pop>
void go_round(benchmark::State& state, Push&& push, Pop&& pop) {
    Message<N> out{};
    Message<N> in{};
    bool failed = false;
    for (auto _ : state) {
        out.word[0] = in.word[0] + 1;
        failed |= !push(out);
        failed |= !pop(in);
        benchmark::DoNotOptimize(out);
        benchmark::DoNotOptimize(in);
    }
    failed |= in.word[0] != static_cast<std::uint64_t>(state.iterations());
    finish(state, N, state.iterations(), failed);
}
/// The same of byte messages; their size is the benchmark's argument.
template <class Push, class Pop>
void bytes_go_round(benchmark::State& state, Push&& push, Pop&& pop) {
    const auto bytes = static_cast<std::size_t>(state.range(0));
    std::vector<std::byte> out(bytes);
    std::vector<std::byte> in(bytes);
    std::uint64_t number = 0;
    std::size_t size = 0;
    bool failed = false;
    for (auto _ : state) {
        ++number;
        std::memcpy(out.data(), &number, sizeof number);
        failed |= !push(out);
        failed |= !pop(in, size) || size != bytes;
        benchmark::DoNotOptimize(in.data());
        benchmark::ClobberMemory();
        std::memcpy(&number, in.data(), sizeof number);
    }
    failed |= number != static_cast<std::uint64_t>(state.iterations());
    finish(state, bytes, state.iterations(), failed);
}
/// The same in place. `put(number)` and `get(number)` write and read every word.
template <class Put, class Get>
void go_round_in_place(benchmark::State& state, std::size_t bytes, Put&& put, Get&& get) {
    std::uint64_t number = 0;
    bool failed = false;
    for (auto _ : state) {
        ++number;
        failed |= !put(number);
        failed |= !get(number);
    }
    finish(state, bytes, state.iterations(), failed);
}

/// What of a burst is timed. push and pop need UseManualTime().
enum class Timed { both, push, pop };

/// Half a ring is pushed, then popped: what is looked at once in a while has its share.
template <std::size_t N, Timed kTimed, class Push, class Pop>
void bursts(benchmark::State& state, Push&& push, Pop&& pop) {
    using Clock = std::chrono::steady_clock;
    Message<N> out{};
    Message<N> in{};
    std::uint64_t sum = 0;
    bool failed = false;
    for (auto _ : state) {
        const auto begin = Clock::now();
        for (std::int64_t i = 0; i < kBurst; ++i) {
            ++out.word[0];
            failed |= !push(out);
            benchmark::DoNotOptimize(out);
        }
        const auto middle = Clock::now();
        for (std::int64_t i = 0; i < kBurst; ++i) {
            failed |= !pop(in);
            benchmark::DoNotOptimize(in);
            sum += in.word[0];
        }
        const auto end = Clock::now();
        const auto time = kTimed == Timed::push ? middle - begin : end - middle;
        if constexpr (kTimed != Timed::both) {
            state.SetIterationTime(std::chrono::duration<double>(time).count());
        }
    }
    const auto last = static_cast<std::uint64_t>(state.iterations() * kBurst);
    failed |= out.word[0] != last || sum != last * (last + 1) / 2;
    finish(state, N, state.iterations() * kBurst, failed);
}

// The calls that most kinds have.

template <class Producer>
[[nodiscard]] auto pushing(Producer& to) noexcept {
    return [&to](const auto& message) { return bool{to.try_push(message)}; };
}
template <class Consumer>
[[nodiscard]] auto popping(Consumer& from) noexcept {
    return [&from](auto& message) { return bool{from.try_pop(message)}; };
}
template <class Consumer>
[[nodiscard]] auto popping_bytes(Consumer& from) noexcept {
    return [&from](std::span<std::byte> to, std::size_t& size) {
        return bool{from.try_pop(to, size)};
    };
}

}  // namespace shunt::micro
