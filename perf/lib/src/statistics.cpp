// SPDX-License-Identifier: MIT
#include <shunt_perf/statistics.hpp>

#include <algorithm>

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

}  // namespace shunt::perf
