// SPDX-License-Identifier: MIT
//
// What the explorer is worth for the owner-word ring and its waiting, beside the bugs next to its
// programs: of the first draft's flaws those that the real headers can be given, and others. Where
// no caller could see a bug in so small a program, the watch over the words does.
#include "model/broken_mpmc.hpp"
#include "model/explore.hpp"
#include "model/mpmc_program.hpp"
#include "model/mpmc_wake_program.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace shunt::model {
namespace {

enum class By { callers, watch };

template <class P>
void fails(const std::string& name, MpmcCase c, By by, const std::string& with, Limits limits) {
    c.watched = by == By::watch;
    MpmcProgram<P> program{c};
    expect_fails(name, program, limits, with);
}

constexpr const char* kHeld = "a slot is held in the end";
constexpr const char* kLost = "an acknowledged message was not delivered";

TEST(SeededFlaw, AnOrphanFlagThatAReaderClears) {
    fails<OrphanFlag>("flaw1-sticky-flag", {.messages = 1}, By::callers, kHeld,
                      {.deaths = 2, .preemptions = 1});
}
// The second, a recoverer that does not ask the registry again, is SeededMpmc's.
TEST(SeededFlaw, TakenOrphanTakenIsTheSameWordAgain) {
    MpmcCase reused{.consumers = 2, .messages = 1, .generations = 1, .tries = 1};
    const Limits limits{.deaths = 1, .preemptions = 2};
    MpmcProgram<ModelPolicy> right{reused};
    expect_holds("tries-counted", right, limits);
    reused.counted = false;
    fails<FlagsWithoutCounting>("flaw3-no-tries", reused, By::watch,
                                "a living one's message is taken from it", limits);
}

TEST(SeededRecovery, AnEpochSeenBeforeTheScanIsComplete) {
    const MpmcCase two_orphans{.consumers = 3, .messages = 2, .heirs = false};
    fails<SeesAfterTheFirst<2>>("seen-after-the-first", two_orphans, By::callers, kHeld,
                                {.deaths = 2, .preemptions = 1});
}
TEST(SeededRecovery, OrphansToldOfBeforeTheyAreThere) {
    const MpmcCase swept{.consumers = 2, .messages = 3, .heirs = false, .sweeps = true};
    fails<TellsOfOrphansFirst>("epoch-first", swept, By::callers, "",
                               {.deaths = 1, .preemptions = 2});
}
TEST(SeededRecovery, DropsWhatIsToBeInherited) {
    fails<DropsUntold>("drops-untold", {.messages = 1}, By::callers, kLost,
                       {.deaths = 1, .preemptions = 1});
}
TEST(SeededRecovery, FreesAClaimWithoutAGap) {
    fails<FreesClaims>("frees-claims", {.messages = 1}, By::watch, "a word becomes what it may not",
                       {.deaths = 1, .preemptions = 1});
}
TEST(SeededRecovery, ADeathThatIsNotCounted) {
    fails<InheritsUncounted>(
        "uncounted", {.messages = 2, .peek = true, .tries = layout::kMostTries - 1}, By::callers,
        "more often than holders may die of it", {.deaths = 2, .preemptions = 1});
}

TEST(SeededMpmcRing, AReadHintBeyondTheTruth) {
    fails<HintsTooFar<Place::read_hint>>("read-hint-too-far", {.consumers = 2, .messages = 2},
                                         By::callers, "", {.preemptions = 2});
}
TEST(SeededMpmcRing, AGapToldTwice) {
    fails<GapsWithoutCas>("gap-twice", {.consumers = 2, .messages = 1, .abandons = true},
                          By::callers, "a gap is told twice", {.preemptions = 2});
}
TEST(SeededMpmcRing, AClaimGivenUpAsIfItHadNotBeen) {
    fails<AbandonsToFree>("abandons-to-free", {.messages = 2, .abandons = true}, By::callers, "",
                          {.preemptions = 2});
}
TEST(SeededMpmcRing, EmptyOverAClaim) {
    fails<EmptyOverClaims<1>>("empty-over-claim", {.messages = 2}, By::watch,
                              "EMPTY, and something was there", {.preemptions = 2});
}
TEST(SeededMpmcRing, FullByAHint) {
    fails<FullByHint<1, 2, 16>>("full-by-hint", {.consumers = 2, .messages = 4}, By::watch,
                                "FULL, and there was room", {.preemptions = 3});
}

template <class Program>
void sleeps(const std::string& name, const MpmcWakeCase& c, Limits limits = {.preemptions = 2}) {
    Program program{c};
    expect_fails(name, program, limits, "sleeps for ever");
}
using Right = MpmcWakeProgram<ModelPolicy>;

TEST(SeededMpmcWaking, PublishAndReleaseBehindTheLookForSleepers) {
    sleeps<MpmcWakeProgram<BuffersTheWord>>("buffered-word", {.messages = 3});
}
TEST(SeededMpmcWaking, LookBeforeTheBitIsSet) {
    sleeps<MpmcWakeProgram<LooksAtASlotBeforeItArms>>("mpmc-look-before-arm", {.messages = 3});
}
TEST(SeededMpmcWaking, BumpBeforeTheBitIsCleared) {
    sleeps<MpmcWakeProgram<BumpsBeforeItClears>>("mpmc-bump-first", {.messages = 3},
                                                 {.preemptions = 3});
}
TEST(SeededMpmcWaking, NoBump) {
    sleeps<MpmcWakeProgram<DoesNotBump>>("mpmc-no-bump", {.messages = 3});
}
TEST(SeededMpmcWaking, RoomBehindOneThatWentBeyond) {
    sleeps<MpmcWakeProgram<FreesWithoutALookBeyond>>(
        "no-look-beyond", {.slots = 8, .messages = 2, .quotas = {0, 1}, .peek = true, .before = 8});
}

// A gap is room too, and what comes behind it is there.
struct FreesGapsQuietly : Right {
    using Right::Right;
    Consumer::Due due_of(Consumer& consumer, Status said) override {
        Consumer::Due due = consumer.due();
        due.room = said == Status::gap ? 0 : due.room;
        return due;
    }
};
TEST(SeededMpmcWaking, RoomOfAGap) {
    sleeps<FreesGapsQuietly>("quiet-gap", {.messages = 3, .quotas = {1}, .abandons = true});
}
struct WakesNobodyBehindAGap : Right {
    using Right::Right;
    Consumer::Due due_of(Consumer& consumer, Status said) override {
        Consumer::Due due = consumer.due();
        due.next = due.next && said != Status::gap;
        return due;
    }
};
TEST(SeededMpmcWaking, MessageBehindAGap) {
    sleeps<WakesNobodyBehindAGap>(
        "nobody-behind-a-gap", {.messages = 1, .quotas = {1, 1}, .producers = 2, .abandons = true},
        {.preemptions = 3});
}
struct WakesOneForAQuarter : Right {
    using Right::Right;
    Consumer::Due due_of(Consumer& consumer, Status) override {
        Consumer::Due due = consumer.due();
        due.room = std::min<std::uint64_t>(due.room, 1);
        return due;
    }
};
TEST(SeededMpmcWaking, RoomForTwoProducers) {
    const MpmcWakeCase two_asleep{
        .slots = 8, .messages = 2, .quotas = {3}, .producers = 2, .before = 7};
    Right right{two_asleep};
    expect_holds("room-for-two", right, {.preemptions = 2});
    sleeps<WakesOneForAQuarter>("one-for-a-quarter", two_asleep);
}

}  // namespace
}  // namespace shunt::model
