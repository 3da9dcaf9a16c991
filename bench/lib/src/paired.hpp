// SPDX-License-Identifier: MIT
//
// What was measured in pairs, repeat by repeat: the median of the ratios, how far it is known, and
// whether there is a difference at all. As JSON, and as the text that shows it.
#pragma once

#include <shunt_perf/statistics.hpp>

#include <nlohmann/json.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace shunt::bench {

/// {median, low, high, n, bootstrap: {low, high}} with four decimals, below a tenth with four
/// digits; null of no values.
/// `bootstrap` is the 95 % interval of the median, null of fewer than five values.
[[nodiscard]] nlohmann::json with_interval(std::span<const double> values);

/// The same of ours / other in each pair, and `no_difference`: whether 1 lies in the interval; null
/// where there is none.
[[nodiscard]] nlohmann::json ratio_json(std::span<const perf::Pair> pairs);

/// The same of differences, of which 0 is none.
[[nodiscard]] nlohmann::json difference_json(std::span<const double> differences);

/// "no difference" of one in which there is none, else nothing.
[[nodiscard]] std::string_view difference_words(const nlohmann::json& paired);

/// How far the medians of several ratios are known, a line each, below the head; nothing where
/// there are no ratios, or in a document from before they had intervals.
struct RatioRow {
    std::string name;
    nlohmann::json paired;
};
[[nodiscard]] std::string interval_lines(std::string_view head, const std::vector<RatioRow>& rows);

}  // namespace shunt::bench
