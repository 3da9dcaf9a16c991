// SPDX-License-Identifier: MIT
//
// Every interleaving of a producer and a consumer of the bytes ring, and of their deaths.
#include "model/bytes_program.hpp"
#include "model/explore.hpp"

#include <gtest/gtest.h>

#include <string>

namespace shunt::model {
namespace {

void holds(const std::string& what, BytesCase c, std::initializer_list<int> all_deaths) {
    for (const bool in_place : {false, true}) {
        c.in_place = in_place;
        BytesProgram<ModelPolicy> program{c};
        for (const int deaths : all_deaths) {
            expect_holds("bytes-" + what + (in_place ? "-peek-" : "-pop-") + std::to_string(deaths),
                         program, {.deaths = deaths});
        }
    }
}

// 1024 bytes: messages of up to 128.
TEST(ExploreBytes, FramesOneAfterTheOther) {
    holds("frames", {.lengths = {8, 56, 57, 0}}, {0, 1, 2});
}

TEST(ExploreBytes, PaddingBeforeTheEnd) {
    holds("padding", {.lengths = {8, 100, 8, 57}, .start = 1024 - 128}, {0, 1, 2});
}

TEST(ExploreBytes, TheLastFrameEndsWhereTheRingEnds) {
    holds("to-the-end", {.lengths = {56, 120, 8}, .start = 1024 - 192}, {0, 1, 2});
}

// Seven frames of 128 and one of 64: the line that is left over must stay clear. Then the producer
// waits for each frame that is freed, goes around, and over the end with padding.
TEST(ExploreBytes, ExactlyFull) {
    holds("full", {.lengths = {120, 120, 120, 120, 120, 120, 120, 56, 8, 100}}, {0, 1});
}

TEST(ExploreBytes, FullWithPadding) {
    holds("full-padding",
          {.lengths = {56, 120, 120, 120, 120, 120, 120, 120, 120, 56}, .start = 64}, {0, 1});
}

TEST(ExploreBytes, FramesOfEightBytes) {
    holds("dense", {.lengths = {0, 8, 36, 16, 1}, .start = 1024 - 64, .frame_align = 8}, {0, 1, 2});
}

}  // namespace
}  // namespace shunt::model
