// SPDX-License-Identifier: MIT
//
// Every interleaving of a publisher that goes around its log and of gates that join, read, are
// evicted, leave and die.
#include "model/explore.hpp"
#include "model/gate_program.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

namespace shunt::model {
namespace {

template <template <class> class Kind = GateProgram>
void holds(const GateCase& c, Limits limits, int in_full = -1) {
    Kind<ModelPolicy> program{c};
    if (std::getenv("SHUNT_TEST_FULL") != nullptr) {
        limits.preemptions = in_full;
    }
    const std::string name =
        "gate" + std::to_string(c.slots) + "-" + std::to_string(c.gates) + "G-" +
        std::to_string(c.messages) + "+" + std::to_string(c.before) +
        (c.begin == ring::from::latest ? "-latest" : "") + (c.evicts ? "-evicts" : "") +
        (c.rejoins ? "-rejoins" : "") + (c.recovers ? "-recovers" : "") + "-" +
        std::to_string(limits.deaths) +
        (std::is_same_v<Kind<ModelPolicy>, GateSleepProgram<ModelPolicy>> ? "-sleeps" : "");
    expect_holds(name, program, limits);
}

TEST(ExploreGate, AGateJoinsBesideAPublisherThatLaps) {
    for (const std::uint64_t begin : {ring::from::oldest, ring::from::latest}) {
        holds({.messages = 4, .begin = begin}, {});
        holds({.messages = 3, .slots = 4, .begin = begin, .before = 4}, {});
    }
}
TEST(ExploreGate, TwoGates) {
    holds({.messages = 2, .gates = 2}, {.preemptions = 3});
}
TEST(ExploreGate, AGateDiesAndIsRecovered) {
    holds({.messages = 2}, {.deaths = 1});
    holds({.messages = 2, .recovers = true}, {.deaths = 1, .preemptions = 3});
    holds({.messages = 1}, {.deaths = 2});
}
TEST(ExploreGate, GatesAreEvicted) {
    holds({.messages = 4, .evicts = true}, {});
    holds({.messages = 2, .evicts = true}, {.deaths = 1});
    holds({.messages = 3, .evicts = true, .rejoins = true}, {});
    holds({.messages = 2, .gates = 2, .evicts = true}, {.preemptions = 2}, 3);
}
TEST(ExploreGate, ThePublisherSleepsForRoom) {
    holds<GateSleepProgram>({.messages = 3}, {});
    holds<GateSleepProgram>({.messages = 1, .reads = 1}, {});
    holds<GateSleepProgram>({.messages = 2}, {.deaths = 1, .preemptions = 3});
}

}  // namespace
}  // namespace shunt::model
