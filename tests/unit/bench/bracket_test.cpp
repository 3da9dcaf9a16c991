// SPDX-License-Identifier: MIT
#include <shunt_bench/bracket.hpp>

#include <gtest/gtest.h>

#include <vector>

namespace shunt::bench {
namespace {

using enum Verdict;
using Verdicts = std::vector<Verdict>;

TEST(Bracket, CountsRepeatsOnASteadyMachine) {
    EXPECT_EQ(judge(std::vector<Bracket>{{50, 51}, {49, 50}, {52, 52}}),
              (Verdicts{counted, counted, counted}));
    EXPECT_TRUE(judge({}).empty());
}

TEST(Bracket, DiscardsARepeatWhoseFloorsDifferByMoreThanAFifth) {
    EXPECT_EQ(judge(std::vector<Bracket>{{50, 60}, {50, 60.1}, {60.1, 50}, {55, 55}}),
              (Verdicts{counted, floors_differ, floors_differ, counted}));
}

TEST(Bracket, DiscardsARepeatFarFromTheMedianFloor) {
    EXPECT_EQ(
        judge(std::vector<Bracket>{{50, 50}, {50, 50}, {50, 50}, {60, 60}, {61, 61}, {39, 39}}),
        (Verdicts{counted, counted, counted, counted, off_median, off_median}));
}

TEST(Bracket, RepeatsWithDifferentFloorsDoNotMoveTheMedian) {
    // Of the two halves of a moving machine only what stood still is asked.
    const std::vector<Bracket> brackets{{50, 290}, {50, 290}, {50, 290}, {50, 50}, {50, 51}};
    EXPECT_EQ(judge(brackets),
              (Verdicts{floors_differ, floors_differ, floors_differ, counted, counted}));
}

TEST(Bracket, TheMajorityDecidesAndMayChangeAsTheRunGoesOn) {
    std::vector<Bracket> brackets{{280, 280}, {50, 50}, {50, 50}};
    EXPECT_EQ(judge(brackets), (Verdicts{off_median, counted, counted}));
    brackets.push_back({285, 285});
    brackets.push_back({275, 275});
    EXPECT_EQ(judge(brackets), (Verdicts{counted, off_median, off_median, counted, counted}));
}

TEST(Bracket, DiscardsARepeatWithoutAFloor) {
    EXPECT_EQ(judge(std::vector<Bracket>{{0, 50}, {50, 0}, {50, 50}}),
              (Verdicts{no_floor, no_floor, counted}));
    EXPECT_EQ(judge(std::vector<Bracket>{{0, 0}}), Verdicts{no_floor});
}

TEST(Bracket, SaysWhyARepeatDoesNotCount) {
    EXPECT_TRUE(to_string(counted).empty());
    for (const Verdict verdict : {no_floor, floors_differ, off_median}) {
        EXPECT_FALSE(to_string(verdict).empty());
    }
}

}  // namespace
}  // namespace shunt::bench
