// SPDX-License-Identifier: MIT
//
// The owner-word ring on one thread, popped by copy: what the slot's word says before and after,
// and how such a consumer and one in place leave each other's messages alone.
#include "mpmc_rig.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <utility>
#include <vector>

namespace shunt::test {
namespace {

using ring::OwnerWord;
using ring::SlotOwner;
using ring::SlotState;

constexpr SlotOwner kOut{2, 7};
constexpr SlotOwner kIn{3, 9};
constexpr SlotOwner kOther{4, 31};

// Lets the test do something between a copy and the CAS behind it.
struct Interrupted : DefaultPolicy {
    inline static std::function<void()> between;
    template <std::size_t N>
    static void copy_out_racing(std::byte* to, const std::byte* from) {
        DefaultPolicy::copy_out_racing<N>(to, from);
        if (between) {
            std::exchange(between, nullptr)();
        }
    }
};

template <class T>
class MpmcCopy : public testing::Test {};
using Messages = testing::Types<Blob<1, 1>, Blob<8, 8>, Blob<15, 1>, Blob<56, 8>, Blob<200, 8>>;
TYPED_TEST_SUITE(MpmcCopy, Messages);

template <class T, class P>
[[nodiscard]] testing::AssertionResult copies(ring::MpmcConsumer<T, P>& consumer,
                                              std::uint64_t position, bool again = false) {
    T out{};
    if (const Status status = consumer.try_pop_copy(out); !status) {
        return testing::AssertionFailure()
               << "wanted message " << position << ", got " << to_string(status);
    }
    if (consumer.position() != position || consumer.redelivered() != again || consumer.holds()) {
        return testing::AssertionFailure() << "wanted position " << position << ", got "
                                           << consumer.position() << ", flagged or not, or held";
    }
    return out == message<T>(position)
               ? testing::AssertionSuccess()
               : testing::AssertionFailure() << "message " << position << " has other bytes";
}

template <class Rig>
ring::Recovered recover(Rig& rig, SlotOwner dead) {
    ring::Recovered done;
    EXPECT_TRUE(ring::recover_slots(
        rig.slots(), *rig.words, dead, {}, [] { return true; }, done));
    return done;
}

TYPED_TEST(MpmcCopy, FreesTheSlotOfTheNextLapAndNamesNobody) {
    using T = TypeParam;
    MpmcRig<T> rig{2, OwnerWord::kLapMask};
    auto producer = rig.producer(kOut);
    auto consumer = rig.consumer(kIn);
    for (std::uint64_t n = 0; n < 5; ++n) {
        ASSERT_TRUE(producer.try_push(message<T>(rig.start + n)));
        EXPECT_TRUE(copies(consumer, rig.start + n)) << "over the end of the laps";
        const std::uint64_t lap = (rig.start + n) / rig.capacity() + 1;
        EXPECT_EQ(rig.word(rig.start + n).word(), OwnerWord{lap}.word());
    }
    EXPECT_EQ(rig.words->read_hint.load(std::memory_order_relaxed), rig.start + 5);
    T out{};
    EXPECT_EQ(consumer.try_pop_copy(out), Status::empty);
    EXPECT_TRUE(rig.guards_whole());
}

TYPED_TEST(MpmcCopy, IsFullOnlyWhereSoManyMessagesAreThere) {
    using T = TypeParam;
    MpmcRig<T> rig{4};
    auto producer = rig.producer(kOut);
    auto consumer = rig.consumer(kIn);
    for (std::uint64_t n = 0; n < 4; ++n) {
        ASSERT_TRUE(producer.try_push(message<T>(n)));
    }
    EXPECT_EQ(producer.try_push(message<T>(4)), Status::full);
    EXPECT_TRUE(copies(consumer, 0));
    EXPECT_TRUE(producer.try_push(message<T>(4)));
    EXPECT_EQ(producer.try_push(message<T>(5)), Status::full);
}

TYPED_TEST(MpmcCopy, TellsOfClaimsAndGapsAsInPlace) {
    using T = TypeParam;
    MpmcRig<T> rig{4};
    auto producer = rig.producer(kOut);
    auto consumer = rig.consumer(kIn);
    ASSERT_NE(producer.try_claim(), nullptr);
    T out{};
    EXPECT_EQ(consumer.try_pop_copy(out), Status::busy);
    EXPECT_EQ(consumer.busy_owner(), kOut);
    producer.abandon();
    EXPECT_EQ(consumer.try_pop_copy(out), Status::gap);
    EXPECT_EQ(consumer.last_gap().position, 0u);
    EXPECT_EQ(consumer.last_gap().owner, kOut);
    EXPECT_EQ(consumer.try_pop_copy(out), Status::empty);
}

// Another pops the message after it was copied, and a third one is written into the same slot.
TYPED_TEST(MpmcCopy, OfAMessageThatAnotherTookIsThrownAway) {
    using T = TypeParam;
    for (const bool in_place : {false, true}) {
        MpmcRig<T, Interrupted> rig{2};
        auto producer = rig.producer(kOut);
        auto consumer = rig.consumer(kIn);
        auto other = rig.consumer(kOther);
        for (std::uint64_t n = 0; n < 2; ++n) {
            ASSERT_TRUE(producer.try_push(message<T>(n)));
        }
        Interrupted::between = [&] {
            T out{};
            EXPECT_TRUE(in_place ? other.try_pop(out) : other.try_pop_copy(out));
            EXPECT_EQ(out, message<T>(0));
            EXPECT_TRUE(producer.try_push(message<T>(2)));
        };
        EXPECT_TRUE(copies(consumer, 1));
        EXPECT_FALSE(Interrupted::between) << "the other took nothing in between";
        EXPECT_TRUE(copies(consumer, 2));
    }
}

TYPED_TEST(MpmcCopy, LeavesAMessageToOthersUntilItIsItsOwn) {
    using T = TypeParam;
    MpmcRig<T, Interrupted> rig{2};
    auto producer = rig.producer(kOut);
    auto consumer = rig.consumer(kIn);
    ASSERT_TRUE(producer.try_push(message<T>(0)));
    Interrupted::between = [&] {
        EXPECT_EQ(rig.word(0).state, SlotState::ready);
        EXPECT_EQ(recover(rig, kIn).orphaned, 0u) << "a death here leaves nothing to give back";
    };
    EXPECT_TRUE(copies(consumer, 0));
}

TYPED_TEST(MpmcCopy, PassesOverWhatAnotherHasInHandAndInheritsItFlagged) {
    using T = TypeParam;
    MpmcRig<T> rig{4};
    auto producer = rig.producer(kOut);
    auto dead = rig.consumer(kOther);
    auto consumer = rig.consumer(kIn);
    for (std::uint64_t n = 0; n < 3; ++n) {
        ASSERT_TRUE(producer.try_push(message<T>(n)));
    }
    const T* shown = nullptr;
    ASSERT_TRUE(dead.try_peek(shown));
    EXPECT_TRUE(copies(consumer, 1));
    EXPECT_EQ(recover(rig, kOther).orphaned, 1u);
    EXPECT_TRUE(copies(consumer, 0, true));
    EXPECT_EQ(rig.word(0).word(), OwnerWord{1}.word());
    EXPECT_TRUE(copies(consumer, 2)) << "what comes next is new again";
}

TYPED_TEST(MpmcCopy, GivesUpWhatKilledAllWhoTookIt) {
    using T = TypeParam;
    MpmcRig<T> rig{2};
    auto producer = rig.producer(kOut);
    ASSERT_TRUE(producer.try_push(message<T>(0)));
    for (std::uint32_t tries = 0; tries <= layout::kMostTries; ++tries) {
        auto victim = rig.consumer(ring::slot_owner(kOther.index, tries));
        const T* shown = nullptr;
        ASSERT_TRUE(victim.try_peek(shown));
        ASSERT_EQ(recover(rig, ring::slot_owner(kOther.index, tries)).orphaned, 1u);
    }
    auto consumer = rig.consumer(kIn);
    T out{};
    EXPECT_EQ(consumer.try_pop_copy(out), Status::empty);
    EXPECT_EQ(consumer.dead_letters(), 1u);
}

TYPED_TEST(MpmcCopy, OrAPopInPlaceLeavesWhatAPeekHasShownInHand) {
    using T = TypeParam;
    for (const bool by_copy : {false, true}) {
        MpmcRig<T> rig{2};
        auto producer = rig.producer(kOut);
        auto consumer = rig.consumer(kIn);
        for (std::uint64_t n = 0; n < 2; ++n) {
            ASSERT_TRUE(producer.try_push(message<T>(n)));
        }
        const T* shown = nullptr;
        ASSERT_TRUE(consumer.try_peek(shown));
        T out{};
        ASSERT_TRUE(by_copy ? consumer.try_pop_copy(out) : consumer.try_pop(out));
        EXPECT_EQ(out, message<T>(1));
        EXPECT_EQ(rig.word(0).state, SlotState::taken);
        ASSERT_TRUE(consumer.try_peek(shown));
        EXPECT_EQ(*shown, message<T>(0)) << "looking again shows the same";
        consumer.release();
        EXPECT_EQ(rig.word(0).state, SlotState::free);
        EXPECT_FALSE(consumer.holds());
        EXPECT_TRUE(producer.try_push(message<T>(2)));
    }
}

TEST(MpmcCopyDue, TellsOfRoomInQuartersAndOfTheNextMessage) {
    using T = Blob<8, 8>;
    MpmcRig<T> rig{8};
    auto producer = rig.producer(kOut);
    auto consumer = rig.consumer(kIn);
    for (std::uint64_t n = 0; n < 8; ++n) {
        ASSERT_TRUE(producer.try_push(message<T>(n)));
    }
    std::vector<std::uint64_t> rooms;
    for (std::uint64_t n = 0; n < 8; ++n) {
        T out{};
        ASSERT_TRUE(consumer.try_pop_copy<std::memory_order_seq_cst>(out));
        const auto due = consumer.due();
        rooms.push_back(due.room);
        EXPECT_EQ(due.next, n < 7) << "message " << n;
    }
    EXPECT_EQ(rooms, (std::vector<std::uint64_t>{2, 0, 2, 0, 2, 0, 2, 0}));
    T out{};
    EXPECT_EQ(consumer.try_pop_copy<std::memory_order_seq_cst>(out), Status::empty);
    EXPECT_EQ(consumer.due().room, 8u) << "before it may go to sleep";
}

}  // namespace
}  // namespace shunt::test
