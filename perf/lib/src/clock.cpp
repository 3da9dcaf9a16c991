// SPDX-License-Identifier: MIT
#include <shunt_perf/clock.hpp>
#include <shunt_perf/statistics.hpp>

#include "files.hpp"

#include <array>
#include <ctime>
#include <numeric>
#include <vector>

namespace shunt::perf {

namespace {

std::uint64_t monotonic_raw_ns() noexcept {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC_RAW, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000u +
           static_cast<std::uint64_t>(now.tv_nsec);
}

}  // namespace

ClockMoment clock_moment() noexcept {
    ClockMoment best{0, 0, ~std::uint64_t{0}};
    for (int i = 0; i < 5; ++i) {
        const std::uint64_t before = DefaultPolicy::ticks();
        const std::uint64_t ns = monotonic_raw_ns();
        const std::uint64_t after = DefaultPolicy::ticks();
        if (after - before < best.within_ticks) {
            best = {before + (after - before) / 2, ns, after - before};
        }
    }
    return best;
}

bool counter_is_usable(std::string_view cpu_flags) {
    const auto has = [&](std::string_view flag) {
        for (std::size_t at = cpu_flags.find(flag); at != std::string_view::npos;
             at = cpu_flags.find(flag, at + 1)) {
            const std::size_t end = at + flag.size();
            if ((at == 0 || cpu_flags[at - 1] == ' ') &&
                (end == cpu_flags.size() || cpu_flags[end] == ' ')) {
                return true;
            }
        }
        return false;
    };
    return has("constant_tsc") && has("nonstop_tsc");
}

std::uint64_t Clock::kernel_ns() noexcept {
    return monotonic_raw_ns();
}

Clock Clock::calibrate() {
#if defined(__x86_64__)
    const bool usable = counter_is_usable(cpuinfo_field("flags"));
#else
    const bool usable = true;  // aarch64: the generic timer is constant by definition
#endif
    if (!usable) {
        Clock clock;
        clock.note_ =
            "the cpu's time stamp counter is not constant and nonstop; clock_gettime is used";
        clock.measure_reading();
        return clock;
    }
    std::array<double, 3> rates{};
    for (double& rate : rates) {
        const ClockMoment begin = clock_moment();
        const timespec nap{0, 30'000'000};
        nanosleep(&nap, nullptr);
        const ClockMoment end = clock_moment();
        rate = static_cast<double>(end.raw_ns - begin.raw_ns) /
               static_cast<double>(end.ticks - begin.ticks);
    }
    return of_rates(rates);
}

Clock Clock::of_rates(std::span<const double> ns_per_tick) {
    constexpr double kMostPpm = 10'000;
    const Spread all = *spread(ns_per_tick);
    Clock clock;
    clock.disagreement_ppm_ = (all.high - all.low) / all.median * 1e6;
    clock.counter_ = all.low > 0 && clock.disagreement_ppm_ <= kMostPpm;
    if (clock.counter_) {
        clock.ns_per_tick_ = all.median;
    } else {
        clock.note_ =
            "the cpu's time stamp counter does not go evenly (its calibrations differ by more than "
            "a hundredth); clock_gettime is used";
    }
    clock.measure_reading();
    return clock;
}

void Clock::measure_reading() {
    constexpr int kReadings = 2000;
    std::vector<double> costs;
    costs.reserve(kReadings);
    std::uint64_t divisor = 0;
    std::uint64_t last = now();
    for (int i = 0; i < kReadings; ++i) {
        const std::uint64_t next = now();
        divisor = std::gcd(divisor, next - last);
        costs.push_back(to_ns(static_cast<double>(next - last)));
        last = next;
    }
    step_ticks_ = divisor == 0 ? 1 : divisor;
    read_ns_ = median(costs).value_or(0);
}

}  // namespace shunt::perf
