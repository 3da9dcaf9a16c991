// SPDX-License-Identifier: MIT
//
// Bugs of a latest value, each caught, and its schedule shows it again. Where a fence, a word's
// order, or the word that a sleeper looks at is what is missing, the same reordering with it in
// place is explored too, and holds.
#include "model/broken_broadcast.hpp"
#include "model/explore.hpp"
#include "model/latest_program.hpp"

#include <gtest/gtest.h>

#include <string>

namespace shunt::model {
namespace {

constexpr BroadcastCase kLoads{.messages = 4, .watched = false};
constexpr BroadcastCase kInPlace{
    .messages = 4, .publish = Publish::claim, .read = Read::peek, .watched = false};

template <class P, class Rig = TypedLatest<P>>
void fails(const std::string& name, const BroadcastCase& c, const std::string& with,
           int deaths = 0) {
    LatestProgram<P, Rig> program{c};
    expect_fails("latest-" + name, program, {.deaths = deaths}, with);
}
template <class P>
void holds(const std::string& name, const BroadcastCase& c) {
    LatestProgram<P> program{c};
    expect_holds("latest-" + name, program, {});
}

TEST(SeededLatest, WritePosBeforeTheWordsOfTheValue) {
    fails<ReadableBeforeItIsWritten<Place::write_pos>>("told-first", kLoads, "other bytes");
}
TEST(SeededLatest, NoStampWhileItIsWritten) {
    fails<WritesUnderTheOldStamp>("no-writing", kLoads, "other bytes");
}
TEST(SeededLatest, AWordBeforeTheStamp) {
    holds<BuffersTheFirstStamp<true, true>>("buffered-and-ordered", kLoads);
    fails<BuffersTheFirstStamp<true, false>>("relaxed-words-in", kLoads, "other bytes");
}
TEST(SeededLatest, NoFenceBehindTheClaim) {
    holds<BuffersTheFirstStamp<true, true>>("buffered-and-fenced", kInPlace);
    fails<BuffersTheFirstStamp<false, true>>("no-release-fence", kInPlace, "other bytes");
}
TEST(SeededLatest, AWordBehindTheSecondLook) {
    holds<ReadsTheLastWordLate<true, true>>("late-and-ordered", kLoads);
    fails<ReadsTheLastWordLate<true, false>>("relaxed-words-out", kLoads, "other bytes");
}
TEST(SeededLatest, NoFenceBeforeTheSecondLook) {
    holds<ReadsTheLastWordLate<true, true>>("late-and-fenced", kInPlace);
    fails<ReadsTheLastWordLate<false, true>>("no-acquire-fence", kInPlace, "other bytes");
    BroadcastCase valid = kInPlace;
    valid.read = Read::valid;
    fails<ReadsTheLastWordLate<false, true>>("no-acquire-fence-valid", valid, "other bytes");
}
TEST(SeededLatest, TheStampLookedAtOnce) {
    fails<LooksOnce>("looks-once", kLoads, "other bytes");
}
TEST(SeededLatest, AnOldNewest) {
    fails<RemembersTheNewest>("old-newest", kLoads, "an older value than was the newest");
}
TEST(SeededLatest, ANewestThatIsNotThereYet) {
    fails<OvershootsTheNewest>("overshoots", kLoads, "the reader finds it broken");
}
TEST(SeededLatest, WritePosBeforeTheValue) {
    fails<CountsBeforeItIsReadable>("counts-first", kLoads, "the reader finds it broken");
}
TEST(SeededLatest, ASuccessorThatDoesNotLook) {
    fails<ResumesWithoutALook>("resumes-blind", kLoads, "a message's position is used again", 1);
}
TEST(SeededLatest, ASuccessorThatLeavesWritePosAsItWas) {
    fails<ResumesWithoutRepair>("resumes-unrepaired", kLoads, "waits for ever", 1);
}
TEST(SeededLatest, LengthBehindWritePos) {
    using Late = TellsTheLengthLate<Place::write_pos>;
    fails<Late, HeadLatest<Late>>("length-late", kLoads, "other bytes");
}
TEST(SeededLatest, LengthBeforeTheStamp) {
    fails<TellsTheLengthEarly, HeadLatest<TellsTheLengthEarly>>("length-early", kLoads,
                                                                "other bytes");
}
TEST(SeededLatest, AReaderThatDoesNotNoteWhatItLoaded) {
    fails<Omits<Place::read_pos>>("no-read-pos", kLoads, "a reader's word is not what it did");
}

// write_pos of a value is told when the next one has begun.
struct TellsWritePosLate : LatestProgram<CountsLate> {
    using LatestProgram<CountsLate>::LatestProgram;
    void published() override {
        if (account().readable == end()) {
            CountsLate::finish();
        }
    }
};
TEST(SeededLatest, WritePosBehindTheNextStamp) {
    TellsWritePosLate program{kLoads};
    expect_fails("latest-counts-late", program, {}, "the reader finds it broken");
}

// A claim that was given up is as if nothing had been written there.
struct PutsTheOldStampBack : LatestProgram<ModelPolicy> {
    using LatestProgram<ModelPolicy>::LatestProgram;
    void gave_up(Publisher& publisher) override {
        if (publisher.position() >= rig().capacity()) {
            const std::uint64_t old = publisher.position() - rig().capacity();
            ModelPolicy::store(rig().stamp(old), 2 * old + 2, std::memory_order_release);
        }
    }
};
TEST(SeededLatest, WhatIsGivenUpLeavesTheOldStamp) {
    BroadcastCase c = kLoads;
    c.abandons = true;
    PutsTheOldStampBack program{c};
    expect_fails("latest-old-stamp-back", program, {}, "other bytes");
}

TEST(SeededLatest, TheWatchSees) {
    BroadcastCase watched = kLoads;
    watched.watched = true;
    fails<WritesUnderTheOldStamp>("watched-no-writing", watched, "out of its turn");
}

template <class AProgram>
void sleeps(const std::string& name, const BroadcastCase& c, Limits limits = {}) {
    AProgram program{c};
    expect_fails("latest-" + name, program, limits, "sleeps for ever");
}
using Right = LatestWakeProgram<ModelPolicy>;

// As x86 does it: a store that is only a release leaves the store buffer behind the load of
// sleepers, unless one that is seq_cst comes behind it.
struct BuffersWhatIsOnlyReleased : BuffersTheMessage {
    template <class Word>
    static void store(std::atomic<Word>& word, Word value, std::memory_order order) {
        if (order == std::memory_order_seq_cst) {
            finish();
            ModelPolicy::store(word, value, order);
        } else {
            BuffersTheMessage::store(word, value, order);
        }
    }
    template <class Word>
    static Word fetch_or(std::atomic<Word>& word, Word bits, std::memory_order order) {
        finish();
        return ModelPolicy::fetch_or(word, bits, order);
    }
};
TEST(SeededLatestWake, TheOtherOfTheTwoStoresIsTheStrongOne) {
    LatestWakeProgram<BuffersWhatIsOnlyReleased> right{{.messages = 3}};
    expect_holds("latest-strong-write-pos", right, {});
    sleeps<LatestWakeProgram<BuffersWhatIsOnlyReleased,
                             TypedLatest<BuffersWhatIsOnlyReleased, ring::told::by_stamp>>>(
        "strong-stamp", {.messages = 3});
}
TEST(SeededLatestWake, LookBeforeTheBitIsSet) {
    sleeps<LatestWakeProgram<LooksBeforeItArms>>("look-before-arm", {.messages = 3});
}
TEST(SeededLatestWake, NoBump) {
    sleeps<LatestWakeProgram<DoesNotBump>>("no-bump", {.messages = 3});
}
struct WakesOne : Right {
    using Right::Right;
    void wake(Waker<ModelFutex, ModelPolicy>& waker, std::uint32_t bits) override {
        waker.wake(bits, 1);
    }
};
TEST(SeededLatestWake, OneWokenOfTwo) {
    sleeps<WakesOne>("wakes-one", {.messages = 1, .subscribers = 2}, {.preemptions = 2});
}
struct RecoversSilently : Right {
    using Right::Right;
    void recovered() override {}
    void went_on(Waker<ModelFutex, ModelPolicy>&) override {}
};
TEST(SeededLatestWake, RecoveryThatWakesNobody) {
    sleeps<RecoversSilently>("silent-recovery", {.messages = 1}, {.deaths = 1});
}
// Its constructor has made the value of the dead good, and nobody is told.
struct GoesOnSilently : Right {
    using Right::Right;
    void went_on(Waker<ModelFutex, ModelPolicy>&) override {}
};
TEST(SeededLatestWake, ASuccessorThatDoesNotTellOfWhatItMadeGood) {
    sleeps<GoesOnSilently>("silent-successor", {.messages = 1}, {.deaths = 1});
}

}  // namespace
}  // namespace shunt::model
