// SPDX-License-Identifier: MIT
//
// What the judged histories are worth: each of these bugs in the real ring is found in histories of
// its threads.
#include "broken.hpp"
#include "contest.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

namespace shunt::linear {
namespace {

constexpr int kRounds = 200;

// The sentence has one of these words in it.
template <class ProducerPolicy, class ConsumerPolicy>
void found(const std::string& bug, Contest contest, const std::vector<std::string>& words) {
    contest.messages = 20'000;
    contest.patience = std::chrono::milliseconds{100};
    std::string said;
    for (int round = 1; round <= kRounds; ++round) {
        Contestants<ProducerPolicy, ConsumerPolicy> contestants{contest};
        said = contestants.run();
        for (const std::string& each : words) {
            if (said.find(each) != std::string::npos) {
                std::printf("%-28s caught in run %d: %s\n", bug.c_str(), round, said.c_str());
                return;
            }
        }
    }
    FAIL() << bug << ": not found, at last '" << said << "'";
}

constexpr Contest kTwoAndTwo{.slots = 8, .producers = 2, .consumers = 2};

TEST(SeededHistory, TwoClaimTheSame) {
    found<LooksAndStores, DefaultPolicy>("two-claim", kTwoAndTwo, {"out of order", "twice"});
}
TEST(SeededHistory, TwoTakeTheSame) {
    found<DefaultPolicy, LooksAndStores>("two-take", kTwoAndTwo, {"popped twice"});
}
TEST(SeededHistory, ReadyBeforeThePayload) {
    found<PublishesFirst, DefaultPolicy>("ready-before-payload", kTwoAndTwo,
                                         {"popped twice", "never pushed", "another value"});
}
TEST(SeededHistory, FreeBeforeTheCopy) {
    found<DefaultPolicy, FreesFirst>("free-before-copy", kTwoAndTwo,
                                     {"popped", "another value", "out of order"});
}
TEST(SeededHistory, ClaimsASlotThatIsBeingRead) {
    Contest contest = kTwoAndTwo;
    contest.slots = 2;
    contest.in_place = true;
    found<ClaimsWhatIsHeld, DefaultPolicy>(
        "claims-what-is-held", contest,
        {"no order of calls", "another value", "popped", "out of order", "twice"});
}
TEST(SeededHistory, EmptyOverAClaim) {
    found<ClaimsSlowly, EmptyOverClaims>("empty-over-claim", kTwoAndTwo,
                                         {"something was there all the time"});
}
TEST(SeededHistory, OverAClaimToTheNext) {
    found<ClaimsSlowly, PassesOverClaims>("over-a-claim", kTwoAndTwo, {"out of order", "popped"});
}
TEST(SeededHistory, FullByAHint) {
    Contest contest = kTwoAndTwo;
    contest.slots = 2;
    found<FullByHint<2>, ClaimsSlowly>("full-by-hint", contest, {"there was room all the time"});
}

}  // namespace
}  // namespace shunt::linear
