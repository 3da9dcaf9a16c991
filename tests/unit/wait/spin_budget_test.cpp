// SPDX-License-Identifier: MIT
#include <shunt/core/wait/spin_budget.hpp>

#include <gtest/gtest.h>

#include <cstdint>

namespace shunt {
namespace {

constexpr std::uint64_t kTicksPerMs = 1'000'000;  // a tick is a nanosecond
constexpr std::uint64_t kMost = SpinBudget::kMostNs;

void learn(SpinBudget& budget, std::uint64_t waited, int times) {
    for (int i = 0; i < times; ++i) {
        budget.learn(waited);
    }
}

TEST(SpinBudget, BeginsByPollingAsLongAsASleepCosts) {
    EXPECT_EQ(SpinBudget{kTicksPerMs}.ticks(), kMost);
}

TEST(SpinBudget, PollsSomeTimesLongerThanWaitsTake) {
    SpinBudget budget{kTicksPerMs};
    learn(budget, 1'000, 100);
    EXPECT_GT(budget.ticks(), 4'000u);
    EXPECT_LT(budget.ticks(), 12'000u);
}

TEST(SpinBudget, SleepsAtOnceWhereWaitsAreLong) {
    SpinBudget budget{kTicksPerMs};
    learn(budget, 1'000, 100);
    learn(budget, 64'000'000, 2);
    EXPECT_GT(budget.ticks(), 0u) << "a pause or two are none";
    learn(budget, 64'000'000, 20);
    int polled = 0;
    for (std::uint32_t wait = 0; wait < 4 * SpinBudget::kTriesOneOf; ++wait) {
        polled += budget.ticks() != 0 ? 1 : 0;
        budget.learn(64'000'000);
    }
    EXPECT_EQ(polled, 4) << "one of sixteen tries";
}

TEST(SpinBudget, PollsAgainOnceThatHelped) {
    SpinBudget budget{kTicksPerMs};
    learn(budget, 64'000'000, 100);
    budget.learn(40'000);
    EXPECT_EQ(budget.ticks(), kMost);
    learn(budget, 2'000, 50);
    EXPECT_LT(budget.ticks(), 20'000u);
    EXPECT_GT(budget.ticks(), 8'000u);
}

TEST(SpinBudget, StandsAClockThatHardlyTicks) {
    SpinBudget budget{0};
    EXPECT_GT(budget.ticks(), 0u);
    learn(budget, 1'000, 30);
    learn(budget, 0, 60);
    EXPECT_GT(budget.ticks(), 0u);
}

}  // namespace
}  // namespace shunt
