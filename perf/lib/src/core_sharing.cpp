// SPDX-License-Identifier: MIT
#include <shunt_perf/core_sharing.hpp>
#include <shunt_perf/cpus.hpp>
#include <shunt_perf/statistics.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <ctime>
#include <system_error>
#include <thread>
#include <vector>

namespace shunt::perf {

namespace {

using Steady = std::chrono::steady_clock;

constexpr std::chrono::microseconds kWindow{1200};
constexpr std::chrono::microseconds kSettle{400};  // of it, for who wakes up: not counted
constexpr std::size_t kRounds = 8;

enum Part { kAlone, kOther, kTogether };  // of a round, a window each
constexpr std::size_t kParts = 3;

// Six chains of products, each of which has to wait for its last: enough to keep a multiplier busy.
void multiply() noexcept {
    std::uint64_t a = 3, b = 5, c = 7, d = 9, e = 11, f = 13;
    for (int i = 0; i < 64; ++i) {
        a *= 0x9e3779b97f4a7c15u;
        b *= 0x9e3779b97f4a7c15u;
        c *= 0x9e3779b97f4a7c15u;
        d *= 0x9e3779b97f4a7c15u;
        e *= 0x9e3779b97f4a7c15u;
        f *= 0x9e3779b97f4a7c15u;
        asm volatile("" : "+r"(a), "+r"(b), "+r"(c), "+r"(d), "+r"(e), "+r"(f));
    }
}

std::chrono::nanoseconds cpu_time() noexcept {
    timespec now{};
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return std::chrono::seconds{now.tv_sec} + std::chrono::nanoseconds{now.tv_nsec};
}

// Loops a second in what is left of a window behind its settling; 0: this thread was not there all
// of the time.
double rate_in(Steady::time_point window) {
    constexpr double kMostAway = 0.03;
    std::this_thread::sleep_until(window);
    const auto end = window + kWindow;
    while (Steady::now() < window + kSettle) {
        multiply();
    }
    const auto begin = Steady::now();
    const auto worked = cpu_time();
    std::uint64_t loops = 0;
    auto now = begin;
    while (now < end) {
        multiply();
        ++loops;
        now = Steady::now();
    }
    const std::chrono::duration<double> wall = now - begin;
    const std::chrono::duration<double> mine = cpu_time() - worked;
    const bool late = begin > window + 2 * kSettle || now > end + kSettle / 4;
    return late || mine < wall * (1 - kMostAway) ? 0 : static_cast<double>(loops) / wall.count();
}

// What one thread does: in each round a window of its own, one that it leaves to the other, and one
// with it.
void take_part(std::size_t side, int cpu, Steady::time_point start,
               std::array<SharingRound, kRounds>& rounds) {
    try {
        pin_to(cpu);
    } catch (const std::system_error&) {
        return;  // its rates stay 0
    }
    for (std::size_t i = 0; i < kRounds; ++i) {
        const auto window = [&](std::size_t part) { return start + (i * kParts + part) * kWindow; };
        rounds[i].alone[side] = rate_in(window(side == 0 ? kAlone : kOther));
        rounds[i].together[side] = rate_in(window(kTogether));
    }
}

}  // namespace

std::optional<bool> CoreSharing::shared() const noexcept {
    constexpr double kOne = 0.75;  // hyper-threads: 0.5; by turns: 0.5
    constexpr double kTwo = 0.85;  // cores that clock down together keep 0.9
    return together < kOne   ? std::optional{true}
           : together > kTwo ? std::optional{false}
                             : std::nullopt;
}

std::optional<CoreSharing> core_sharing_of(std::span<const SharingRound> rounds) {
    constexpr std::size_t kLeast = 3;
    std::array<std::vector<double>, 2> alone;
    std::vector<double> together;
    for (const SharingRound& round : rounds) {
        for (std::size_t side = 0; side < 2; ++side) {
            if (round.alone[side] > 0) {
                alone[side].push_back(round.alone[side]);
            }
        }
        if (round.together[0] > 0 && round.together[1] > 0) {
            together.push_back(round.together[0] + round.together[1]);
        }
    }
    const std::size_t windows = std::min({alone[0].size(), alone[1].size(), together.size()});
    if (windows < kLeast) {
        return std::nullopt;
    }
    return CoreSharing{*median(together) / (*median(alone[0]) + *median(alone[1])),
                       static_cast<unsigned>(windows)};
}

std::optional<CoreSharing> measure_core_sharing(int a, int b) {
    constexpr std::chrono::milliseconds kStart{1};  // for both threads to be there
    // Each side writes its own words of it, and both have ended when they are read.
    std::array<SharingRound, kRounds> rounds{};
    const auto start = Steady::now() + kStart;
    std::thread first([&] { take_part(0, a, start, rounds); });
    std::thread second([&] { take_part(1, b, start, rounds); });
    first.join();
    second.join();
    return core_sharing_of(rounds);
}

}  // namespace shunt::perf
