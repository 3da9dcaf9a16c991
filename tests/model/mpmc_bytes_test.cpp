// SPDX-License-Identifier: MIT
//
// As mpmc_test.cpp, of byte messages: each goes through the ring with its size, in place and by
// copy, and whoever dies leaves neither half a message nor another one's size.
#include "model/broken.hpp"
#include "model/explore.hpp"
#include "model/mpmc_bytes_rig.hpp"
#include "model/mpmc_program.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

namespace shunt::model {
namespace {

template <class P>
using Bytes = MpmcProgram<P, HeadsRig<P>>;

void holds(const std::string& name, const MpmcCase& c, int deaths, int preemptions = -1,
           int in_full = -1) {
    Bytes<ModelPolicy> program{c};
    const int most = std::getenv("SHUNT_TEST_FULL") != nullptr ? in_full : preemptions;
    expect_holds("mpmc-bytes-" + name, program, {.deaths = deaths, .preemptions = most});
}

TEST(ExploreMpmcBytes, OneAndOne) {
    holds("pop-0", {.messages = 3}, 0);
    holds("pop-1", {.messages = 3}, 1, 2, 3);
    holds("peek-1", {.messages = 3, .peek = true}, 1, 2, 3);
    holds("copy-0", {.messages = 3, .copiers = 1}, 0);
    holds("copy-1", {.messages = 3, .copiers = 1}, 1, 2, 3);
    holds("copy-abandon-1",
          {.messages = 3, .copiers = 1, .abandons = true, .first_lap = ring::OwnerWord::kLapMask},
          1, 2, 3);
}

TEST(ExploreMpmcBytes, Several) {
    holds("2P1C-1", {.producers = 2, .messages = 1}, 1, 1, 2);
    holds("2C-peek-copy-0", {.consumers = 2, .messages = 2, .peek = true, .copiers = 1}, 0, 2, 4);
    holds("2C-peek-copy-1", {.consumers = 2, .messages = 1, .peek = true, .copiers = 1}, 1, 1, 3);
    holds("2C-copy-0", {.consumers = 2, .messages = 3, .copiers = 2}, 0, 2, 3);
}

template <class P>
void fails(const std::string& name, const MpmcCase& c, const std::string& with) {
    Bytes<P> program{c};
    expect_fails(name, program, {.preemptions = 3}, with);
}

// The size is written behind the word that says that the message is complete.
TEST(SeededMpmcBytes, ReadyBeforeTheSize) {
    using Late = Swaps<Place::payload, Place::slot_word>;
    fails<Late>("ready-before-size", {.messages = 3}, "other bytes");
    fails<Late>("ready-before-size-copy", {.messages = 3, .copiers = 1}, "other bytes");
}

}  // namespace
}  // namespace shunt::model
