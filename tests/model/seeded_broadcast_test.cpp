// SPDX-License-Identifier: MIT
//
// Bugs of the broadcast log, each caught, and its schedule shows it again. Where a fence or a
// word's order is what is missing, the same reordering with it in place is explored too, and holds.
#include "model/broadcast_program.hpp"
#include "model/broken_broadcast.hpp"
#include "model/explore.hpp"

#include <gtest/gtest.h>

#include <string>

namespace shunt::model {
namespace {

constexpr BroadcastCase kPops{.messages = 4, .watched = false};
constexpr BroadcastCase kFromTheStart{.messages = 4, .begin = 0, .watched = false};
constexpr BroadcastCase kInPlace{
    .messages = 4, .publish = Publish::claim, .read = Read::peek, .watched = false};

template <class P, class Rig = TypedLog<P>>
void fails(const std::string& name, const BroadcastCase& c, const std::string& with,
           int deaths = 0) {
    BroadcastProgram<P, Rig> program{c};
    expect_fails("broadcast-" + name, program, {.deaths = deaths}, with);
}
template <class P>
void holds(const std::string& name, const BroadcastCase& c) {
    BroadcastProgram<P> program{c};
    expect_holds("broadcast-" + name, program, {});
}

TEST(SeededBroadcast, ReadableBeforeThePayload) {
    fails<ReadableBeforeItIsWritten<>>("readable-first", kPops, "other bytes");
}
TEST(SeededBroadcast, NoStampWhileItIsWritten) {
    fails<WritesUnderTheOldStamp>("no-writing", kPops, "other bytes");
}
TEST(SeededBroadcast, APayloadWordBeforeTheStamp) {
    holds<BuffersTheFirstStamp<true, true>>("buffered-and-ordered", kPops);
    fails<BuffersTheFirstStamp<true, false>>("relaxed-words-in", kPops, "other bytes");
}
TEST(SeededBroadcast, NoFenceBehindTheClaim) {
    holds<BuffersTheFirstStamp<true, true>>("buffered-and-fenced", kInPlace);
    fails<BuffersTheFirstStamp<false, true>>("no-release-fence", kInPlace, "other bytes");
}
TEST(SeededBroadcast, APayloadWordBehindTheSecondLook) {
    holds<ReadsTheLastWordLate<true, true>>("late-and-ordered", kPops);
    fails<ReadsTheLastWordLate<true, false>>("relaxed-words-out", kPops, "other bytes");
}
TEST(SeededBroadcast, NoFenceBeforeTheSecondLook) {
    holds<ReadsTheLastWordLate<true, true>>("late-and-fenced", kInPlace);
    fails<ReadsTheLastWordLate<false, true>>("no-acquire-fence", kInPlace, "other bytes");
    BroadcastCase valid = kInPlace;
    valid.read = Read::valid;
    fails<ReadsTheLastWordLate<false, true>>("no-acquire-fence-valid", valid, "other bytes");
}
TEST(SeededBroadcast, TheStampLookedAtOnce) {
    fails<LooksOnce>("looks-once", kPops, "other bytes");
}
TEST(SeededBroadcast, AnOldNewest) {
    fails<RemembersTheNewest>("old-newest", kPops, "the subscriber finds the log broken");
}
TEST(SeededBroadcast, ANewestThatIsNotThereYet) {
    fails<OvershootsTheNewest>("overshoots", kPops, "messages are passed over");
    BroadcastCase newest = kPops;
    newest.how = ring::resume::newest;
    fails<OvershootsTheNewest>("overshoots-newest", newest, "it goes on where nothing is yet");
}
TEST(SeededBroadcast, WritePosBeforeTheMessage) {
    fails<CountsBeforeItIsReadable>("counts-first", kPops, "a position is passed over", 1);
}
TEST(SeededBroadcast, NoWritePos) {
    fails<Omits<Place::write_pos>>("no-write-pos", kFromTheStart,
                                   "the subscriber finds the log broken");
}
TEST(SeededBroadcast, ALossThatIsNotTold) {
    fails<Omits<Place::lost>>("no-lost", kPops, "a subscriber's words are not what it did");
}
TEST(SeededBroadcast, ASuccessorThatDoesNotLook) {
    fails<ResumesWithoutALook>("resumes-blind", kPops, "a message's position is used again", 1);
}
TEST(SeededBroadcast, ASuccessorThatLeavesWritePosAsItWas) {
    fails<ResumesWithoutRepair>("resumes-unrepaired", kPops, "write_pos is behind in the end", 1);
    // Where it publishes more, the next message makes write_pos good; until then it misleads.
    struct NotTheEnd : BroadcastProgram<ResumesWithoutRepair> {
        using BroadcastProgram<ResumesWithoutRepair>::BroadcastProgram;
        std::string finish() override { return {}; }
    };
    NotTheEnd program{kFromTheStart};
    expect_fails("broadcast-resumes-unrepaired-2", program, {.deaths = 1},
                 "the subscriber finds the log broken");
}
TEST(SeededBroadcast, LengthBehindTheStamp) {
    fails<TellsTheLengthLate<>, HeadLog<TellsTheLengthLate<>>>("length-late", kPops, "other bytes");
}
TEST(SeededBroadcast, LengthBeforeTheStamp) {
    fails<TellsTheLengthEarly, HeadLog<TellsTheLengthEarly>>("length-early", kPops, "other bytes");
}

using Right = BroadcastProgram<ModelPolicy>;

// write_pos of a message is told when the next one has begun.
struct TellsWritePosLate : BroadcastProgram<CountsLate> {
    using BroadcastProgram<CountsLate>::BroadcastProgram;
    void published() override {
        if (account().readable == end()) {
            CountsLate::finish();
        }
    }
};
TEST(SeededBroadcast, WritePosBehindTheNextStamp) {
    TellsWritePosLate program{kFromTheStart};
    expect_fails("broadcast-counts-late", program, {}, "the subscriber finds the log broken");
}

// One that was overtaken counts the messages between the two, and not its own.
struct CountsOneLess : Right {
    using Right::Right;
    std::uint64_t told_lost(const Subscriber& subscriber) const override {
        return subscriber.lost() - (subscriber.lost() != 0 ? 1 : 0);
    }
};
TEST(SeededBroadcast, ALossCountedWrong) {
    CountsOneLess program{kPops};
    expect_fails("broadcast-counts-less", program, {}, "what it tells of its loss is not true");
}

// A claim that was given up is as if it had been published.
struct PublishesWhatIsGivenUp : Right {
    using Right::Right;
    void gave_up(Publisher& publisher) override {
        ModelPolicy::store(rig().stamp(publisher.position()), 2 * publisher.position() + 2,
                           std::memory_order_release);
    }
};
TEST(SeededBroadcast, WhatIsGivenUpIsPublished) {
    BroadcastCase c = kPops;
    c.abandons = true;
    PublishesWhatIsGivenUp program{c};
    expect_fails("broadcast-gives-up-loudly", program, {}, "EMPTY, and something was there");
}
// Or as if it had not been claimed: the old stamp again.
struct PutsTheOldStampBack : Right {
    using Right::Right;
    void gave_up(Publisher& publisher) override {
        if (publisher.position() >= rig().capacity()) {
            const std::uint64_t old = publisher.position() - rig().capacity();
            ModelPolicy::store(rig().stamp(old), 2 * old + 2, std::memory_order_release);
        }
    }
};
TEST(SeededBroadcast, WhatIsGivenUpLeavesTheOldStamp) {
    BroadcastCase c = kFromTheStart;
    c.abandons = true;
    PutsTheOldStampBack program{c};
    expect_fails("broadcast-old-stamp-back", program, {}, "other bytes");
}

// What no caller sees.
TEST(SeededBroadcast, TheWatchSees) {
    BroadcastCase watched = kPops;
    watched.watched = true;
    fails<WritesUnderTheOldStamp>("watched-no-writing", watched, "out of its turn");
    fails<CountsBeforeItIsReadable>("watched-counts-first", watched, "write_pos is not what");
}

}  // namespace
}  // namespace shunt::model
