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

/// ours / other of each pair, in their order. A pair of which one is not above zero (it could not
/// be measured) is left out.
[[nodiscard]] std::vector<double> ratios_of(std::span<const Pair> pairs);

/// Where the median of such values lies, with 95 % confidence: the percentile bootstrap of 2000
/// resamples, the same ones for the same number of values, and never narrower than the two values
/// between which the median lies so often whatever the distribution is (of few values a bootstrap
/// alone is: of seven it has the median in 88 of 100 cases). Of five it is their range, 94 %;
/// nullopt of fewer. 20 us of the same number of values again and again.
struct Interval {
    double low = 0;
    double high = 0;
};
[[nodiscard]] std::optional<Interval> median_interval(std::span<const double> values);

}  // namespace shunt::perf
