// SPDX-License-Identifier: MIT
#include <shunt_perf/core_sharing.hpp>
#include <shunt_perf/cpus.hpp>

#include <gtest/gtest.h>

#include <vector>

namespace shunt::perf {
namespace {

using Rounds = std::vector<SharingRound>;

TEST(CoreSharing, IsHowMuchTwoGetDoneSideBySideOverEachAlone) {
    const auto apart = core_sharing_of(Rounds(4, {{100, 110}, {98, 107}}));
    ASSERT_TRUE(apart);
    EXPECT_DOUBLE_EQ(apart->together, 205.0 / 210);
    EXPECT_EQ(apart->windows, 4u);
    EXPECT_EQ(apart->shared(), false);
    EXPECT_EQ(core_sharing_of(Rounds(4, {{100, 100}, {50, 52}}))->shared(), true);
    EXPECT_FALSE(core_sharing_of(Rounds(4, {{100, 100}, {80, 80}}))->shared().has_value())
        << "neither";
}

TEST(CoreSharing, WindowsThatWereDisturbedDoNotCount) {
    Rounds rounds(3, {{100, 100}, {100, 100}});
    rounds.push_back({{0, 100}, {20, 0}});
    rounds.push_back({{1000, 0}, {0, 30}});
    rounds.push_back({{100, 100}, {0, 0}});
    const auto sharing = core_sharing_of(rounds);
    ASSERT_TRUE(sharing);
    EXPECT_DOUBLE_EQ(sharing->together, 1);
    EXPECT_EQ(sharing->windows, 3u) << "of those with both";
}

TEST(CoreSharing, OfTwoUndisturbedWindowsNothingIsKnown) {
    Rounds rounds(2, {{100, 100}, {100, 100}});
    rounds.push_back({{100, 0}, {100, 100}});
    EXPECT_FALSE(core_sharing_of(rounds));
    EXPECT_FALSE(core_sharing_of({}));
}

TEST(CoreSharing, OfThisHostIsAFigureOrSaysThatItCouldNotBeMeasured) {
    const std::vector<int> cpus = allowed_cpus();
    if (cpus.size() < 2) {
        GTEST_SKIP() << "one cpu only";
    }
    if (const auto sharing = measure_core_sharing(cpus[0], cpus[1])) {
        EXPECT_GT(sharing->together, 0.2);
        EXPECT_LT(sharing->together, 1.5);
    }
    EXPECT_EQ(allowed_cpus(), cpus) << "the caller stays where it was";
}

TEST(CoreSharing, OneCpuTwiceIsNeverTwoCores) {
    const int cpu = allowed_cpus().front();
    const auto sharing = measure_core_sharing(cpu, cpu);
    EXPECT_TRUE(!sharing || sharing->shared() != false);
}

TEST(CoreSharing, OfACpuThatIsNotThereNothingIsKnown) {
    EXPECT_FALSE(measure_core_sharing(allowed_cpus().front(), 1023));
}

}  // namespace
}  // namespace shunt::perf
