// SPDX-License-Identifier: MIT
//
// One repeat: every task of a plan, in order, by one fresh pair of processes.
#pragma once

#include "bench/lib/src/plan.hpp"

#include <shunt_perf/histogram.hpp>

#include <functional>
#include <optional>
#include <vector>

namespace shunt::bench {

/// What one task came to.
struct Outcome {
    perf::SparseHistogram histogram;  // ticks
    std::optional<double> p50_ns;     // one way; or of the push call
    double messages_per_s = 0;
    std::uint64_t page_bytes = 0;
    std::int64_t node = -1;
    std::uint64_t capacity = 0;
    std::uint64_t messages = 0;
};

using Repeat = std::vector<Outcome>;  // as Plan::tasks

/// Nothing: interrupted() said so. Throws Failure; no process and no channel is left behind then.
[[nodiscard]] std::optional<Repeat> run_repeat(const Plan& plan, unsigned number,
                                               const std::function<bool()>& interrupted);

}  // namespace shunt::bench
