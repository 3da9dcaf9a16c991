// SPDX-License-Identifier: MIT
//
// Every interleaving of a publisher and of subscribers that sleep until it wakes them, of their
// deaths, and of wake-ups without a cause.
#include "model/broadcast_wake_program.hpp"
#include "model/broken_broadcast.hpp"
#include "model/explore.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

namespace shunt::model {
namespace {

void holds(const BroadcastCase& c, Limits limits, int in_full = -1) {
    BroadcastWakeProgram<ModelPolicy> program{c};
    if (std::getenv("SHUNT_TEST_FULL") != nullptr) {
        limits.preemptions = in_full;
    }
    expect_holds("broadcast-wake" + std::to_string(c.slots) + "-" + std::to_string(c.subscribers) +
                     "S-" + std::to_string(c.messages) + "-" + std::to_string(limits.deaths) + "-" +
                     std::to_string(limits.spurious),
                 program, limits);
}

TEST(ExploreBroadcastWake, NoWakeUpIsLost) {
    for (const int spurious : {0, 1}) {
        holds({.messages = 3}, {.spurious = spurious});
    }
    holds({.slots = 4, .messages = 4}, {});
}

TEST(ExploreBroadcastWake, EverybodyIsWoken) {
    holds({.messages = 1, .subscribers = 2}, {});
    holds({.messages = 2, .subscribers = 2}, {.preemptions = 3});
}

TEST(ExploreBroadcastWake, ASuccessorWakesWhomTheDeadHadToWake) {
    holds({.messages = 2}, {.deaths = 1});
    holds({.messages = 1}, {.deaths = 2});
    holds({.messages = 2, .subscribers = 2}, {.deaths = 1, .preemptions = 1}, 3);
}

template <class Program>
void sleeps(const std::string& name, const BroadcastCase& c, Limits limits = {}) {
    Program program{c};
    expect_fails(name, program, limits, "sleeps for ever");
}
using Right = BroadcastWakeProgram<ModelPolicy>;

TEST(SeededBroadcastWake, PublishBehindTheLookForSleepers) {
    sleeps<BroadcastWakeProgram<BuffersTheMessage>>("broadcast-buffered", {.messages = 3});
}
TEST(SeededBroadcastWake, LookBeforeTheBitIsSet) {
    sleeps<BroadcastWakeProgram<LooksBeforeItArms>>("broadcast-look-before-arm", {.messages = 3});
}
TEST(SeededBroadcastWake, NoBump) {
    sleeps<BroadcastWakeProgram<DoesNotBump>>("broadcast-no-bump", {.messages = 3});
}
struct WakesOne : Right {
    using Right::Right;
    void wake(Waker<ModelFutex, ModelPolicy>& waker, std::uint32_t bits) override {
        waker.wake(bits, 1);
    }
};
TEST(SeededBroadcastWake, OneWokenOfTwo) {
    sleeps<WakesOne>("broadcast-wakes-one", {.messages = 1, .subscribers = 2}, {.preemptions = 2});
}
struct WakesBeforeItPublishes : Right {
    using Right::Right;
    // Of the next message, and behind the last none.
    void published() override {}
    Publisher publisher() override {
        Right::published();
        return Right::publisher();
    }
};
TEST(SeededBroadcastWake, WakeUpBeforeTheMessage) {
    sleeps<WakesBeforeItPublishes>("broadcast-wakes-first", {.messages = 1});
}
struct RecoversSilently : Right {
    using Right::Right;
    void recovered() override {}
};
TEST(SeededBroadcastWake, RecoveryThatWakesNobody) {
    sleeps<RecoversSilently>("broadcast-silent-recovery", {.messages = 1}, {.deaths = 1});
}

}  // namespace
}  // namespace shunt::model
