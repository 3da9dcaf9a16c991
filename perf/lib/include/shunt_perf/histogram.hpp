// SPDX-License-Identifier: MIT
//
// Histogram: a counting array with three significant digits over the whole range of a clock, after
// Gil Tene's HdrHistogram. Values are integers of any unit (ticks, ns). Recording is a shift and an
// increment: no allocation, no branch that depends on the distribution. Not thread-safe.
#pragma once

#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <vector>

namespace shunt::perf {

/// The counts that are not zero: what is kept of a histogram when many are.
struct Bin {
    std::uint32_t index;
    std::uint64_t count;
};
struct SparseHistogram {
    std::vector<Bin> bins;  // ascending
    std::uint64_t min = std::numeric_limits<std::uint64_t>::max();
    std::uint64_t max = 0;
};

class Histogram {
public:
    // Values below kExact have a bin each; above, every power of two has kExact / 2 bins, so that a
    // bin is never wider than a thousandth of its value.
    static constexpr unsigned kExactBits = 11;
    static constexpr std::uint64_t kExact = std::uint64_t{1} << kExactBits;
    static constexpr unsigned kValueBits = 40;
    static constexpr std::uint64_t kLargest = (std::uint64_t{1} << kValueBits) - 1;
    static constexpr std::size_t kBins = (kValueBits - kExactBits + 2) * (kExact / 2);

    Histogram() : counts_(kBins, 0) {}

    /// Values above kLargest count as kLargest. Wait-free, real-time safe.
    void record(std::uint64_t value, std::uint64_t times = 1) noexcept {
        value = std::min(value, kLargest);
        counts_[index_of(value)] += times;
        min_ = std::min(min_, value);
        max_ = std::max(max_, value);
    }

    void reset() noexcept;
    void merge(const Histogram& other) noexcept;
    void merge(const SparseHistogram& other) noexcept;
    /// Counts recorded elsewhere, at most kBins of them, and the extremes that go with them.
    void merge(std::span<const std::uint64_t> counts, std::uint64_t min,
               std::uint64_t max) noexcept;

    [[nodiscard]] SparseHistogram sparse() const;
    [[nodiscard]] std::span<const std::uint64_t> counts() const noexcept { return counts_; }
    [[nodiscard]] std::uint64_t count() const noexcept;
    /// Exact. Of an empty histogram: min() > max().
    [[nodiscard]] std::uint64_t min() const noexcept { return min_; }
    [[nodiscard]] std::uint64_t max() const noexcept { return max_; }

    /// The value at quantile 0 < q < 1, nullopt with fewer than ten samples beyond it. Samples are
    /// taken as spread evenly over their bin, or over `resolution` where the clock that made them
    /// steps coarser, so that the median of a coarse clock is no coarser than its samples allow.
    [[nodiscard]] std::optional<double> percentile(double q, double resolution = 1.0) const;

    [[nodiscard]] static constexpr std::size_t index_of(std::uint64_t value) noexcept {
        if (value < kExact) {
            return static_cast<std::size_t>(value);
        }
        const auto shift = static_cast<unsigned>(std::bit_width(value)) - kExactBits;
        return shift * (kExact / 2) + static_cast<std::size_t>(value >> shift);
    }
    /// Smallest value of a bin, and how many values it holds.
    [[nodiscard]] static constexpr std::uint64_t lowest_of(std::size_t index) noexcept {
        const std::size_t shift = shift_of(index);
        return (index - shift * (kExact / 2)) << shift;
    }
    [[nodiscard]] static constexpr std::uint64_t width_of(std::size_t index) noexcept {
        return std::uint64_t{1} << shift_of(index);
    }

private:
    [[nodiscard]] static constexpr std::size_t shift_of(std::size_t index) noexcept {
        return index < kExact ? 0 : index / (kExact / 2) - 1;
    }

    std::vector<std::uint64_t> counts_;
    std::uint64_t min_ = std::numeric_limits<std::uint64_t>::max();
    std::uint64_t max_ = 0;
};

}  // namespace shunt::perf
