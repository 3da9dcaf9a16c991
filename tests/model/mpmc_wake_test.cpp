// SPDX-License-Identifier: MIT
//
// Sleeping and waking among many, over the owner-word ring: the rules of docs/wakeup_protocol.md,
// and what is stuck without each.
#include "model/broken_mpmc.hpp"
#include "model/explore.hpp"
#include "model/mpmc_wake_program.hpp"

#include <gtest/gtest.h>

#include <string>

namespace shunt::model {
namespace {

std::string name_of(const MpmcWakeCase& c) {
    std::string name = "mpmc-wake" + std::to_string(c.slots) + "-" + std::to_string(c.producers) +
                       "P" + std::to_string(c.quotas.size()) + "C-" + std::to_string(c.before) +
                       "+" + std::to_string(c.messages);
    for (const std::uint64_t quota : c.quotas) {
        name += "-" + std::to_string(quota);
    }
    return name + (c.peek ? "-peek" : c.copies ? "-copy" : "-pop") + (c.abandons ? "-abandon" : "");
}

void holds(const MpmcWakeCase& c, Limits limits) {
    MpmcWakeProgram<ModelPolicy> program{c};
    expect_holds(name_of(c), program, limits);
}

TEST(ExploreMpmcWake, OneAndOne) {
    for (const bool peek : {false, true}) {
        holds({.messages = 4, .peek = peek}, {.spurious = 1, .preemptions = 4});
    }
    holds({.messages = 3, .abandons = true}, {.preemptions = 4});
}

TEST(ExploreMpmcWake, RoomIsToldOfInQuartersAndBeforeSleep) {
    holds({.slots = 8, .messages = 3, .before = 8}, {.preemptions = 2});
    holds({.slots = 8, .messages = 2, .quotas = {0, 1}, .before = 8}, {.preemptions = 2});
    holds({.slots = 8, .messages = 2, .quotas = {0, 2}, .peek = true, .before = 8},
          {.preemptions = 2});
}

TEST(ExploreMpmcWake, PopsByCopy) {
    holds({.messages = 4, .copies = true}, {.spurious = 1, .preemptions = 4});
    holds({.slots = 8, .messages = 3, .copies = true, .before = 8}, {.preemptions = 2});
    holds({.slots = 8, .messages = 2, .quotas = {0, 2}, .copies = true, .before = 8},
          {.preemptions = 2});
    holds({.messages = 1, .quotas = {1, 1}, .producers = 2, .copies = true}, {.preemptions = 2});
}

TEST(ExploreMpmcWake, TwoProducers) {
    holds({.messages = 2, .producers = 2}, {.preemptions = 2});
}

TEST(ExploreMpmcWake, EachMessageHasItsConsumer) {
    holds({.messages = 1, .quotas = {1, 1}, .producers = 2}, {.preemptions = 2});
    holds({.messages = 2, .quotas = {0, 1}}, {.spurious = 1, .preemptions = 2});
}

using Right = MpmcWakeProgram<ModelPolicy>;

template <class Program>
void fails(const std::string& name, const MpmcWakeCase& c) {
    Program program{c};
    expect_fails(name, program, {.preemptions = 3}, "sleeps for ever");
}

// The publisher of the second message met a consumer that could have only the first, and that was
// not there yet.
struct WakesNobodyBeside : Right {
    using Right::Right;
    Consumer::Due due_of(Consumer& consumer, Status) override {
        Consumer::Due due = consumer.due();
        due.next = false;
        return due;
    }
};
TEST(SeededMpmcWake, WhoTakesTheFirstDoesNotWakeAnotherForTheSecond) {
    fails<WakesNobodyBeside>("nobody-beside", {.messages = 1, .quotas = {1, 1}, .producers = 2});
}

struct TellsOfQuartersOnly : Right {
    using Right::Right;
    Consumer::Due due_of(Consumer& consumer, Status) override {
        Consumer::Due due = consumer.due();
        due.room = due.room == 8 ? 0 : due.room;
        return due;
    }
};
TEST(SeededMpmcWake, RoomIsToldOfInQuartersAndNotBeforeSleep) {
    fails<TellsOfQuartersOnly>(
        "quarters-only", {.slots = 8, .messages = 2, .quotas = {0, 2}, .peek = true, .before = 8});
}

}  // namespace
}  // namespace shunt::model
