// SPDX-License-Identifier: MIT
//
// Every interleaving of producers in lanes and the consumer that merges them, of their coming,
// going and dying.
#include "model/explore.hpp"
#include "model/lanes_program.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

namespace shunt::model {
namespace {

using Of8 = test::Blob<8, 8>;
using Of56 = test::Blob<56, 8>;

std::string name_of(const LanesCase& c, std::size_t bytes, int deaths) {
    constexpr const char* kPop[] = {"pop", "pop_n", "peek", "drain"};
    return "lanes" + std::to_string(bytes) + "-" + std::to_string(c.lanes) + "x" +
           std::to_string(c.slots) + "-" + std::to_string(c.producers) + "P-" +
           std::to_string(c.stays) + "x" + std::to_string(c.messages) + "-" +
           kPop[static_cast<int>(c.pop)] + std::to_string(c.batch) + "-" + std::to_string(deaths);
}

template <class T, class Turns = TurnsOf<1>>
void holds(const LanesCase& c, int deaths, int preemptions = -1, int in_full = -1) {
    LanesProgram<T, ModelPolicy, Turns> program{c};
    const int most = std::getenv("SHUNT_TEST_FULL") != nullptr ? in_full : preemptions;
    expect_holds(name_of(c, sizeof(T), deaths), program, {.deaths = deaths, .preemptions = most});
}

// A producer's whole stay, and that of its successor, in the lane that it left.
TEST(ExploreLanes, OneLane) {
    holds<Of8>({.lanes = 1, .producers = 1, .messages = 2}, 0);
    holds<Of8>({.lanes = 1, .producers = 1, .messages = 1, .stays = 2}, 1);
    holds<Of8>({.lanes = 1, .producers = 1, .messages = 2}, 2);
    holds<Of8>({.lanes = 1, .messages = 1}, 0);
    holds<Of8>({.lanes = 1, .messages = 1}, 1, 2);
    holds<Of56>({.lanes = 1, .messages = 2}, 0);
    holds<Of56>({.lanes = 1, .slots = 2, .messages = 2}, 1, 1, 3);
}

TEST(ExploreLanes, TwoLanes) {
    holds<Of8>({.messages = 1}, 0);
    holds<Of8>({.messages = 2}, 1, 1, 2);
    holds<Of8>({.messages = 1, .stays = 2}, 0, 2, 3);
    holds<Of56>({.messages = 2}, 0, 2, 4);
    holds<Of56>({.slots = 2, .messages = 2}, 1, 1, 2);
    holds<Of56>({.messages = 1}, 2, 0, 1);
}

TEST(ExploreLanes, InBatchesAndInPlace) {
    for (const Pop pop : {Pop::batch, Pop::peek, Pop::drain}) {
        holds<Of8>({.messages = 2, .pop = pop, .batch = 2}, 0, 2, 4);
        holds<Of8>({.messages = 2, .pop = pop, .batch = 2}, 1, 1, 2);
        holds<Of56>({.lanes = 1, .slots = 2, .messages = 2, .pop = pop, .batch = 2}, 1, 1, 3);
    }
}

// Turns that last for more than a message.
TEST(ExploreLanes, LongerTurns) {
    holds<Of8, TurnsOf<2>>({.messages = 3}, 0, 2, 4);
    holds<Of8, TurnsOf<2>>({.messages = 3, .pop = Pop::peek}, 1, 1, 2);
}

using Right = LanesProgram<Of8, ModelPolicy>;

template <class Program>
void fails(const std::string& name, const LanesCase& c, const std::string& with) {
    Program program{c};
    expect_fails(name, program, {.preemptions = 3}, with);
}

constexpr const char* kOfAnother = "said to be of another producer";
constexpr LanesCase kOneLane{.lanes = 1, .messages = 1};

struct HandsBackTheUnread : Right {
    using Right::Right;
    bool hand_back(std::uint32_t lane) override {
        ModelPolicy::store(rig().words()[lane].handed_pos, write_pos(lane),
                           std::memory_order_release);
        return true;
    }
};
TEST(SeededLanes, ALaneHandedBackBeforeItIsRead) {
    fails<HandsBackTheUnread>("hands-back-unread", {.lanes = 1, .messages = 2}, kOfAnother);
}

struct HandsBackAtOnce : Right {
    using Right::Right;
    bool keeps_the_last() const override { return false; }
};
TEST(SeededLanes, ALaneHandedBackByTheCallThatDeliversItsLastMessage) {
    fails<HandsBackAtOnce>("hands-back-at-once", kOneLane, kOfAnother);
}

struct NamesItselfLate : Right {
    using Right::Right;
    bool token_first() const override { return false; }
};
TEST(SeededLanes, ATokenBehindTheFirstMessage) {
    fails<NamesItselfLate>("token-late", kOneLane, kOfAnother);
}

struct AsksNobody : Right {
    using Right::Right;
    bool may_have(std::uint32_t) override { return true; }
};
TEST(SeededLanes, ALaneTakenUnasked) {
    fails<AsksNobody>("takes-unasked", kOneLane, kOfAnother);
}

// What was true before it sat down: another came, pushed and left meanwhile.
struct AsksBeforeItSits : Right {
    using Right::Right;
    bool may_sit(std::uint32_t lane) override { return lane_is_free(lane); }
    bool may_have(std::uint32_t) override { return true; }
};
TEST(SeededLanes, ALaneAskedForBeforeItsSeatIsHad) {
    fails<AsksBeforeItSits>("asks-before-it-sits", kOneLane, kOfAnother);
}

struct ForgetsTheRetired : Right {
    using Right::Right;
    void looked() override { TurnsOf<1>::forget_the_retired(merge()); }
};
TEST(SeededLanes, ALaneThatIsForgottenWhereItIsIdle) {
    fails<ForgetsTheRetired>("forgets-the-retired", {.messages = 2}, "passes over it");
}

struct ForgetsTheHand : Right {
    using Right::Right;
    void in_hand() override { TurnsOf<1>::forget_the_hand(merge()); }
};
TEST(SeededLanes, APeekThatMovesOnWhereItsTurnIsOver) {
    fails<ForgetsTheHand>("forgets-the-hand", {.messages = 2, .pop = Pop::peek},
                          "looking again shows another message");
}

struct HandsNothingBack : Right {
    using Right::Right;
    bool hand_back(std::uint32_t) override { return false; }
};
TEST(SeededLanes, ALaneThatIsNeverHandedBack) {
    fails<HandsNothingBack>("never-hands-back", kOneLane, "sleeps for ever");
}

}  // namespace
}  // namespace shunt::model
