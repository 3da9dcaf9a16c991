// SPDX-License-Identifier: MIT
//
// Every interleaving of the writer of a latest value, who goes around its buffers and laps whoever
// reads, with one and two readers, of deaths, and of readers that sleep until it changes.
#include "model/explore.hpp"
#include "model/latest_program.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

namespace shunt::model {
namespace {

std::string name_of(const std::string& kind, const BroadcastCase& c, const Limits& limits) {
    return kind + std::to_string(c.slots) + "-" + std::to_string(c.subscribers) + "R-" +
           std::to_string(c.messages) + (c.before == 0 ? "" : "+" + std::to_string(c.before)) +
           (c.publish == Publish::claim ? "-claim" : "") +
           (c.read == Read::pop    ? ""
            : c.read == Read::peek ? "-peek"
                                   : "-valid") +
           (c.abandons ? "-abandons" : "") + "-" + std::to_string(limits.deaths) + "-" +
           std::to_string(limits.spurious) + (c.start == 0 ? "" : "-late");
}

template <class AProgram>
void explore(const std::string& kind, const BroadcastCase& c, Limits limits, int in_full) {
    AProgram program{c};
    if (std::getenv("SHUNT_TEST_FULL") != nullptr) {
        limits.preemptions = in_full;
    }
    expect_holds(name_of(kind, c, limits), program, limits);
}
void holds(const BroadcastCase& c, Limits limits = {}, int in_full = -1) {
    explore<LatestProgram<ModelPolicy>>("latest", c, limits, in_full);
}
void holds_of_bytes(const BroadcastCase& c, Limits limits = {}) {
    explore<LatestProgram<ModelPolicy, HeadLatest<ModelPolicy>>>("latest-bytes", c, limits, -1);
}
void wakes(const BroadcastCase& c, Limits limits = {}, int in_full = -1) {
    explore<LatestWakeProgram<ModelPolicy>>("latest-wake", c, limits, in_full);
}

TEST(ExploreLatest, OneReaderThatIsLapped) {
    holds({.messages = 5});
    holds({.messages = 4}, {.deaths = 1});
    for (const int deaths : {0, 1}) {
        holds({.slots = 4, .messages = 6, .before = 3}, {.deaths = deaths});
    }
    holds({.messages = 4}, {.deaths = 2});
}
TEST(ExploreLatest, InPlace) {
    for (const Read read : {Read::peek, Read::valid}) {
        for (const int deaths : {0, 1}) {
            holds({.messages = 4, .publish = Publish::claim, .read = read}, {.deaths = deaths});
        }
    }
    holds({.messages = 4, .read = Read::peek}, {.deaths = 1});
    holds({.messages = 4, .publish = Publish::claim}, {.deaths = 1});
}
TEST(ExploreLatest, WhatWasClaimedAndGivenUpIsNeverSeen) {
    holds({.messages = 3, .abandons = true});
    holds({.messages = 3, .publish = Publish::claim, .read = Read::valid, .abandons = true},
          {.deaths = 1});
}
TEST(ExploreLatest, TwoReaders) {
    holds({.messages = 3, .subscribers = 2}, {.preemptions = 4});
    holds({.messages = 3, .subscribers = 2}, {.deaths = 1, .preemptions = 2}, 4);
}
TEST(ExploreLatest, Bytes) {
    holds_of_bytes({.messages = 4});
    holds_of_bytes({.messages = 3}, {.deaths = 1});
    holds_of_bytes({.messages = 3, .publish = Publish::claim, .abandons = true}, {.deaths = 1});
}
TEST(ExploreLatest, FromAnyStart) {
    holds({.messages = 4, .start = (std::uint64_t{1} << 32) - 2}, {.deaths = 1});
}

TEST(ExploreLatestWake, NoWakeUpIsLost) {
    for (const int spurious : {0, 1}) {
        wakes({.messages = 3}, {.spurious = spurious});
    }
    wakes({.slots = 4, .messages = 3, .publish = Publish::claim});
}
TEST(ExploreLatestWake, EverybodyIsWoken) {
    wakes({.messages = 1, .subscribers = 2});
    wakes({.messages = 2, .subscribers = 2}, {.preemptions = 3});
}
TEST(ExploreLatestWake, ASuccessorWakesWhomTheDeadHadToWake) {
    wakes({.messages = 2}, {.deaths = 1});
    wakes({.messages = 1}, {.deaths = 2});
    wakes({.messages = 2, .subscribers = 2}, {.deaths = 1, .preemptions = 1}, 3);
}

}  // namespace
}  // namespace shunt::model
