// SPDX-License-Identifier: MIT
//
// What the explorer is worth: each of these bugs is caught, and its schedule shows it again.
#include "model/broken.hpp"
#include "model/bytes_program.hpp"
#include "model/explore.hpp"
#include "model/wake_program.hpp"

#include <gtest/gtest.h>

#include <string>

namespace shunt::model {
namespace {

using Of24 = test::Blob<24, 8>;
using Of56 = test::Blob<56, 8>;

template <class T, class P>
void line(const std::string& name, const LineCase& c, int deaths, const std::string& with) {
    LineProgram<T, P> program{c};
    expect_fails(name, program, {.deaths = deaths}, with);
}

template <class P>
void bytes(const std::string& name, const BytesCase& c, int deaths, const std::string& with) {
    BytesProgram<P> program{c};
    expect_fails(name, program, {.deaths = deaths}, with);
}

template <class P, class Futex = ModelFutex>
void wake(const std::string& name, const WakeCase& c, int deaths, const std::string& with) {
    WakeProgram<Of56, P, Futex> program{c};
    expect_fails(name, program, {.deaths = deaths}, with);
}

constexpr LineCase kPeeks{.slots = 2, .messages = 5, .push = Push::claim, .pop = Pop::peek};

TEST(SeededLine, StampBeforePayload) {
    line<Of24, PublishesBeforeItCopies<Place::stamp>>("stamp-before-payload", {}, 0, "other bytes");
}
TEST(SeededLine, FreePosBeforeTheCopy) {
    line<Of24, FreesBeforeItCopies<Place::free_pos>>("free-before-copy", {.messages = 5}, 0,
                                                     "other bytes");
}
TEST(SeededLine, ReadPosLate) {
    line<Of24, StoresLate<Place::read_pos>>("read-pos-late", {}, 1, "would come again");
}
TEST(SeededLine, FreePosBeforeReadPos) {
    line<Of56, Swaps<Place::read_pos, Place::free_pos>>("free-before-read", {.messages = 3}, 1,
                                                        "broken");
}
TEST(SeededLine, NoPeekPos) {
    line<Of24, Omits<Place::peek_pos>>("no-peek-pos", kPeeks, 1, "comes twice, not flagged");
}
TEST(SeededLine, PeekPosLate) {
    line<Of24, StoresLate<Place::peek_pos>>("peek-pos-late", kPeeks, 1, "comes twice, not flagged");
}
TEST(SeededLine, StampsOfABatchBackwards) {
    line<Of56, StampsBackwards>(
        "stamps-backwards", {.slots = 2, .messages = 4, .push = Push::batch, .batch = 2}, 1, "");
}
TEST(SeededLine, RoomThatIsNotThere) {
    line<Of56, BelievesInMoreRoom<1>>("one-too-many", {.slots = 2, .messages = 5}, 0, "broken");
}

const BytesCase kPadded{.lengths = {8, 100, 8, 57}, .start = 1024 - 128};

TEST(SeededBytes, HeaderBeforePayload) {
    bytes<PublishesBeforeItCopies<Place::frames>>("header-before-payload", kPadded, 0,
                                                  "other bytes");
}
TEST(SeededBytes, NextHeaderNotCleared) {
    bytes<ClearsTheNextHeader<false>>("not-cleared", kPadded, 0, "");
}
TEST(SeededBytes, NextHeaderClearedAfterThePublish) {
    bytes<ClearsTheNextHeader<true>>("cleared-late", kPadded, 0, "");
}
TEST(SeededBytes, PaddingBeforeItsFrame) {
    bytes<PublishesPaddingFirst>("padding-first", kPadded, 0, "");
}
TEST(SeededBytes, LastPosBeforeItsHeader) {
    bytes<TellsLastPosFirst>("last-pos-first", kPadded, 1, "");
}
TEST(SeededBytes, NoLastPos) {
    bytes<Omits<Place::last_pos>>(
        "no-last-pos", {.lengths = {120, 120, 120, 120, 120, 120, 120, 56, 8, 100}}, 1, "");
}
TEST(SeededBytes, RoomForTheClearedHeaderForgotten) {
    bytes<BelievesInMoreRoom<64>>(
        "a-line-too-many",
        {.lengths = {56, 120, 120, 120, 120, 120, 120, 120, 120, 56}, .start = 64}, 0, "");
}
TEST(SeededBytes, NoPeekPos) {
    bytes<Omits<Place::peek_pos>>("no-peek-pos", {.lengths = {8, 56}, .in_place = true}, 1,
                                  "comes twice, not flagged");
}

constexpr WakeCase kThree{.line = {.messages = 3}};

TEST(SeededWake, PublishBehindTheLookForSleepers) {
    wake<BuffersThePublish<Place::stamp>>("buffered-stamp", kThree, 0, "sleeps for ever");
    wake<BuffersThePublish<Place::free_pos>>("buffered-free-pos", kThree, 0, "sleeps for ever");
}
TEST(SeededWake, LookBeforeTheBitIsSet) {
    wake<LooksBeforeItArms>("look-before-arm", kThree, 0, "sleeps for ever");
}
TEST(SeededWake, BumpBeforeTheBitIsCleared) {
    wake<BumpsBeforeItClears>("bump-first", kThree, 0, "sleeps for ever");
}
TEST(SeededWake, NoBump) {
    wake<DoesNotBump>("no-bump", kThree, 0, "sleeps for ever");
}
TEST(SeededWake, WaitThatComparesNothing) {
    wake<ModelPolicy, FutexThatSleepsAnyway>("sleeps-anyway", kThree, 0, "sleeps for ever");
}
TEST(SeededWake, RecoveryThatWakesNobody) {
    wake<ModelPolicy>("silent-recovery", {.line = {.messages = 2}, .recovery = Recovery::silent}, 1,
                      "sleeps for ever");
}
TEST(SeededWake, RecoveryThatDoesNotBump) {
    wake<ModelPolicy>("unbumped-recovery",
                      {.line = {.messages = 2}, .recovery = Recovery::unbumped}, 1,
                      "sleeps for ever");
}
TEST(SeededWake, TheDeadCountAsWoken) {
    CrowdProgram<ModelPolicy, FutexThatCountsTheDead> program{1, true};
    expect_fails("dead-counts", program, {}, "sleeps for ever");
}

}  // namespace
}  // namespace shunt::model
