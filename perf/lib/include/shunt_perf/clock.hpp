// SPDX-License-Identifier: MIT
//
// Clock: the cheapest clock that may be trusted, and what one of its ticks is worth. The time stamp
// counter where the kernel says that it is constant and never stops; else CLOCK_MONOTONIC_RAW, and
// `source` says so. It subtracts nothing: the cost of reading it is reported beside the results.
#pragma once

#include <shunt/core/policy.hpp>

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace shunt::perf {

/// The counter and CLOCK_MONOTONIC_RAW at one moment: of five tries the one that took least.
struct ClockMoment {
    std::uint64_t ticks;
    std::uint64_t raw_ns;
    std::uint64_t within_ticks;  // so long reading both took
};
[[nodiscard]] ClockMoment clock_moment() noexcept;

class Clock {
public:
    /// Calibrates against CLOCK_MONOTONIC_RAW: blocks for 3 x 30 ms.
    [[nodiscard]] static Clock calibrate();
    /// What calibrate() makes of so many rates that it measured: the counter at their median, or,
    /// where they differ by more than a hundredth, the kernel's clock. One at the least.
    [[nodiscard]] static Clock of_rates(std::span<const double> ns_per_tick);

    /// Real-time safe; a few ns with the counter, some 20 to 40 without.
    [[nodiscard]] std::uint64_t now() const noexcept {
        return counter_ ? DefaultPolicy::ticks() : kernel_ns();
    }
    [[nodiscard]] double to_ns(double ticks) const noexcept { return ticks * ns_per_tick_; }
    [[nodiscard]] std::uint64_t to_ticks(double ns) const noexcept {
        return static_cast<std::uint64_t>(ns / ns_per_tick_);
    }

    [[nodiscard]] bool is_counter() const noexcept { return counter_; }
    [[nodiscard]] std::string_view source() const noexcept {
        return counter_ ? "counter" : "clock_gettime";
    }
    /// Why it is not the counter; empty: it is.
    [[nodiscard]] const std::string& note() const noexcept { return note_; }
    [[nodiscard]] double ticks_per_second() const noexcept { return 1e9 / ns_per_tick_; }
    /// Step of the clock in ticks: the greatest common divisor of many differences.
    [[nodiscard]] std::uint64_t step_ticks() const noexcept { return step_ticks_; }
    /// Median cost of one reading.
    [[nodiscard]] double read_ns() const noexcept { return read_ns_; }
    /// How far the calibrations disagree.
    [[nodiscard]] double disagreement_ppm() const noexcept { return disagreement_ppm_; }

private:
    [[nodiscard]] static std::uint64_t kernel_ns() noexcept;
    void measure_reading();

    bool counter_ = false;
    double ns_per_tick_ = 1.0;
    std::uint64_t step_ticks_ = 1;
    double read_ns_ = 0;
    double disagreement_ppm_ = 0;
    std::string note_;
};

/// True if the flags line of /proc/cpuinfo promises a counter that is constant and never stops.
[[nodiscard]] bool counter_is_usable(std::string_view cpu_flags);

}  // namespace shunt::perf
