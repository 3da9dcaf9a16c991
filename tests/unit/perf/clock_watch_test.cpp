// SPDX-License-Identifier: MIT
#include <shunt_perf/clock_watch.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

namespace shunt::perf {
namespace {

// A counter of two ticks a ns, and the kernel's clock beside it, at moments that a test makes.
class WatchOf : public testing::Test {
protected:
    // So much later, by a counter that goes off by that many ppm.
    void pass(double ns, double ppm) {
        now_.raw_ns += static_cast<std::uint64_t>(ns);
        now_.ticks += static_cast<std::uint64_t>(2 * ns * (1 + ppm / 1e6));
    }
    void stretch(double ppm, double ns = 1e9) {
        pass(ns, ppm);
        watch_.mark();
    }

    const Clock clock_ = Clock::of_rates(std::vector<double>{0.5});
    ClockMoment now_{1000, 5'000'000, 40};
    ClockWatch watch_{clock_, [this] { return now_; }};
};

TEST_F(WatchOf, DriftIsWhatTheCountersTimeIsLongerThanTheKernels) {
    stretch(50);
    stretch(-150);
    EXPECT_NEAR(watch_.all().ppm, -50, 0.01);
    EXPECT_DOUBLE_EQ(watch_.all().elapsed_ns, 2e9);
    EXPECT_NEAR(watch_.worst().ppm, -150, 0.01);
    EXPECT_NEAR(watch_.worst().bound_ppm, 0.02, 1e-6) << "20 ns of a second";
    EXPECT_FALSE(watch_.all().beyond(49.99));
    EXPECT_TRUE(watch_.worst().beyond(149));
    EXPECT_FALSE(watch_.worst().beyond(151));
}

TEST_F(WatchOf, OfAShortStretchLittleIsKnown) {
    now_.within_ticks = 2000;
    stretch(600, 1e6);
    EXPECT_NEAR(watch_.worst().ppm, 600, 1);
    EXPECT_FALSE(watch_.worst().beyond(ClockWatch::kMostPpm)) << "half a us of 1 ms is 500 ppm";
}

TEST_F(WatchOf, AClockThatIsOffInMostStretchesIsWrong) {
    stretch(5000);
    stretch(5000);
    EXPECT_FALSE(watch_.is_wrong()) << "two are too few";
    stretch(-5000);
    EXPECT_TRUE(watch_.is_wrong());
}

TEST_F(WatchOf, OneLeapDoesNotMakeItWrong) {
    for (int i = 0; i < 5; ++i) {
        stretch(i == 2 ? 1e6 : 3);
    }
    EXPECT_FALSE(watch_.is_wrong());
    EXPECT_TRUE(watch_.worst().beyond(9e5));
}

TEST_F(WatchOf, WhatPassesBeforeAStretchBeginsAnewIsInNone) {
    pass(5e9, 0);
    watch_.begin();
    stretch(7, 2e9);
    EXPECT_DOUBLE_EQ(watch_.last().elapsed_ns, 2e9);
    EXPECT_NEAR(watch_.last().ppm, 7, 0.01);
    EXPECT_DOUBLE_EQ(watch_.all().elapsed_ns, 7e9) << "the base line is all of it";
}

TEST_F(WatchOf, JsonHasTheWholeAndTheWorst) {
    EXPECT_TRUE(watch_.to_json().is_null()) << "nothing has passed";
    stretch(1);
    stretch(3);
    const nlohmann::json json = watch_.to_json();
    EXPECT_NEAR(json.at("ppm"), 2, 0.01);
    EXPECT_NEAR(json.at("worst_ppm"), 3, 0.01);
    EXPECT_EQ(json.at("stretches"), 2);
    EXPECT_EQ(json.at("elapsed_ns"), 2e9);
    EXPECT_NEAR(json.at("bound_ppm"), 0.01, 1e-6);
}

TEST_F(WatchOf, AClockThatStandsStillOrGoesBackIsNoNumber) {
    watch_.mark();
    EXPECT_EQ(watch_.worst().ppm, 0);
    now_.raw_ns -= 10;
    watch_.mark();
    EXPECT_EQ(watch_.all().ppm, 0);
}

TEST(ClockWatch, OfTheKernelsOwnClockThereIsNothingToSay) {
    const Clock clock = Clock::of_rates(std::vector<double>{0.5, 1});
    ClockWatch watch(clock);
    watch.mark();
    EXPECT_TRUE(watch.to_json().is_null());
}

// The clocks of this host, for as long as both can be read a thousand times.
TEST(ClockWatch, OfThisHost) {
    const Clock clock = Clock::calibrate();
    ClockWatch watch(clock);
    for (int i = 0; i < 1000; ++i) {
        (void)clock_moment();
    }
    watch.mark();
    EXPECT_GT(watch.all().elapsed_ns, 0);
    EXPECT_EQ(watch.to_json().is_null(), !clock.is_counter());
}

}  // namespace
}  // namespace shunt::perf
