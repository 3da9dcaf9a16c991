// SPDX-License-Identifier: MIT
//
// From repeats to the document: which count, medians of ratios, percentiles of merged histograms.
#pragma once

#include "bench/lib/src/plan.hpp"
#include "bench/lib/src/repeat.hpp"

#include <shunt_bench/bracket.hpp>

#include <nlohmann/json.hpp>

#include <vector>

namespace shunt::bench {

/// Verdicts by size, then by repeat.
using Verdicts = std::vector<std::vector<Verdict>>;
[[nodiscard]] Verdicts judge_all(const Plan& plan, const std::vector<Repeat>& repeats);

/// Repeats that count for the size that has the fewest.
[[nodiscard]] unsigned counted_everywhere(const Verdicts& verdicts);

/// The `.result` of docs/benchmarking.md.
[[nodiscard]] nlohmann::json result_of(const Plan& plan, const std::vector<Repeat>& repeats,
                                       bool interrupted);

/// The configuration as it was asked for.
[[nodiscard]] nlohmann::json args_of(const Config& config, Mode mode);

}  // namespace shunt::bench
