// SPDX-License-Identifier: MIT
#include "bench/lib/src/paired.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace shunt::bench {
namespace {

using nlohmann::json;

std::vector<perf::Pair> over_ten(const std::vector<double>& ours) {
    std::vector<perf::Pair> pairs;
    for (const double figure : ours) {
        pairs.push_back({figure, 10});
    }
    return pairs;
}

TEST(Paired, ARatioThatIsAllOnOneSideOfOneIsADifference) {
    const json ratio = ratio_json(over_ten({5, 6, 7, 8, 9, 6, 7, 8}));
    EXPECT_EQ(ratio["median"], 0.7);
    EXPECT_EQ(ratio["low"], 0.5);
    EXPECT_EQ(ratio["high"], 0.9);
    EXPECT_EQ(ratio["n"], 8);
    EXPECT_GE(ratio["bootstrap"]["low"], 0.5);
    EXPECT_LE(ratio["bootstrap"]["high"], 0.9);
    EXPECT_EQ(ratio["no_difference"], false);
    EXPECT_EQ(difference_words(ratio), "");
}

TEST(Paired, OneInsideTheIntervalIsNoDifference) {
    const json ratio = ratio_json(over_ten({8, 9, 9.5, 10.5, 11, 12}));
    EXPECT_EQ(ratio["no_difference"], true);
    EXPECT_EQ(difference_words(ratio), "no difference");
    // One repeat of many does not make it one: the interval is that of the median.
    std::vector<double> mostly(20, 7);
    mostly.push_back(30);
    EXPECT_EQ(ratio_json(over_ten(mostly))["no_difference"], false);
    EXPECT_EQ(ratio_json(over_ten(std::vector<double>(9, 10)))["no_difference"], true);
}

TEST(Paired, OfFewRepeatsNeitherIsKnown) {
    const json ratio = ratio_json(over_ten({5, 6, 7, 8}));
    EXPECT_EQ(ratio["n"], 4);
    EXPECT_TRUE(ratio["bootstrap"].is_null());
    EXPECT_TRUE(ratio["no_difference"].is_null());
    EXPECT_EQ(difference_words(ratio), "");
    EXPECT_TRUE(ratio_json({}).is_null());
    EXPECT_EQ(difference_words(ratio_json({})), "");
}

TEST(Paired, ADifferenceIsNoneWhereZeroIsInside) {
    const std::vector<double> around{-2, -1, 0.5, 1, 2, 3};
    EXPECT_EQ(difference_json(around)["no_difference"], true);
    const std::vector<double> above{1, 2, 3, 4, 5, 6};
    EXPECT_EQ(difference_json(above)["no_difference"], false);
}

TEST(Paired, SmallRatiosKeepTheirDigits) {
    EXPECT_DOUBLE_EQ(ratio_json(std::vector<perf::Pair>{{1, 1234.5}})["median"].get<double>(),
                     0.00081);
    EXPECT_DOUBLE_EQ(ratio_json(std::vector<perf::Pair>{{7, 9}})["median"].get<double>(), 0.7778);
}

TEST(Paired, LinesSayHowFarMediansAreKnownAndWhereThereIsNoDifference) {
    const json known = ratio_json(over_ten({5, 5, 5, 5, 5, 5}));
    const json equal = ratio_json(over_ten({8, 9, 9.5, 10.5, 11, 12}));
    const json few = ratio_json(over_ten({5}));
    EXPECT_EQ(interval_lines("ratios:", {{"boost", known}, {"few", few}, {"futex", equal}}),
              "ratios:\n"
              "  boost                0.500 to 0.500\n"
              "  few                  not known: it takes five repeats, and there are 1\n"
              "  futex                0.800 to 1.200: no difference\n");
    EXPECT_EQ(interval_lines("ratios:", {{"none", nullptr}}), "");
    EXPECT_EQ(interval_lines("old:", {{"boost", {{"median", 1}, {"low", 1}, {"high", 1}}}}), "");
}

}  // namespace
}  // namespace shunt::bench
