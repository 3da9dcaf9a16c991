// SPDX-License-Identifier: MIT
#include <shunt_perf/statistics.hpp>

#include <gtest/gtest.h>

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
    const auto ratio = paired_ratio(pairs);
    ASSERT_TRUE(ratio.has_value());
    EXPECT_DOUBLE_EQ(ratio->median, 2);
    EXPECT_DOUBLE_EQ(ratio->low, 0.5);
    EXPECT_DOUBLE_EQ(ratio->high, 3);
    EXPECT_EQ(ratio->n, 3u);
}

TEST(Statistics, PairedRatioLeavesOutWhatCouldNotBeMeasured) {
    const std::vector<Pair> pairs{{10, 0}, {20, 10}, {0, 10}};
    ASSERT_TRUE(paired_ratio(pairs).has_value());
    EXPECT_EQ(paired_ratio(pairs)->n, 1u);
    EXPECT_DOUBLE_EQ(paired_ratio(pairs)->median, 2);
    EXPECT_FALSE(paired_ratio(std::vector<Pair>{{1, 0}}).has_value());
}

TEST(Statistics, BootstrapIsAroundTheMedianAndNarrowsWithMoreValues) {
    std::vector<double> few;
    std::vector<double> many;
    for (int i = 0; i < 1000; ++i) {
        const double value = (i * 37) % 101;
        if (i < 15) {
            few.push_back(value);
        }
        many.push_back(value);
    }
    const auto wide = bootstrap_median(few);
    const auto narrow = bootstrap_median(many);
    ASSERT_TRUE(wide && narrow);
    EXPECT_LE(wide->low, *median(few));
    EXPECT_GE(wide->high, *median(few));
    EXPECT_LT(wide->low, wide->high);
    EXPECT_LE(narrow->low, 50);
    EXPECT_GE(narrow->high, 50);
    EXPECT_LT(narrow->high - narrow->low, wide->high - wide->low);
    EXPECT_EQ(bootstrap_median(few)->low, wide->low) << "the same values give the same interval";
}

TEST(Statistics, BootstrapOfEqualsIsThatValueAndOfFewValuesThereIsNone) {
    const auto same = bootstrap_median(std::vector<double>(9, 7.0));
    ASSERT_TRUE(same);
    EXPECT_EQ(same->low, 7);
    EXPECT_EQ(same->high, 7);
    EXPECT_FALSE(bootstrap_median(std::vector<double>{1, 2, 3, 4}));
}

}  // namespace
}  // namespace shunt::perf
