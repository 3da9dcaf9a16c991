// SPDX-License-Identifier: MIT
//
// What a run with a slow receiver came to, as a document.
#pragma once

#include "bench/lib/src/slow/contender.hpp"

#include <shunt_perf/clock.hpp>
#include <shunt_perf/environment.hpp>
#include <shunt_perf/histogram.hpp>

#include <nlohmann/json.hpp>

#include <vector>

namespace shunt::bench {

/// What one row did in one repeat.
struct SlowResult {
    std::uint64_t accepted = 0;
    std::uint64_t offered = 0;
    std::uint64_t found_full = 0;
    std::uint64_t dropped = 0;
    double accepted_per_s = 0;
    perf::Histogram send;  // ticks
    SlowReceived received{};
};

struct SlowRow {
    const SlowContender* contender;
    std::vector<SlowResult> results;  // a repeat each
};

[[nodiscard]] nlohmann::json slow_document(const SlowConfig& config,
                                           const std::vector<SlowRow>& rows,
                                           const perf::Clock& clock, const std::vector<int>& cpus,
                                           const std::vector<perf::Warning>& warnings,
                                           bool interrupted);

}  // namespace shunt::bench
