// SPDX-License-Identifier: MIT
#include <shunt_perf/statistics.hpp>

#include <algorithm>
#include <random>

namespace shunt::perf {

std::optional<Spread> spread(std::span<const double> values) {
    if (values.empty()) {
        return std::nullopt;
    }
    std::vector<double> sorted(values.begin(), values.end());
    std::sort(sorted.begin(), sorted.end());
    const std::size_t middle = sorted.size() / 2;
    const double median =
        sorted.size() % 2 != 0 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    return Spread{median, sorted.front(), sorted.back(), sorted.size()};
}

std::optional<double> median(std::span<const double> values) {
    const auto all = spread(values);
    return all ? std::optional{all->median} : std::nullopt;
}

std::optional<Spread> paired_ratio(std::span<const Pair> pairs) {
    std::vector<double> ratios;
    for (const Pair& pair : pairs) {
        if (pair.ours > 0 && pair.other > 0) {
            ratios.push_back(pair.ours / pair.other);
        }
    }
    return spread(ratios);
}

std::optional<Interval> bootstrap_median(std::span<const double> values) {
    constexpr std::size_t kLeast = 5;
    constexpr std::size_t kResamples = 2000;
    if (values.size() < kLeast) {
        return std::nullopt;
    }
    std::minstd_rand random{1};
    std::vector<double> medians;
    std::vector<double> drawn(values.size());
    for (std::size_t i = 0; i < kResamples; ++i) {
        for (double& each : drawn) {
            each = values[random() % values.size()];
        }
        medians.push_back(*median(drawn));
    }
    std::sort(medians.begin(), medians.end());
    return Interval{medians[kResamples / 40], medians[kResamples - 1 - kResamples / 40]};
}

}  // namespace shunt::perf
