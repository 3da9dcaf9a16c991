// SPDX-License-Identifier: MIT
//
// Statistics over repeats: medians, and ratios of pairs measured side by side. No means: one bad
// repeat must not move a result.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace shunt::perf {

/// The middle value, or the mean of the two middle ones; nullopt of nothing.
[[nodiscard]] std::optional<double> median(std::span<const double> values);

struct Spread {
    double median = 0;
    double low = 0;   // the smallest
    double high = 0;  // the largest
    std::size_t n = 0;
};

[[nodiscard]] std::optional<Spread> spread(std::span<const double> values);

/// One repeat's two figures.
struct Pair {
    double ours;
    double other;
};

/// Median, low and high of ours / other per repeat. A pair of which one is not above zero (it could
/// not be measured) is left out; nullopt if none is left.
[[nodiscard]] std::optional<Spread> paired_ratio(std::span<const Pair> pairs);

/// Where the median of such values lies, with 95 % confidence, by the percentile bootstrap: 2000
/// resamples, the same ones for the same values. nullopt of fewer than five.
struct Interval {
    double low = 0;
    double high = 0;
};
[[nodiscard]] std::optional<Interval> bootstrap_median(std::span<const double> values);

}  // namespace shunt::perf
