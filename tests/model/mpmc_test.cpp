// SPDX-License-Identifier: MIT
//
// Every interleaving of producers, consumers and recoverers of the owner-word ring, and of their
// deaths; where that would take minutes, those with few preemptions, and with SHUNT_TEST_FULL in
// the environment those with more, or all.
#include "model/broken_mpmc.hpp"
#include "model/explore.hpp"
#include "model/mpmc_program.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

namespace shunt::model {
namespace {

std::string name_of(const MpmcCase& c, int deaths) {
    return "mpmc" + std::to_string(c.slots) + "-" + std::to_string(c.producers) + "P" +
           std::to_string(c.consumers) + "C-" + std::to_string(c.messages) +
           (c.peek ? "-peek" : "-pop") +
           (c.copiers != 0 ? "-" + std::to_string(c.copiers) + " copy" : "") +
           (c.abandons ? "-abandon" : "") + (c.policy == ring::on_orphan::drop ? "-drop" : "") +
           (c.first_lap != 0 ? "-late" : "") + (c.heirs ? "" : "-no heir") +
           (c.sweeps ? "-sweep" : "") + (c.tries != 0 ? "-tries" + std::to_string(c.tries) : "") +
           "-" + std::to_string(deaths);
}

void holds(const MpmcCase& c, int deaths, int preemptions = -1, int in_full = -1) {
    MpmcProgram<ModelPolicy> program{c};
    const int most = std::getenv("SHUNT_TEST_FULL") != nullptr ? in_full : preemptions;
    expect_holds(name_of(c, deaths), program, {.deaths = deaths, .preemptions = most});
}

TEST(ExploreMpmc, OneAndOne) {
    for (const bool peek : {false, true}) {
        holds({.messages = 3, .peek = peek}, 0);
        holds({.messages = 3, .peek = peek}, 1, 3);
        holds({.messages = 2, .peek = peek}, 2, 1);
    }
}

TEST(ExploreMpmc, TwoProducers) {
    holds({.producers = 2, .messages = 1}, 0);
    holds({.producers = 2, .messages = 2}, 0, 3, 6);
    holds({.producers = 2, .messages = 1}, 2, 0, 2);
}

TEST(ExploreMpmc, TwoProducersAndADeath) {
    holds({.producers = 2, .messages = 1}, 1, 2);
}

TEST(ExploreMpmc, TwoConsumers) {
    holds({.consumers = 2, .messages = 2}, 0, 3, 6);
    holds({.consumers = 2, .messages = 2, .peek = true}, 1, 1, 3);
    holds({.consumers = 2, .messages = 2, .heirs = false}, 1, 1, 3);
    holds({.consumers = 2, .messages = 1}, 2, 0, 2);
}

TEST(ExploreMpmc, TwoAndTwo) {
    holds({.producers = 2, .consumers = 2, .messages = 1}, 0, 2, 4);
}

TEST(ExploreMpmc, TwoAndTwoAndADeath) {
    holds({.producers = 2, .consumers = 2, .messages = 1}, 1, 1, 2);
}

TEST(ExploreMpmc, TwoAndTwoWithMoreToDo) {
    holds({.producers = 2, .consumers = 2, .messages = 2}, 1, 0, 1);
    holds({.producers = 2, .messages = 2}, 2, 0, 1);
    holds({.consumers = 3, .messages = 2}, 1, 0, 1);
}

// Two dead, and who recovers them beside each other.
TEST(ExploreMpmc, TwoAndTwoAndTwoDeaths) {
    holds({.producers = 2, .consumers = 2, .messages = 1}, 2, 0, 0);
    holds({.producers = 2, .consumers = 2, .messages = 1, .heirs = false, .sweeps = true}, 2, 0, 1);
}

TEST(ExploreMpmc, ProducersRecoverTheDead) {
    holds({.consumers = 2, .messages = 3, .heirs = false, .sweeps = true}, 1, 1, 2);
    holds({.consumers = 2, .messages = 3, .heirs = false, .sweeps = true}, 2, 0, 1);
}

TEST(ExploreMpmc, DeathsUntilAMessageIsADeadLetter) {
    for (const std::uint32_t deaths : {1u, 2u}) {
        const auto all = static_cast<int>(deaths) + 1;
        holds({.messages = 2, .peek = true, .tries = layout::kMostTries - deaths}, all, 1, 2);
    }
    holds({.consumers = 2, .messages = 2, .heirs = false, .tries = layout::kMostTries - 1}, 1, 1,
          3);
}

TEST(ExploreMpmc, GapsAndDroppedOrphansOverTheEndOfTheLaps) {
    constexpr std::uint64_t kLast = ring::OwnerWord::kLapMask;
    holds({.messages = 3, .abandons = true, .first_lap = kLast}, 1, 3);
    holds({.messages = 3, .policy = ring::on_orphan::drop, .first_lap = kLast}, 1, 3);
    holds({.slots = 4, .messages = 5, .first_lap = kLast}, 0);
}

TEST(ExploreMpmc, PopsByCopy) {
    holds({.messages = 3, .copiers = 1}, 0);
    holds({.messages = 3, .copiers = 1}, 1, 3);
    holds({.messages = 2, .copiers = 1}, 2, 1);
    holds({.producers = 2, .messages = 1, .copiers = 1}, 1, 2);
    holds({.consumers = 2, .messages = 2, .copiers = 2}, 0, 3, 6);
    holds({.consumers = 2, .messages = 2, .copiers = 2}, 1, 1, 3);
}

// One looks in place, or pops so, one copies; what the first dies with the other inherits.
TEST(ExploreMpmc, PopsByCopyBesideOneInPlace) {
    holds({.consumers = 2, .messages = 2, .copiers = 1}, 0, 3, 6);
    holds({.consumers = 2, .messages = 2, .peek = true, .copiers = 1}, 1, 1, 3);
    holds({.consumers = 2, .messages = 2, .peek = true, .copiers = 1, .heirs = false}, 1, 1, 3);
    holds({.consumers = 2, .messages = 1, .peek = true, .copiers = 1}, 2, 0, 2);
    holds({.messages = 3, .copiers = 1, .abandons = true, .first_lap = ring::OwnerWord::kLapMask},
          1, 3);
    holds({.producers = 2, .consumers = 2, .messages = 1, .copiers = 1}, 0, 2, 4);
}

// By what callers see.
template <class P, class Program = MpmcProgram<P>>
void fails(const std::string& name, MpmcCase c, int deaths, const std::string& with) {
    c.watched = false;
    Program program{c};
    expect_fails(name, program, {.deaths = deaths, .preemptions = 3}, with);
}

TEST(SeededMpmc, ReadyBeforeThePayload) {
    fails<PublishesBeforeItCopies<Place::slot_word>>("ready-before-payload", {}, 0, "other bytes");
}
TEST(SeededMpmc, FreeBeforeTheCopy) {
    fails<FreesBeforeItCopies<Place::slot_word>>("free-before-copy", {.messages = 3}, 0, "");
}
TEST(SeededMpmc, FreeBeforeTheCopyOfAPopByCopy) {
    fails<CopiesBehindTheCas>("copy-behind-cas", {.messages = 3, .copiers = 1}, 0, "");
}
TEST(SeededMpmc, ACopyThatAnotherHasTaken) {
    fails<BelievesEveryCopy>("believes-copy", {.consumers = 2, .messages = 1, .copiers = 2}, 0,
                             "comes twice");
}
TEST(SeededMpmc, TwoTakeTheSame) {
    fails<TakesWithoutCas>("two-claim", {.producers = 2, .messages = 1}, 0, "");
    fails<TakesWithoutCas>("two-take", {.consumers = 2, .messages = 1}, 0, "comes twice");
}
TEST(SeededMpmc, AHintBeyondTheTruth) {
    fails<HintsTooFar<Place::write_hint>>("hint-too-far", {.producers = 2, .messages = 1}, 0, "");
}
TEST(SeededMpmc, AFreeSlotOfTheOldLap) {
    fails<FreesTheOldLap>("old-lap", {.messages = 3}, 0, "");
}
TEST(SeededMpmc, AnOrphanThatIsPutBack) {
    fails<PutsOrphansBack>("put-back", {.messages = 1}, 1, "a slot is held in the end");
}
TEST(SeededMpmc, OrphansThatNobodyIsToldOf) {
    fails<TellsOfNoOrphan>("no-epoch", {.consumers = 2, .messages = 2, .heirs = false}, 1,
                           "a slot is held in the end");
}

// A recoverer that was delayed does not ask the registry again, and gives a living one's claim up.
struct Hasty : MpmcProgram<ModelPolicy> {
    using MpmcProgram::MpmcProgram;
    bool still_dead(std::size_t, std::uint64_t) override { return true; }
};
TEST(SeededMpmc, ARecovererThatDoesNotAskAgain) {
    const MpmcCase reused{.messages = 2, .generations = 1};
    MpmcProgram<ModelPolicy> right{reused};
    expect_holds("asks-again", right, {.deaths = 1, .preemptions = 3});
    fails<ModelPolicy, Hasty>("does-not-ask-again", reused, 1, "");
}

}  // namespace
}  // namespace shunt::model
