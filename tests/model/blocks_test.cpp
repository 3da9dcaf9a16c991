// SPDX-License-Identifier: MIT
//
// As mpmc_test.cpp and mpmc_bytes_test.cpp, of the ring whose messages lie in blocks.
#include "model/broken_blocks.hpp"
#include "model/explore.hpp"
#include "model/mpmc_bytes_rig.hpp"
#include "model/mpmc_program.hpp"
#include "model/mpmc_sleep_program.hpp"
#include "unit/core/block_rig.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

namespace shunt::model {
namespace {

template <class P>
using Blocks = MpmcProgram<P, test::BlockRig<Whole, P>>;
template <class P>
using BlocksOfBytes = MpmcProgram<P, HeadsInBlocksRig<P>>;

std::string name_of(const MpmcCase& c, int deaths) {
    return std::to_string(c.slots) + "-" + std::to_string(c.producers) + "P" +
           std::to_string(c.consumers) + "C-" + std::to_string(c.messages) +
           (c.peek ? "-peek" : "-pop") + (c.abandons ? "-abandon" : "") +
           (c.policy == ring::on_orphan::drop ? "-drop" : "") + (c.first_lap != 0 ? "-late" : "") +
           (c.heirs ? "" : "-no heir") + (c.sweeps ? "-sweep" : "") +
           (c.tries != 0 ? "-tries" + std::to_string(c.tries) : "") + "-" + std::to_string(deaths);
}

template <template <class> class Program = Blocks>
void holds(const MpmcCase& c, int deaths, int preemptions = -1, int in_full = -1) {
    Program<ModelPolicy> program{c};
    const int most = std::getenv("SHUNT_TEST_FULL") != nullptr ? in_full : preemptions;
    const bool bytes = std::is_same_v<Program<ModelPolicy>, BlocksOfBytes<ModelPolicy>>;
    expect_holds((bytes ? "blocks-bytes" : "blocks") + name_of(c, deaths), program,
                 {.deaths = deaths, .preemptions = most});
}
void holds_of_bytes(const MpmcCase& c, int deaths, int preemptions = -1, int in_full = -1) {
    holds<BlocksOfBytes>(c, deaths, preemptions, in_full);
}

constexpr std::uint64_t kLast = ring::BlockWord::kLapMask;

TEST(ExploreBlocks, OneAndOne) {
    for (const bool peek : {false, true}) {
        holds({.messages = 3, .peek = peek}, 0);
        holds({.messages = 3, .peek = peek}, 1, 2, 3);
        holds({.messages = 2, .peek = peek}, 2, 1);
    }
}

TEST(ExploreBlocks, TwoProducers) {
    holds({.producers = 2, .messages = 1}, 0);
    holds({.producers = 2, .messages = 2}, 0, 2, 4);
    holds({.producers = 2, .messages = 1}, 1, 1, 2);
    holds({.producers = 2, .messages = 1}, 2, 0, 1);
}

TEST(ExploreBlocks, TwoConsumers) {
    holds({.consumers = 2, .messages = 2}, 0, 2, 4);
    holds({.consumers = 2, .messages = 2, .peek = true}, 1, 1, 2);
    holds({.consumers = 2, .messages = 2, .heirs = false}, 1, 1, 2);
    holds({.consumers = 2, .messages = 1}, 2, 0, 1);
}

TEST(ExploreBlocks, TwoAndTwo) {
    holds({.producers = 2, .consumers = 2, .messages = 1}, 0, 2, 3);
    holds({.producers = 2, .consumers = 2, .messages = 1}, 1, 0, 1);
    holds({.producers = 2, .consumers = 2, .messages = 1}, 2, 0, 0);
}

TEST(ExploreBlocks, ProducersRecoverTheDead) {
    holds({.consumers = 2, .messages = 3, .heirs = false, .sweeps = true}, 1, 1, 2);
    holds({.consumers = 2, .messages = 3, .heirs = false, .sweeps = true}, 2, 0, 1);
}

TEST(ExploreBlocks, WhatIsDroppedGivesItsBlockBack) {
    const auto drop = ring::on_orphan::drop;
    holds({.messages = 3, .policy = drop}, 1, 2, 3);
    holds({.consumers = 2, .messages = 2, .policy = drop, .sweeps = true}, 1, 1, 2);
    holds({.consumers = 2, .messages = 2, .policy = drop, .heirs = false, .sweeps = true}, 2, 0, 1);
    holds({.producers = 2, .messages = 1, .policy = drop}, 2, 0, 1);
}

TEST(ExploreBlocks, DeathsUntilAMessageIsADeadLetter) {
    for (const std::uint32_t deaths : {1u, 2u}) {
        const auto all = static_cast<int>(deaths) + 1;
        holds({.messages = 2, .peek = true, .tries = ring::BlockWord::kMostTries - deaths}, all, 1,
              2);
    }
    holds({.consumers = 2, .messages = 2, .heirs = false, .tries = ring::BlockWord::kMostTries - 1},
          1, 1, 3);
}

TEST(ExploreBlocks, WhatIsGivenUpLeavesNoGapOverTheEndOfTheLaps) {
    holds({.messages = 3, .abandons = true, .first_lap = kLast}, 1, 2, 3);
    holds({.producers = 2, .messages = 2, .abandons = true}, 0, 2, 4);
    holds({.slots = 4, .messages = 5, .first_lap = kLast}, 0, 4);
}

TEST(ExploreBlocks, OfBytes) {
    holds_of_bytes({.messages = 3}, 0);
    holds_of_bytes({.messages = 3}, 1, 1, 2);
    holds_of_bytes({.messages = 3, .peek = true}, 1, 1, 2);
    holds_of_bytes({.messages = 3, .abandons = true, .first_lap = kLast}, 1, 1, 2);
    holds_of_bytes({.producers = 2, .messages = 1}, 1, 1, 2);
    holds_of_bytes({.consumers = 2, .messages = 2, .peek = true}, 0, 2, 4);
}

TEST(ExploreBlocks, Sleeping) {
    using Sleeping = MpmcSleepProgram<ModelPolicy, test::BlockRig<Whole, ModelPolicy>>;
    const auto sleeps = [](const std::string& name, const MpmcCase& c, int deaths,
                           int preemptions) {
        Sleeping program{c};
        expect_holds("blocks-sleep-" + name, program,
                     {.deaths = deaths, .preemptions = preemptions});
    };
    sleeps("1P1C", {.messages = 3}, 0, 3);
    sleeps("2P1C", {.producers = 2, .messages = 2}, 0, 2);
    sleeps("1P2C-peek", {.consumers = 2, .messages = 3, .peek = true}, 0, 2);
    sleeps("1P1C-death", {.messages = 3}, 1, 1);
    sleeps("1P2C-death", {.consumers = 2, .messages = 2}, 1, 1);
}

template <class P, class Program = Blocks<P>>
void fails(const std::string& name, MpmcCase c, int deaths, const std::string& with,
           bool watched = false, int preemptions = 3) {
    c.watched = watched;
    Program program{c};
    expect_fails("blocks-" + name, program, {.deaths = deaths, .preemptions = preemptions}, with);
}

TEST(SeededBlocks, ReadyBeforeThePayload) {
    fails<PublishesABlockBeforeItCopies>("ready-before-payload", {}, 0, "other bytes");
}
TEST(SeededBlocks, GivenBackBeforeTheCopy) {
    fails<GivesBackBeforeItCopies>("back-before-copy", {.messages = 3}, 0, "");
}
TEST(SeededBlocks, TheBlockBeforeItsSlot) {
    fails<GivesTheBlockBackFirst>("block-first", {.messages = 3}, 1, "");
    fails<GivesTheBlockBackFirst>("block-first-watched", {}, 0,
                                  "a block is given back that a slot names", true);
}
TEST(SeededBlocks, ABlockThatStaysInItsProducersName) {
    fails<MovesNoBlock>("no-move", {}, 1, "a block is held in the end");
}
TEST(SeededBlocks, ABlockThatASlotStillNames) {
    fails<AsksNoSlot>("no-ring-check", {.messages = 2}, 1, "");
}
TEST(SeededBlocks, TwoTakeTheSame) {
    // So many that both begin with the same one.
    fails<TakesBlocksWithoutCas>(
        "two-take", {.slots = 4, .producers = 2, .consumers = 2, .messages = 1}, 0, "");
    fails<PublishesWithoutCas>("two-publish", {.producers = 2, .messages = 1}, 0, "");
}
TEST(SeededBlocks, ADroppedMessagesBlock) {
    fails<DropsWithoutTheBlock>("drop-without-block", {.policy = ring::on_orphan::drop}, 1,
                                "a block is held in the end");
}
TEST(SeededBlocks, AWordWithoutRoomForTheBlock) {
    fails<LosesTheBlock>("flaw7-no-room", {}, 1, "");
}
TEST(SeededBlocks, AFreeSlotOfTheOldLap) {
    fails<FreesABlocksOldLap>("old-lap", {.messages = 3}, 0, "");
}

// A recoverer that was delayed does not ask the registry again.
struct Hasty : Blocks<ModelPolicy> {
    using MpmcProgram::MpmcProgram;
    bool still_dead(std::size_t, std::uint64_t) override { return true; }
};
TEST(SeededBlocks, ARecovererThatDoesNotAskAgain) {
    const MpmcCase reused{.messages = 2, .generations = 1};
    Blocks<ModelPolicy> right{reused};
    expect_holds("blocks-asks-again", right, {.deaths = 1, .preemptions = 2});
    fails<ModelPolicy, Hasty>("does-not-ask-again", reused, 1, "a living one's block is given back",
                              true);
}
// A dropped message's block, taken again by the same producer meanwhile, is moved by a recoverer
// that was delayed.
TEST(SeededBlocks, ABlocksWordThatComesAgain) {
    const MpmcCase swept{.consumers = 2,
                         .messages = 3,
                         .policy = ring::on_orphan::drop,
                         .heirs = false,
                         .sweeps = true,
                         .counted = false};
    fails<CountsNoTaking>("no-version", swept, 1, "a block is moved by another", true, 2);
}

}  // namespace
}  // namespace shunt::model
