// SPDX-License-Identifier: MIT
#include <shunt_perf/histogram.hpp>

#include <cmath>
#include <numeric>

namespace shunt::perf {

void Histogram::reset() noexcept {
    std::fill(counts_.begin(), counts_.end(), 0);
    min_ = std::numeric_limits<std::uint64_t>::max();
    max_ = 0;
}

void Histogram::merge(std::span<const std::uint64_t> counts, std::uint64_t min,
                      std::uint64_t max) noexcept {
    const std::size_t n = std::min(counts.size(), counts_.size());
    for (std::size_t i = 0; i < n; ++i) {
        counts_[i] += counts[i];
    }
    min_ = std::min(min_, min);
    max_ = std::max(max_, max);
}

void Histogram::merge(const Histogram& other) noexcept {
    merge(other.counts_, other.min_, other.max_);
}

void Histogram::merge(const SparseHistogram& other) noexcept {
    for (const Bin& bin : other.bins) {
        counts_[bin.index] += bin.count;
    }
    min_ = std::min(min_, other.min);
    max_ = std::max(max_, other.max);
}

SparseHistogram Histogram::sparse() const {
    SparseHistogram result;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
        if (counts_[i] != 0) {
            result.bins.push_back({static_cast<std::uint32_t>(i), counts_[i]});
        }
    }
    result.min = min_;
    result.max = max_;
    return result;
}

std::uint64_t Histogram::count() const noexcept {
    return std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0});
}

std::optional<double> Histogram::percentile(double q, double resolution) const {
    constexpr double kBeyond = 10;
    const auto n = static_cast<double>(count());
    // A rank that is whole but for rounding is that whole number.
    const double rank = std::ceil(n * q - 1e-6);
    if (rank < 1 || n - rank < kBeyond) {
        return std::nullopt;
    }
    double below = 0;
    for (std::size_t i = 0; i < counts_.size(); ++i) {
        const auto here = static_cast<double>(counts_[i]);
        if (below + here >= rank) {
            const double width = std::max(static_cast<double>(width_of(i)), resolution);
            const double middle =
                static_cast<double>(lowest_of(i)) + static_cast<double>(width_of(i) - 1) / 2;
            const double value = middle + width * ((rank - 0.5 - below) / here - 0.5);
            return std::clamp(value, static_cast<double>(min_), static_cast<double>(max_));
        }
        below += here;
    }
    return std::nullopt;
}

}  // namespace shunt::perf
