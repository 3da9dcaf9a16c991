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

// Both clocks at one moment: of five tries the one in which reading took the least time.
struct Moment {
    std::uint64_t ticks;
    std::uint64_t ns;
};

Moment moment(std::uint64_t (*raw_ns)() noexcept) {
    Moment best{};
    std::uint64_t least = ~std::uint64_t{0};
    for (int i = 0; i < 5; ++i) {
        const std::uint64_t before = DefaultPolicy::ticks();
        const std::uint64_t ns = raw_ns();
        const std::uint64_t after = DefaultPolicy::ticks();
        if (after - before < least) {
            least = after - before;
            best = {before + (after - before) / 2, ns};
        }
    }
    return best;
}

}  // namespace

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

std::uint64_t Clock::monotonic_raw_ns() noexcept {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC_RAW, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000u +
           static_cast<std::uint64_t>(now.tv_nsec);
}

Clock Clock::calibrate() {
    Clock clock;
#if defined(__x86_64__)
    clock.counter_ = counter_is_usable(cpuinfo_field("flags"));
#else
    clock.counter_ = true;  // aarch64: the generic timer is constant by definition
#endif
    if (!clock.counter_) {
        clock.note_ =
            "the cpu's time stamp counter is not constant and nonstop; clock_gettime is used";
        clock.measure_reading();
        return clock;
    }
    std::array<double, 3> rates{};
    for (double& rate : rates) {
        const Moment begin = moment(monotonic_raw_ns);
        const timespec nap{0, 30'000'000};
        nanosleep(&nap, nullptr);
        const Moment end = moment(monotonic_raw_ns);
        rate =
            static_cast<double>(end.ns - begin.ns) / static_cast<double>(end.ticks - begin.ticks);
    }
    const Spread all = *spread(rates);
    clock.ns_per_tick_ = all.median;
    clock.disagreement_ppm_ = (all.high - all.low) / all.median * 1e6;
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
