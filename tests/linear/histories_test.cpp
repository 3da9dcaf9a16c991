// SPDX-License-Identifier: MIT
//
// Long histories of the real owner-word ring, judged whole: 10^6 pushes and pops, four times that
// with SHUNT_TEST_FULL, a tenth under a sanitizer.
#include "contest.hpp"
#include "dawdling.hpp"
#include "report.hpp"

#include <gtest/gtest.h>

#include <string>

namespace shunt::linear {
namespace {

class LongHistory : public testing::TestWithParam<Contest> {};

TEST_P(LongHistory, IsLinearizable) {
    Contest contest = GetParam();
    contest.messages = many_messages();
    Contestants<DefaultPolicy, DefaultPolicy> contestants{contest};
    EXPECT_EQ(contestants.run(), "");
    expect_complete(contestants.history(), contest.messages);
}

// Each access may let another thread go first: a fifth of the messages, and most calls overlap.
TEST_P(LongHistory, OfThreadsThatDawdleIsLinearizable) {
    Contest contest = GetParam();
    contest.messages = many_messages() / 5;
    Contestants<Dawdles, Dawdles> contestants{contest};
    EXPECT_EQ(contestants.run(), "");
    EXPECT_GT(expect_complete(contestants.history(), contest.messages), contest.messages / 100);
}

// What is given up leaves no position there.
class LongHistoryOfBlocks : public testing::TestWithParam<Contest> {};
TEST_P(LongHistoryOfBlocks, IsLinearizable) {
    Contest contest = GetParam();
    contest.messages = many_messages();
    Contestants<DefaultPolicy, DefaultPolicy, Blocked> contestants{contest};
    EXPECT_EQ(contestants.run(), "");
    expect_complete(contestants.history(), contest.messages);
}
TEST_P(LongHistoryOfBlocks, OfThreadsThatDawdleIsLinearizable) {
    Contest contest = GetParam();
    contest.messages = many_messages() / 5;
    Contestants<Dawdles, Dawdles, Blocked> contestants{contest};
    EXPECT_EQ(contestants.run(), "");
    EXPECT_GT(expect_complete(contestants.history(), contest.messages), contest.messages / 100);
}

std::string name_of(const testing::TestParamInfo<Contest>& info) {
    const Contest& c = info.param;
    return std::to_string(c.producers) + "P" + std::to_string(c.consumers) + "COn" +
           std::to_string(c.slots) + (c.in_place ? "InPlace" : "Copied") +
           (c.abandon_every != 0 ? "WithGaps" : "");
}
INSTANTIATE_TEST_SUITE_P(
    Ring, LongHistory,
    testing::Values(Contest{.slots = 8, .producers = 2, .consumers = 2, .in_place = true},
                    Contest{.slots = 4, .consumers = 2},
                    Contest{.slots = 2, .producers = 2, .in_place = true, .abandon_every = 7}),
    &name_of);
INSTANTIATE_TEST_SUITE_P(
    Ring, LongHistoryOfBlocks,
    testing::Values(Contest{.slots = 8, .producers = 2, .consumers = 2, .in_place = true},
                    Contest{.slots = 4, .consumers = 2}, Contest{.slots = 16, .producers = 2}),
    &name_of);

}  // namespace
}  // namespace shunt::linear
