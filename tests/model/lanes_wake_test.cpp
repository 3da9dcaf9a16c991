// SPDX-License-Identifier: MIT
//
// Room in lanes: each producer is woken for its own lane, and what is stuck where another is.
#include "model/explore.hpp"
#include "model/lanes_wake_program.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

namespace shunt::model {
namespace {

using Of8 = test::Blob<8, 8>;
using Of56 = test::Blob<56, 8>;

template <class T>
void holds(const LanesWakeCase& c, Limits limits, int in_full) {
    LanesWakeProgram<T, ModelPolicy> program{c};
    if (std::getenv("SHUNT_TEST_FULL") != nullptr) {
        limits.preemptions = in_full;
    }
    expect_holds("lanes-wake" + std::to_string(sizeof(T)) + "x" + std::to_string(c.slots) + "-" +
                     std::to_string(c.before) + "+" + std::to_string(c.messages) +
                     (c.pop == Pop::peek ? "-peek-" : "-pop-") + std::to_string(limits.deaths),
                 program, limits);
}

TEST(ExploreLanesWake, RoomIsToldOfToTheProducerWhoseLaneItIs) {
    holds<Of56>({.messages = 2}, {.preemptions = 2}, 4);
    holds<Of56>({.messages = 2, .before = 1, .pop = Pop::peek}, {.preemptions = 2}, 4);
    holds<Of56>({.slots = 2, .messages = 2, .before = 2}, {.spurious = 1, .preemptions = 1}, 3);
}

// Room is told of each third message: so also at the end of turns, and where nothing is left.
TEST(ExploreLanesWake, RoomOfAnEighthOfTheLane) {
    holds<Of8>({.slots = 4, .messages = 2, .before = 28}, {.preemptions = 1}, 2);
}

TEST(ExploreLanesWake, WhoDiesIsFollowedByOneThatWakesEverybody) {
    holds<Of56>({.messages = 1, .before = 1}, {.deaths = 1, .preemptions = 1}, 3);
}

using Right = LanesWakeProgram<Of56, ModelPolicy>;

struct WakesTheOther : Right {
    using Right::Right;
    std::uint32_t told_of(std::uint32_t due) override {
        return ((due & bit_of(0)) != 0 ? bit_of(1) : 0) | ((due & bit_of(1)) != 0 ? bit_of(0) : 0);
    }
};
TEST(SeededLanesWake, TheBitOfAnotherProducer) {
    WakesTheOther program{{.messages = 2, .before = 1}};
    expect_fails("wakes-the-other", program, {.preemptions = 3}, "sleeps for ever");
}

}  // namespace
}  // namespace shunt::model
