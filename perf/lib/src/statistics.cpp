// SPDX-License-Identifier: MIT
#include <shunt_perf/statistics.hpp>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <random>
#include <utility>

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

std::vector<double> ratios_of(std::span<const Pair> pairs) {
    std::vector<double> ratios;
    for (const Pair& pair : pairs) {
        if (pair.ours > 0 && pair.other > 0) {
            ratios.push_back(pair.ours / pair.other);
        }
    }
    return ratios;
}

namespace {

constexpr std::size_t kResamples = 2000;
constexpr double kOutside = 0.05;

// Of each resample of so many values the two ranks in its middle, which are one where their number
// is odd. They depend on that number alone, and a document has hundreds of intervals of one number.
struct Middles {
    std::size_t values = 0;
    std::vector<std::pair<std::uint32_t, std::uint32_t>> ranks;
};

const Middles& middles_of(std::size_t values) {
    thread_local Middles memo;
    if (memo.values == values) {
        return memo;
    }
    std::mt19937 random{1};
    std::vector<std::uint32_t> drawn(values);
    memo = {values, {}};
    memo.ranks.reserve(kResamples);
    const auto middle = drawn.begin() + static_cast<std::ptrdiff_t>(values / 2);
    for (std::size_t i = 0; i < kResamples; ++i) {
        for (std::uint32_t& each : drawn) {
            each = static_cast<std::uint32_t>(random() % values);
        }
        std::nth_element(drawn.begin(), middle, drawn.end());
        const bool odd = values % 2 != 0;
        memo.ranks.emplace_back(odd ? *middle : *std::max_element(drawn.begin(), middle), *middle);
    }
    return memo;
}

// The highest rank below which the median of whatever the values are drawn from lies in one case of
// forty at most: as often as so many tosses of a coin have that few heads. From 0; 0 of few.
std::size_t rank_below(std::size_t values) {
    const auto n = static_cast<double>(values);
    double log_choose = 0;
    double below = 0;
    std::size_t rank = 0;
    for (std::size_t heads = 0; heads < values / 2; ++heads) {
        below += std::exp(log_choose - n * std::log(2.0));
        if (2 * below > kOutside) {
            break;
        }
        rank = heads;
        const auto k = static_cast<double>(heads);
        log_choose += std::log(n - k) - std::log(k + 1);
    }
    return rank;
}

}  // namespace

std::optional<Interval> median_interval(std::span<const double> values) {
    constexpr std::size_t kLeast = 5;
    constexpr std::size_t kTail = kResamples / 40;
    if (values.size() < kLeast) {
        return std::nullopt;
    }
    std::vector<double> sorted(values.begin(), values.end());
    std::sort(sorted.begin(), sorted.end());
    std::vector<double> medians;
    medians.reserve(kResamples);
    for (const auto& [lower, upper] : middles_of(sorted.size()).ranks) {
        medians.push_back((sorted[lower] + sorted[upper]) / 2);
    }
    const auto low = medians.begin() + kTail;
    const auto high = medians.end() - 1 - kTail;
    std::nth_element(medians.begin(), low, medians.end());
    std::nth_element(low, high, medians.end());
    const std::size_t rank = rank_below(sorted.size());
    return Interval{std::min(*low, sorted[rank]),
                    std::max(*high, sorted[sorted.size() - 1 - rank])};
}

}  // namespace shunt::perf
