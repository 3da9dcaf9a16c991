// SPDX-License-Identifier: MIT
//
// Every interleaving of publishers in lanes of broadcast logs and of subscribers that merge them,
// of their coming, going and dying; and bugs in the merge and in the hand-over, each caught.
#include "model/broken_broadcast.hpp"
#include "model/explore.hpp"
#include "model/log_lanes_program.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

namespace shunt::model {
namespace {

template <class Turns = TurnsOf<1>>
void holds(const LogLanesCase& c, int deaths, int preemptions = -1, int in_full = -1) {
    constexpr const char* kReaders[] = {"lossy", "gated", "both"};
    const std::string name = "loglanes" + std::to_string(c.lanes) + "-" +
                             std::to_string(c.publishers) + "P-" + std::to_string(c.stays) + "x" +
                             std::to_string(c.messages) + "-" +
                             kReaders[static_cast<int>(c.readers)] + (c.in_place ? "-peek-" : "-") +
                             std::to_string(deaths);
    LogLanesProgram<ModelPolicy, Turns> program{c};
    const int most = std::getenv("SHUNT_TEST_FULL") != nullptr ? in_full : preemptions;
    expect_holds(name, program, {.deaths = deaths, .preemptions = most});
}

// A publisher's whole stay, and that of its successor in the lane that it left.
TEST(ExploreLogLanes, OneLane) {
    for (const Readers readers : {Readers::lossy, Readers::gated}) {
        holds({.lanes = 1, .publishers = 1, .readers = readers, .messages = 1}, 0);
        holds({.lanes = 1, .publishers = 1, .readers = readers, .messages = 3}, 0, 3, 5);
        holds({.lanes = 1, .publishers = 1, .readers = readers, .messages = 1, .stays = 2}, 1, 2,
              3);
        holds({.lanes = 1, .readers = readers, .messages = 1}, 0, 2, 3);
        holds({.lanes = 1, .readers = readers, .messages = 1}, 1, 1, 2);
    }
}

// Publishers that lap the one and wait for the other.
TEST(ExploreLogLanes, TwoLanes) {
    for (const Readers readers : {Readers::lossy, Readers::gated}) {
        holds({.readers = readers, .messages = 1}, 0, 2, 3);
        holds({.readers = readers, .messages = 3}, 0, 1, 2);
        holds({.readers = readers, .messages = 1}, 1, 1, 2);
        holds({.readers = readers, .messages = 2, .in_place = true}, 0, 1, 2);
    }
    holds<TurnsOf<2>>({.messages = 3}, 0, 1, 2);
}

TEST(ExploreLogLanes, ALossyAndAGatedOneBeside) {
    holds({.readers = Readers::both, .messages = 2}, 0, 1, 2);
    holds({.readers = Readers::both, .messages = 3}, 0, 0, 1);
    holds({.readers = Readers::both, .messages = 1}, 1, 0, 0);
}

using Right = LogLanesProgram<ModelPolicy>;

template <class Program>
void fails(const std::string& name, const LogLanesCase& c, const std::string& with,
           int deaths = 0) {
    Program program{c};
    expect_fails(name, program, {.deaths = deaths, .preemptions = 3}, with);
}

constexpr const char* kOfAnother = "said to be of another publisher";
constexpr LogLanesCase kOneLane{.lanes = 1, .messages = 1};

struct NamesItselfLate : Right {
    using Right::Right;
    bool takes_first() const override { return false; }
};
TEST(SeededLogLanes, ALaneTakenBehindTheFirstMessage) {
    fails<NamesItselfLate>("loglanes-late", kOneLane, kOfAnother);
}

// That it joined is there before its place is.
struct JoinsBeforeItsPlaceIsWritten : Right {
    using Right::Right;
    void take(std::uint32_t lane, std::uint64_t token, std::uint64_t from) override {
        layout::LaneHolders& words = holders(lane);
        const std::uint64_t joined = ModelPolicy::load(words.joined, std::memory_order_relaxed);
        ModelPolicy::store(words.joined, joined + 1, std::memory_order_release);
        layout::LaneHolder& place = words.holders[joined];
        ModelPolicy::store(place.from, from, std::memory_order_release);
        ModelPolicy::store(place.token, token, std::memory_order_release);
    }
};
TEST(SeededLogLanes, OneThatJoinsBeforeItsPlaceIsWritten) {
    fails<JoinsBeforeItsPlaceIsWritten>("loglanes-torn", kOneLane, kOfAnother);
}

// What the predecessor published is taken to be its successor's, and nobody's is remembered.
struct KeepsTheNewestHolderOnly : Right {
    using Right::Right;
    void take(std::uint32_t lane, std::uint64_t token, std::uint64_t) override {
        ModelPolicy::store(holders(lane).joined, std::uint64_t{0}, std::memory_order_relaxed);
        ring::take_lane<ModelPolicy>(holders(lane), token, 0);
    }
};
TEST(SeededLogLanes, ALaneThatKnowsItsNewestHolderOnly) {
    fails<KeepsTheNewestHolderOnly>("loglanes-newest", kOneLane, kOfAnother);
}

struct SitsBesideTheLiving : Right {
    using Right::Right;
    bool may_sit(std::uint32_t lane) override {
        seat(lane).store(0, std::memory_order_relaxed);
        return true;
    }
};
TEST(SeededLogLanes, ALaneTakenFromOneThatLives) {
    fails<SitsBesideTheLiving>("loglanes-living", {.lanes = 1, .messages = 2}, "");
}

struct OneCursorForAllLanes : Right {
    using Right::Right;
    std::uint32_t words_of(std::uint32_t) const override { return 0; }
};
TEST(SeededLogLanes, AGateThatHasOneCursorForAllLanes) {
    fails<OneCursorForAllLanes>("loglanes-cursor", {.readers = Readers::gated, .messages = 3},
                                "a gate is lapped");
}

struct ForgetsTheRetired : Right {
    using Right::Right;
    void looked(Subscriber& in) override { TurnsOf<1>::forget_the_retired(in.merge()); }
};
TEST(SeededLogLanes, ALaneThatIsForgottenWhereItIsIdle) {
    fails<ForgetsTheRetired>("loglanes-retired", {.messages = 2}, "passes over it");
}

struct ForgetsTheHand : Right {
    using Right::Right;
    void in_hand(Subscriber& in) override { TurnsOf<1>::forget_the_hand(in.merge()); }
};
TEST(SeededLogLanes, APeekThatMovesOnWhereItsTurnIsOver) {
    fails<ForgetsTheHand>("loglanes-hand", {.messages = 2, .in_place = true},
                          "looking again shows another message");
}

TEST(SeededLogLanes, ASuccessorThatDoesNotLookWhereItGoesOn) {
    fails<LogLanesProgram<ResumesWithoutALook>>("loglanes-resume", {.lanes = 1, .messages = 1},
                                                kOfAnother, 1);
}

}  // namespace
}  // namespace shunt::model
