// SPDX-License-Identifier: MIT
#include <shunt_perf/clock.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace shunt::perf {
namespace {

TEST(Clock, NeedsACounterThatIsConstantAndNeverStops) {
    EXPECT_TRUE(counter_is_usable("fpu tsc constant_tsc sse nonstop_tsc"));
    EXPECT_FALSE(counter_is_usable("fpu tsc constant_tsc"));
    EXPECT_FALSE(counter_is_usable("fpu tsc nonstop_tsc"));
    EXPECT_FALSE(counter_is_usable("not_constant_tsc nonstop_tsc_s3"));
    EXPECT_FALSE(counter_is_usable(""));
}

TEST(Clock, AgreesWithTheKernelsClock) {
    // Readings on both sides of the kernel's: however late this thread runs, the kernel's interval
    // lies between the inner and the outer one.
    using Steady = std::chrono::steady_clock;
    const Clock clock = Clock::calibrate();
    const std::uint64_t outer_begin = clock.now();
    const auto begin = Steady::now();
    const std::uint64_t inner_begin = clock.now();
    auto end = begin;
    std::uint64_t inner_end = 0;
    do {
        inner_end = clock.now();
        end = Steady::now();
    } while (end - begin < std::chrono::milliseconds(20));
    const std::uint64_t outer_end = clock.now();
    const double want = std::chrono::duration<double, std::nano>(end - begin).count();
    EXPECT_LE(clock.to_ns(static_cast<double>(inner_end - inner_begin)), want * 1.001);
    EXPECT_GE(clock.to_ns(static_cast<double>(outer_end - outer_begin)), want * 0.999);
}

TEST(Clock, SaysWhichClockItIsAndWhatReadingCosts) {
    const Clock clock = Clock::calibrate();
    EXPECT_EQ(clock.source() == "counter", clock.note().empty());
    EXPECT_GE(clock.step_ticks(), 1u);
    EXPECT_GT(clock.read_ns(), 0);
    EXPECT_LT(clock.read_ns(), 10'000);
    EXPECT_NEAR(clock.to_ns(static_cast<double>(clock.to_ticks(1e6))), 1e6, 1e3);
}

TEST(Clock, IsTheCounterAtTheMedianOfItsRates) {
    const Clock clock = Clock::of_rates(std::vector<double>{0.5, 0.5001, 0.4999});
    EXPECT_TRUE(clock.is_counter());
    EXPECT_DOUBLE_EQ(clock.to_ns(2e9), 1e9);
    EXPECT_NEAR(clock.disagreement_ppm(), 400, 0.01);
    EXPECT_TRUE(clock.note().empty());
}

TEST(Clock, IsTheKernelsWhereTheCounterDoesNotGoEvenly) {
    for (const auto& rates : {std::vector<double>{0.5, 0.51, 0.5}, {0.5, -0.5, 0.5}}) {
        const Clock clock = Clock::of_rates(rates);
        EXPECT_FALSE(clock.is_counter());
        EXPECT_EQ(clock.source(), "clock_gettime");
        EXPECT_EQ(clock.to_ns(7), 7);
        EXPECT_NE(clock.note().find("clock_gettime is used"), std::string::npos);
    }
}

TEST(Clock, AMomentIsTheTightestOfSeveral) {
    const ClockMoment a = clock_moment();
    const ClockMoment b = clock_moment();
    EXPECT_LT(a.raw_ns, b.raw_ns);
    EXPECT_LT(a.within_ticks, 1'000'000'000u);
}

}  // namespace
}  // namespace shunt::perf
