// SPDX-License-Identifier: MIT
//
// What a fan-out came to, as a document.
#pragma once

#include "bench/lib/src/fanout/hall.hpp"

#include <shunt_bench/fanout.hpp>
#include <shunt_perf/clock.hpp>
#include <shunt_perf/environment.hpp>
#include <shunt_perf/histogram.hpp>

#include <nlohmann/json.hpp>

#include <cstdint>
#include <vector>

namespace shunt::bench {

/// What one row did in one repeat.
struct FanoutResult {
    double msgs_per_s = 0;
    std::uint64_t sent = 0;
    perf::Histogram publish;  // ticks
    std::vector<Reading> readings;
};

struct FanoutRow {
    std::uint32_t idle;
    bool stopped;
    std::vector<FanoutResult> results;  // a repeat each
};

[[nodiscard]] nlohmann::json fanout_document(const FanoutConfig& config,
                                             const std::vector<FanoutRow>& rows,
                                             const perf::Clock& clock, const std::vector<int>& cpus,
                                             const std::vector<perf::Warning>& warnings,
                                             bool interrupted);

}  // namespace shunt::bench
