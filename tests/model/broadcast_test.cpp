// SPDX-License-Identifier: MIT
//
// Every interleaving of the publisher of a broadcast log, who laps whoever is there, with one and
// two subscribers, and of their deaths.
#include "model/broadcast_program.hpp"
#include "model/explore.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

namespace shunt::model {
namespace {

template <class Rig>
std::string name_of(const BroadcastCase& c, int deaths) {
    constexpr const char* kPublish[] = {"push", "push_n", "claim"};
    constexpr const char* kRead[] = {"pop", "peek", "valid"};
    const bool bytes = std::is_same_v<typename Rig::Message, Whole>;
    return std::string{bytes ? "broadcast-bytes" : "broadcast"} + std::to_string(c.slots) + "-" +
           std::to_string(c.subscribers) + "S-" + std::to_string(c.messages) +
           (c.before == 0 ? "" : "+" + std::to_string(c.before)) + "-" +
           kPublish[static_cast<int>(c.publish)] + "-" + kRead[static_cast<int>(c.read)] +
           (c.begin == ring::from::oldest   ? ""
            : c.begin == ring::from::latest ? "-latest"
                                            : "-at" + std::to_string(c.begin - c.start)) +
           (c.how == ring::resume::newest ? "-newest" : "") + (c.abandons ? "-abandons" : "") +
           "-" + std::to_string(deaths) + (c.start == 0 ? "" : "-late");
}

template <class Rig = TypedLog<ModelPolicy>>
void holds(const BroadcastCase& c, int deaths, int preemptions = -1, int in_full = -1) {
    BroadcastProgram<ModelPolicy, Rig> program{c};
    const int most = std::getenv("SHUNT_TEST_FULL") != nullptr ? in_full : preemptions;
    expect_holds(name_of<Rig>(c, deaths), program, {.deaths = deaths, .preemptions = most});
}
using Bytes = HeadLog<ModelPolicy>;

constexpr ring::resume kBoth[] = {ring::resume::oldest, ring::resume::newest};

TEST(ExploreBroadcast, OneSubscriberThatIsLapped) {
    for (const int deaths : {0, 1}) {
        holds({.messages = 7}, deaths);
    }
    holds({.messages = 4}, 2);
    for (const ring::resume how : kBoth) {
        holds({.slots = 4, .messages = 9, .how = how}, 0);
        holds({.slots = 4, .messages = 3, .how = how, .before = 6}, 1);
    }
}

TEST(ExploreBroadcast, InPlace) {
    for (const Read read : {Read::peek, Read::valid}) {
        for (const int deaths : {0, 1}) {
            holds({.messages = 4, .publish = Publish::claim, .read = read}, deaths);
        }
    }
    holds({.messages = 4, .read = Read::peek}, 1);
    holds({.messages = 4, .publish = Publish::claim}, 1);
}

TEST(ExploreBroadcast, Batches) {
    holds({.messages = 6, .publish = Publish::batch}, 0);
    holds({.messages = 4, .publish = Publish::batch}, 1);
}

TEST(ExploreBroadcast, WhatWasClaimedAndGivenUpIsNeverSeen) {
    holds({.messages = 3, .abandons = true}, 0);
    holds({.messages = 3, .publish = Publish::claim, .read = Read::valid, .abandons = true}, 1);
}

// Into a log that has been lapped before, beside a publisher that may lap the joiner at once.
TEST(ExploreBroadcast, JoinersBeginAnywhere) {
    for (const std::uint64_t begin :
         {ring::from::oldest, ring::from::latest, std::uint64_t{1}, std::uint64_t{7}}) {
        for (const int deaths : {0, 1}) {
            holds({.messages = 4, .begin = begin, .before = 5}, deaths);
        }
    }
}

TEST(ExploreBroadcast, TwoSubscribersDoNotHurtEachOther) {
    holds({.messages = 3, .subscribers = 2}, 0);
    holds({.messages = 4, .subscribers = 2, .publish = Publish::claim, .read = Read::peek}, 0, 3);
    holds({.messages = 3, .subscribers = 2}, 1, 2, 4);
}

TEST(ExploreBroadcast, Bytes) {
    for (const ring::resume how : kBoth) {
        holds<Bytes>({.messages = 4, .how = how}, 0);
        holds<Bytes>({.messages = 3, .how = how}, 1);
    }
    holds<Bytes>({.messages = 3, .publish = Publish::claim, .read = Read::valid}, 1);
    holds<Bytes>({.messages = 3, .read = Read::peek, .abandons = true}, 0);
}

TEST(ExploreBroadcast, FromAnyStart) {
    holds({.messages = 4, .start = (std::uint64_t{1} << 32) - 2}, 1);
    holds<Bytes>({.messages = 3, .start = 1}, 1);
}

}  // namespace
}  // namespace shunt::model
