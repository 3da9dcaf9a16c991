// SPDX-License-Identifier: MIT
#include <shunt_perf/histogram.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace shunt::perf {
namespace {

// The value at the rank that percentile() takes, from all samples.
double exact(std::vector<std::uint64_t> values, double q) {
    std::sort(values.begin(), values.end());
    const auto rank = static_cast<std::size_t>(std::ceil(static_cast<double>(values.size()) * q));
    return static_cast<double>(values[rank - 1]);
}

std::vector<std::uint64_t> random_values(std::size_t n, std::uint64_t seed) {
    std::mt19937_64 random(seed);
    std::lognormal_distribution<double> shape(6.0, 2.5);
    std::vector<std::uint64_t> values(n);
    for (auto& value : values) {
        value = static_cast<std::uint64_t>(shape(random));
    }
    return values;
}

TEST(Histogram, PercentilesAgreeWithTheExactOnesToThreeDigits) {
    const auto values = random_values(300'000, 7);
    Histogram histogram;
    for (const auto value : values) {
        histogram.record(value);
    }
    ASSERT_EQ(histogram.count(), values.size());
    EXPECT_EQ(histogram.min(), *std::min_element(values.begin(), values.end()));
    EXPECT_EQ(histogram.max(), *std::max_element(values.begin(), values.end()));
    for (const double q : {0.01, 0.1, 0.5, 0.9, 0.99, 0.999, 0.9999}) {
        const double want = exact(values, q);
        const auto got = histogram.percentile(q);
        ASSERT_TRUE(got.has_value()) << q;
        EXPECT_NEAR(*got, want, want / 1000 + 0.5) << q;
    }
}

TEST(Histogram, EveryValueFallsIntoABinThatHoldsIt) {
    std::mt19937_64 random(3);
    for (unsigned bits = 1; bits <= Histogram::kValueBits; ++bits) {
        for (int i = 0; i < 200; ++i) {
            const std::uint64_t value = random() & ((std::uint64_t{1} << bits) - 1);
            const std::size_t index = Histogram::index_of(value);
            ASSERT_LT(index, Histogram::kBins);
            ASSERT_LE(Histogram::lowest_of(index), value);
            ASSERT_LT(value - Histogram::lowest_of(index), Histogram::width_of(index));
            ASSERT_LE(Histogram::width_of(index) * 1000, std::max<std::uint64_t>(value, 1000));
        }
    }
    EXPECT_EQ(Histogram::index_of(Histogram::kLargest), Histogram::kBins - 1);
}

TEST(Histogram, BinsMeetWithoutGapOrOverlap) {
    for (std::size_t i = 1; i < Histogram::kBins; ++i) {
        ASSERT_EQ(Histogram::lowest_of(i),
                  Histogram::lowest_of(i - 1) + Histogram::width_of(i - 1));
    }
}

TEST(Histogram, PercentileIsNullWithFewerThanTenSamplesBeyondIt) {
    Histogram histogram;
    for (std::uint64_t i = 1; i <= 999; ++i) {
        histogram.record(i);
    }
    EXPECT_FALSE(histogram.percentile(0.99).has_value());  // 9 beyond rank 990
    histogram.record(1000);
    EXPECT_TRUE(histogram.percentile(0.99).has_value());  // 10 beyond
    EXPECT_FALSE(histogram.percentile(0.991).has_value());
    EXPECT_NEAR(*histogram.percentile(0.5), 500, 1);
}

TEST(Histogram, AnEmptyOneHasNoPercentile) {
    const Histogram histogram;
    EXPECT_EQ(histogram.count(), 0u);
    EXPECT_FALSE(histogram.percentile(0.5).has_value());
    EXPECT_GT(histogram.min(), histogram.max());
}

TEST(Histogram, ValuesBeyondTheRangeCountAsTheLargest) {
    Histogram histogram;
    histogram.record(~std::uint64_t{0});
    EXPECT_EQ(histogram.max(), Histogram::kLargest);
    EXPECT_EQ(histogram.counts().back(), 1u);
}

TEST(Histogram, MergedPartsEqualTheWhole) {
    const auto values = random_values(60'000, 11);
    Histogram whole, dense, sparse, spans;
    Histogram parts[3];
    for (std::size_t i = 0; i < values.size(); ++i) {
        whole.record(values[i]);
        parts[i % 3].record(values[i]);
    }
    for (const Histogram& part : parts) {
        dense.merge(part);
        sparse.merge(part.sparse());
        spans.merge(part.counts(), part.min(), part.max());
    }
    for (const Histogram* merged : {&dense, &sparse, &spans}) {
        EXPECT_TRUE(
            std::equal(whole.counts().begin(), whole.counts().end(), merged->counts().begin()));
        EXPECT_EQ(merged->min(), whole.min());
        EXPECT_EQ(merged->max(), whole.max());
    }
    dense.reset();
    EXPECT_EQ(dense.count(), 0u);
    EXPECT_GT(dense.min(), dense.max());
}

TEST(Histogram, ACoarseClockDoesNotMakeTheMedianCoarse) {
    // Durations of 84 ticks seen through a clock that steps by 30: the time stamps of both ends
    // are rounded down, so that 60 and 90 are recorded, one in five and four in five.
    Histogram histogram;
    std::mt19937_64 random(5);
    for (int i = 0; i < 100'000; ++i) {
        const std::uint64_t begin = random() % 30;
        histogram.record((begin + 84) / 30 * 30);
    }
    EXPECT_NEAR(*histogram.percentile(0.5, 30), 84, 3);
    EXPECT_NEAR(*histogram.percentile(0.5), 90, 1);
}

}  // namespace
}  // namespace shunt::perf
