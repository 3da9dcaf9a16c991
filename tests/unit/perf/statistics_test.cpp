// SPDX-License-Identifier: MIT
#include <shunt_perf/statistics.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <ctime>
#include <numeric>
#include <random>
#include <vector>

namespace shunt::perf {
namespace {

TEST(Statistics, MedianIsTheMiddleOrTheMeanOfTheTwoMiddleValues) {
    EXPECT_EQ(median(std::vector<double>{3, 1, 2}), 2);
    EXPECT_EQ(median(std::vector<double>{4, 1, 3, 2}), 2.5);
    EXPECT_EQ(median(std::vector<double>{7}), 7);
    EXPECT_FALSE(median(std::vector<double>{}).has_value());
}

TEST(Statistics, SpreadHasTheExtremesAndTheNumber) {
    const auto all = spread(std::vector<double>{5, -1, 3});
    ASSERT_TRUE(all.has_value());
    EXPECT_EQ(all->median, 3);
    EXPECT_EQ(all->low, -1);
    EXPECT_EQ(all->high, 5);
    EXPECT_EQ(all->n, 3u);
}

TEST(Statistics, PairedRatioIsTheMedianOfRatiosNotTheRatioOfMedians) {
    // Medians are 20 and 20; ratios are 0.5, 2, 3.
    const std::vector<Pair> pairs{{10, 20}, {20, 10}, {90, 30}};
    const auto ratio = spread(ratios_of(pairs));
    ASSERT_TRUE(ratio.has_value());
    EXPECT_DOUBLE_EQ(ratio->median, 2);
    EXPECT_DOUBLE_EQ(ratio->low, 0.5);
    EXPECT_DOUBLE_EQ(ratio->high, 3);
    EXPECT_EQ(ratio->n, 3u);
}

TEST(Statistics, RatiosLeaveOutWhatCouldNotBeMeasured) {
    EXPECT_EQ(ratios_of(std::vector<Pair>{{10, 0}, {20, 10}, {0, 10}}), std::vector<double>{2});
    EXPECT_TRUE(ratios_of(std::vector<Pair>{{1, 0}}).empty());
}

TEST(Statistics, IntervalIsAroundTheMedianAndNarrowsWithMoreValues) {
    std::vector<double> few;
    std::vector<double> many;
    for (int i = 0; i < 1000; ++i) {
        const double value = (i * 37) % 101;
        if (i < 15) {
            few.push_back(value);
        }
        many.push_back(value);
    }
    const auto wide = median_interval(few);
    const auto narrow = median_interval(many);
    ASSERT_TRUE(wide && narrow);
    EXPECT_LE(wide->low, *median(few));
    EXPECT_GE(wide->high, *median(few));
    EXPECT_LT(wide->low, wide->high);
    EXPECT_LE(narrow->low, 50);
    EXPECT_GE(narrow->high, 50);
    EXPECT_LT(narrow->high - narrow->low, wide->high - wide->low);
    EXPECT_EQ(median_interval(few)->low, wide->low) << "the same values give the same interval";
}

TEST(Statistics, IntervalOfEqualsIsThatValueAndOfFewValuesThereIsNone) {
    const auto same = median_interval(std::vector<double>(9, 7.0));
    ASSERT_TRUE(same);
    EXPECT_EQ(same->low, 7);
    EXPECT_EQ(same->high, 7);
    EXPECT_FALSE(median_interval(std::vector<double>{1, 2, 3, 4}));
}

// How often the interval has the true median in it: the claim itself, on what latencies look like.
double coverage(std::size_t n, std::uint32_t seed) {
    constexpr int kTrials = 1000;
    std::mt19937 random{seed};
    std::lognormal_distribution<double> latencies(0, 1);  // whose median is 1
    int hits = 0;
    for (int i = 0; i < kTrials; ++i) {
        std::vector<double> values(n);
        std::generate(values.begin(), values.end(), [&] { return latencies(random); });
        const auto interval = median_interval(values);
        hits += interval->low <= 1 && 1 <= interval->high ? 1 : 0;
    }
    return static_cast<double>(hits) / kTrials;
}

TEST(Statistics, IntervalHasTheTrueMedianNinetyFiveTimesOfAHundred) {
    EXPECT_NEAR(coverage(5, 1), 0.94, 0.02) << "their range";
    for (const std::size_t n : {6u, 7u, 8u, 9u, 12u, 15u, 30u, 60u}) {
        const double share = coverage(n, 7 + static_cast<std::uint32_t>(n));
        EXPECT_GE(share, 0.94) << n;  // a thousand trials know it to 0.7 %
        EXPECT_LE(share, n < 10 ? 0.999 : 0.985) << n << ": far wider than it need be";
    }
}

TEST(Statistics, IntervalsOfThousandsOfRowsTakeNoTime) {
    std::vector<double> values(15);
    std::iota(values.begin(), values.end(), 0.0);
    const auto begin = std::clock();
    double sum = 0;
    for (int i = 0; i < 5000; ++i) {
        values[7] = 7 + i % 2;
        sum += median_interval(values)->low;
    }
    EXPECT_GT(sum, 0);
    EXPECT_LT(static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC, 10)
        << "of cpu time, and in a build with checks";
}

}  // namespace
}  // namespace shunt::perf
