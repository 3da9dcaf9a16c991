// SPDX-License-Identifier: MIT
#include "bench/lib/src/schedule.hpp"

#include <cmath>
#include <random>

namespace shunt::bench {

namespace {

// Whole ticks whose sum never strays from the exact one: what is cut off goes to the next.
std::vector<std::uint64_t> whole(const std::vector<double>& exact) {
    std::vector<std::uint64_t> gaps;
    double due = 0;
    std::uint64_t told = 0;
    for (const double gap : exact) {
        due += gap;
        const auto now = static_cast<std::uint64_t>(std::llround(due));
        gaps.push_back(now - told);
        told = now;
    }
    return gaps;
}

// Of the mean 1. By hand: what std::exponential_distribution makes of a seed is not laid down.
std::vector<double> exponential(std::size_t n, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    std::vector<double> gaps;
    double sum = 0;
    for (std::size_t i = 0; i < n; ++i) {
        const double uniform = (static_cast<double>(random() >> 11) + 0.5) * 0x1p-53;
        gaps.push_back(-std::log(uniform));
        sum += gaps.back();
    }
    for (double& gap : gaps) {
        gap *= static_cast<double>(n) / sum;
    }
    return gaps;
}

}  // namespace

Schedule::Schedule(const Pace& pace, const perf::Clock& clock) {
    constexpr std::size_t kEven = 4096;
    constexpr std::size_t kRandom = 65536;
    const double mean = clock.ticks_per_second() / pace.per_second;
    std::vector<double> exact;
    switch (pace.arrivals) {
        case Arrivals::constant:
            exact.assign(kEven, mean);
            break;
        case Arrivals::poisson:
            exact = exponential(kRandom, pace.seed);
            for (double& gap : exact) {
                gap *= mean;
            }
            break;
        case Arrivals::burst:
            exact.assign(pace.burst, 0);
            exact.back() = mean * pace.burst;
            break;
    }
    gaps_ = whole(exact);
}

}  // namespace shunt::bench
