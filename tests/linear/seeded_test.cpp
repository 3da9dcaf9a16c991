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

namespace shunt::linear {
namespace {

constexpr int kRounds = 200;

// Something is wrong with a history, beyond that it ended early.
template <class ProducerPolicy, class ConsumerPolicy>
void found(const std::string& bug, Contest contest) {
    contest.messages = 20'000;
    contest.patience = std::chrono::milliseconds{100};
    std::string said;
    for (int round = 1; round <= kRounds; ++round) {
        Contestants<ProducerPolicy, ConsumerPolicy> contestants{contest};
        said = contestants.run();
        if (!said.empty() && said != "stuck") {
            std::printf("%-28s caught in run %d: %s\n", bug.c_str(), round, said.c_str());
            return;
        }
    }
    FAIL() << bug << ": not found, at last '" << said << "'";
}

constexpr Contest kTwoAndTwo{.slots = 8, .producers = 2, .consumers = 2};

TEST(SeededHistory, TwoClaimTheSame) {
    found<LooksAndStores, DefaultPolicy>("two-claim", kTwoAndTwo);
}
TEST(SeededHistory, TwoTakeTheSame) {
    found<DefaultPolicy, LooksAndStores>("two-take", kTwoAndTwo);
}
TEST(SeededHistory, ReadyBeforeThePayload) {
    found<PublishesFirst, DefaultPolicy>("ready-before-payload", kTwoAndTwo);
}
TEST(SeededHistory, FreeBeforeTheCopy) {
    found<DefaultPolicy, FreesFirst>("free-before-copy", kTwoAndTwo);
}
TEST(SeededHistory, ClaimsASlotThatIsBeingRead) {
    Contest contest = kTwoAndTwo;
    contest.slots = 2;
    contest.in_place = true;
    found<ClaimsWhatIsHeld, Dawdles>("claims-what-is-held", contest);
}
TEST(SeededHistory, EmptyOverAClaim) {
    found<ClaimsSlowly, EmptyOverClaims>("empty-over-claim", kTwoAndTwo);
}
TEST(SeededHistory, OverAClaimToTheNext) {
    found<ClaimsSlowly, PassesOverClaims>("over-a-claim", kTwoAndTwo);
}
TEST(SeededHistory, FullByAHint) {
    Contest contest = kTwoAndTwo;
    contest.slots = 2;
    found<FullByHint<2>, ClaimsSlowly>("full-by-hint", contest);
}

}  // namespace
}  // namespace shunt::linear
