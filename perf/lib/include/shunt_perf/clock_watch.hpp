// SPDX-License-Identifier: MIT
//
// ClockWatch: whether the clock that times a run goes as it did when it was calibrated. It compares
// the counter with CLOCK_MONOTONIC_RAW from mark to mark and over all of the run, whose base line
// is a thousand times that of the calibration. It corrects nothing. Where the kernel makes its own
// time of the same counter, that comparison is with the kernel's calibration of it, and a crystal
// that is off is off in both.
#pragma once

#include <shunt_perf/clock.hpp>

#include <nlohmann/json.hpp>

#include <cstdint>
#include <functional>
#include <vector>

namespace shunt::perf {

/// How far the counter's time and the kernel's parted in a stretch of time.
struct ClockDrift {
    double elapsed_ns = 0;  // by the kernel
    double ppm = 0;         // above zero: by the counter more time has passed
    double bound_ppm = 0;   // what that may be wrong by, from how long reading both took
    /// Whatever the reading did, it is more than that.
    [[nodiscard]] bool beyond(double most_ppm) const noexcept;
};

class ClockWatch {
public:
    using Look = std::function<ClockMoment()>;

    /// Begins the first stretch. The clock must outlive it.
    explicit ClockWatch(const Clock& clock, Look look = clock_moment);

    /// Ends a stretch and begins the next one: some hundred ns, and no call of the kernel but its
    /// clock.
    void mark();
    /// Begins the next one anew: what passed since the last mark is in none.
    void begin();

    /// From the beginning to the last mark.
    [[nodiscard]] ClockDrift all() const;
    /// Of the last stretch, and of the one in which they parted most.
    [[nodiscard]] ClockDrift last() const;
    [[nodiscard]] ClockDrift worst() const;
    /// Most stretches are off by more than a thousandth, of which there are three at the least:
    /// what was timed is wrong in a digit that is shown.
    [[nodiscard]] bool is_wrong() const;

    /// {elapsed_ns, ppm, bound_ppm, worst_ppm, stretches}; null of a clock that is the kernel's
    /// own.
    [[nodiscard]] nlohmann::json to_json() const;

    static constexpr double kMostPpm = 200;     // a reader is told
    static constexpr double kWrongPpm = 1'000;  // the histograms have three digits

private:
    [[nodiscard]] ClockDrift between(const ClockMoment& begin, const ClockMoment& end) const;

    const Clock& clock_;
    Look look_;
    ClockMoment first_;
    ClockMoment last_;
    std::vector<ClockDrift> stretches_;
};

}  // namespace shunt::perf
