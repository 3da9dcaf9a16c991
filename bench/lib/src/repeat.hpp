// SPDX-License-Identifier: MIT
//
// One repeat: every task of a plan, in order, by one fresh pair of processes.
#pragma once

#include "bench/lib/src/plan.hpp"

#include <shunt_perf/histogram.hpp>
#include <shunt_perf/interruptions.hpp>

#include <array>
#include <functional>
#include <optional>
#include <vector>

namespace shunt::bench {

/// What one task came to.
struct Outcome {
    perf::SparseHistogram histogram;  // ticks
    perf::SparseHistogram sender;     // one way: how late it was; wake: the call
    perf::SparseHistogram last;       // the last of each burst
    std::uint64_t samples = 0;        // in the first of them
    std::optional<double> p50_ns;     // one way; or of the push call
    double scheduled_per_s = 0;       // 0: there was no schedule
    double achieved_per_s = 0;
    double clock_offset_ns = 0;    // of the two measurements the larger one
    double clock_bound_ns = 0;     // and what it may be wrong by
    std::vector<double> first_ns;  // coldstart: one way, of the first round trips
    std::array<std::uint64_t, 2> minor_faults{};
    double messages_per_s = 0;
    double warm_up_ms = 0;  // 0: there was none
    bool settled = false;   // its last two windows agreed
    std::uint64_t page_bytes = 0;
    std::int64_t node = -1;
    std::uint64_t capacity = 0;
    std::uint64_t messages = 0;
    std::array<perf::Interruptions, 2> taken{};  // from each side

    /// It did not keep its schedule: at the end it was behind by more than a hundredth of it.
    [[nodiscard]] bool missed() const noexcept { return achieved_per_s < 0.99 * scheduled_per_s; }
};

using Repeat = std::vector<Outcome>;  // as Plan::tasks

/// Nothing: interrupted() said so. Throws Failure; no process and no channel is left behind then.
[[nodiscard]] std::optional<Repeat> run_repeat(const Plan& plan, unsigned number,
                                               const std::function<bool()>& interrupted);

}  // namespace shunt::bench
