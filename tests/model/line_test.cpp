// SPDX-License-Identifier: MIT
//
// Every interleaving of a producer and a consumer of the line ring, and of their deaths.
#include "model/explore.hpp"
#include "model/line_program.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>

namespace shunt::model {
namespace {

using Of8 = test::Blob<8, 8>;
using Of24 = test::Blob<24, 8>;
using Of56 = test::Blob<56, 8>;
using Of64 = test::Blob<64, 64>;

template <class T>
std::string name_of(const LineCase& c, int deaths) {
    constexpr const char* kPush[] = {"push", "push_n", "claim"};
    constexpr const char* kPop[] = {"pop", "pop_n", "peek", "drain"};
    return "line" + std::to_string(sizeof(T)) + "x" + std::to_string(c.slots) + "-" +
           std::to_string(c.messages) + "-" + kPush[static_cast<int>(c.push)] + "-" +
           kPop[static_cast<int>(c.pop)] + std::to_string(c.batch) + "-" + std::to_string(deaths) +
           (c.start == 0 ? "" : "-late");
}

template <class T>
void holds(const LineCase& c, int deaths, int preemptions = -1) {
    LineProgram<T, ModelPolicy> program{c};
    expect_holds(name_of<T>(c, deaths), program, {.deaths = deaths, .preemptions = preemptions});
}

// Around the ring and into its second lap; twice around where a slot is one message.
template <class T>
std::uint64_t laps(std::uint64_t slots) {
    constexpr std::uint64_t kPerSlot = ring::LineShape<T>::kPerSlot;
    return kPerSlot > 2 ? slots * kPerSlot + 2 : 2 * slots * kPerSlot + 1;
}

template <class T>
class ExploreLine : public testing::Test {};
using Sizes = testing::Types<Of8, Of24, Of56, Of64>;
struct SizeName {
    template <class T>
    static std::string GetName(int) {
        return "Size" + std::to_string(sizeof(T));
    }
};
TYPED_TEST_SUITE(ExploreLine, Sizes, SizeName);

TYPED_TEST(ExploreLine, SinglesInOrderOnceAndWhole) {
    for (const std::uint64_t slots : {1u, 2u}) {
        for (const int deaths : {0, 1}) {
            holds<TypeParam>({.slots = slots, .messages = laps<TypeParam>(slots)}, deaths);
        }
    }
}

// The successor dies too, or both sides do.
TYPED_TEST(ExploreLine, TwoDeaths) {
    constexpr std::uint64_t kAround = ring::LineShape<TypeParam>::kPerSlot + 2;
    constexpr std::uint64_t kMessages = std::min<std::uint64_t>(kAround, 5);
    constexpr std::uint64_t kStart = kAround - kMessages;
    holds<TypeParam>({.messages = kMessages, .start = kStart}, 2);
    holds<TypeParam>(
        {.messages = kMessages, .push = Push::claim, .pop = Pop::peek, .start = kStart}, 2);
}

TYPED_TEST(ExploreLine, BatchesOverTheEndOfASlot) {
    for (const std::uint64_t slots : {1u, 2u}) {
        for (const int deaths : {0, 1}) {
            holds<TypeParam>({.slots = slots,
                              .messages = laps<TypeParam>(slots),
                              .push = Push::batch,
                              .pop = Pop::batch,
                              .batch = 3},
                             deaths);
        }
    }
}

TYPED_TEST(ExploreLine, InPlaceOnceExceptFlagged) {
    for (const std::uint64_t batch : {1u, 2u}) {
        for (const int deaths : {0, 1}) {
            holds<TypeParam>({.slots = 2,
                              .messages = laps<TypeParam>(1) + 2,
                              .push = Push::claim,
                              .pop = Pop::peek,
                              .batch = batch},
                             deaths);
        }
    }
}

TYPED_TEST(ExploreLine, Drained) {
    for (const int deaths : {0, 1}) {
        holds<TypeParam>({.slots = 2,
                          .messages = laps<TypeParam>(1) + 2,
                          .push = Push::batch,
                          .pop = Pop::drain,
                          .batch = 3},
                         deaths);
    }
}

// Four lines of seven: here free_pos is due every third message, so that several are shown at once.
// From a start near the ring's end.
TEST(ExploreLineRuns, OfSeveralMessagesInPlace) {
    for (const Pop pop : {Pop::peek, Pop::batch, Pop::drain}) {
        for (const int deaths : {0, 1}) {
            holds<Of8>({.slots = 4,
                        .messages = 9,
                        .push = Push::batch,
                        .pop = pop,
                        .batch = 3,
                        .start = 24},
                       deaths);
        }
    }
}

// A start in the middle of a line, next to where 32 bits end.
TYPED_TEST(ExploreLine, FromAnyStart) {
    holds<TypeParam>(
        {.slots = 2, .messages = laps<TypeParam>(1) + 1, .start = (std::uint64_t{1} << 32) - 2}, 1);
}

}  // namespace
}  // namespace shunt::model
