// SPDX-License-Identifier: MIT
//
// The broadcast log on one thread: what is written where, what each subscriber sees, and how much
// exactly it knows to have lost.
#include "broadcast_rig.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace shunt::test {
namespace {

using ring::resume;

template <class T>
class BroadcastLog : public testing::Test {
protected:
    using Rig = BroadcastRig<T>;
};
using Messages = testing::Types<Blob<1, 1>, Blob<3, 1>, Blob<8, 8>, Blob<24, 8>, Blob<28, 4>,
                                Blob<56, 8>, Blob<57, 1>, Blob<64, 64>, Blob<200, 8>>;
TYPED_TEST_SUITE(BroadcastLog, Messages, BlobName);

TYPED_TEST(BroadcastLog, ZeroMemoryIsAnEmptyLog) {
    for (const std::uint64_t start : start_positions(100)) {
        typename TestFixture::Rig rig{4, start};
        EXPECT_EQ(rig.publisher().position(), start);
        for (const std::uint64_t begin : {ring::from::oldest, ring::from::latest, start}) {
            auto subscriber = rig.subscriber(0, begin);
            TypeParam out{};
            EXPECT_EQ(subscriber.next_position(), start);
            EXPECT_EQ(subscriber.try_pop(out), Status::empty);
            EXPECT_FALSE(subscriber.readable() || subscriber.broken());
            EXPECT_EQ(subscriber.lag() + subscriber.lost(), 0u);
        }
    }
}

TYPED_TEST(BroadcastLog, EachMessageAndEachStampLieWhereThePictureSays) {
    using T = TypeParam;
    for (const std::uint64_t start : start_positions(100)) {
        typename TestFixture::Rig rig{3, start};
        ASSERT_EQ(rig.capacity(), 4u);
        ASSERT_EQ(rig.geometry.slot_bytes % kLineBytes, 0u);
        auto publisher = rig.publisher();
        for (std::uint64_t p = start; p < start + 11; ++p) {
            T* const place = publisher.try_claim();
            ASSERT_NE(place, nullptr);
            EXPECT_EQ(bytes_of(*place), rig.slot(p));
            EXPECT_EQ(publisher.try_claim(), place) << "claiming again gives the same";
            EXPECT_EQ(rig.stamped(p), 2 * p + 1);
            *place = message<T>(p);
            publisher.publish();
            EXPECT_EQ(rig.stamped(p), 2 * p + 2);
            EXPECT_EQ(rig.write_pos(), p + 1);
            EXPECT_EQ(publisher.position(), p + 1);
            EXPECT_TRUE(publisher.try_push(message<T>(++p)));
            EXPECT_EQ(std::memcmp(rig.slot(p), &*message<T>(p).bytes.begin(), sizeof(T)), 0);
            EXPECT_EQ(rig.stamped(p), 2 * p + 2);
            EXPECT_EQ(rig.write_pos(), p + 1);
        }
        EXPECT_TRUE(rig.guards_whole());
    }
}

TYPED_TEST(BroadcastLog, EverySubscriberSeesEveryMessageInOrder) {
    for (const std::uint64_t start : start_positions(100)) {
        typename TestFixture::Rig rig{4, start};
        auto publisher = rig.publisher();
        auto first = rig.subscriber(0);
        auto second = rig.subscriber(1, ring::from::latest);
        std::uint64_t next = start;
        for (std::uint64_t run = 1; run < 13; ++run) {
            const std::uint64_t end = next + run % rig.capacity() + 1;
            ASSERT_TRUE(publishes(publisher, end));
            EXPECT_EQ(first.lag(), end - next);
            for (; next != end; ++next) {
                ASSERT_TRUE(first.readable());
                ASSERT_TRUE(pops(first, next));
                ASSERT_TRUE(pops(second, next));
                EXPECT_EQ(rig.read_pos(0), next + 1);
            }
            TypeParam out{};
            EXPECT_FALSE(first.readable());
            EXPECT_EQ(first.try_pop(out), Status::empty);
            EXPECT_EQ(second.try_pop(out), Status::empty);
        }
        EXPECT_EQ(first.lost() + second.lost() + rig.lost(0) + rig.lost(1), 0u);
        EXPECT_TRUE(rig.guards_whole());
    }
}

TYPED_TEST(BroadcastLog, WhoIsOvertakenKnowsExactlyWhatItLost) {
    for (const std::uint64_t capacity : {2u, 4u, 16u, 64u}) {
        for (const std::uint64_t ahead : {1u, 2u, 7u, 63u, 64u, 65u, 1000u}) {
            for (const resume how : {resume::oldest, resume::newest}) {
                typename TestFixture::Rig rig{capacity, 5};
                auto publisher = rig.publisher();
                auto subscriber = rig.subscriber(2, ring::from::oldest, how);
                ASSERT_TRUE(publishes(publisher, 6));
                ASSERT_TRUE(pops(subscriber, 5));
                const std::uint64_t end = 6 + capacity + ahead;
                ASSERT_TRUE(publishes(publisher, end));
                TypeParam out{};
                EXPECT_TRUE(subscriber.readable());
                EXPECT_EQ(subscriber.lag(), capacity + ahead);
                ASSERT_EQ(subscriber.try_pop(out), Status::lapped);
                const std::uint64_t to = rig.resumes_at(end, how);
                EXPECT_EQ(subscriber.next_position(), to);
                EXPECT_EQ(subscriber.lost(), to - 6);
                EXPECT_EQ(rig.lost(2), to - 6);
                EXPECT_EQ(rig.read_pos(2), to);
                EXPECT_EQ(subscriber.position(), 5u) << "of the message that was delivered last";
                for (std::uint64_t p = to; p < end; ++p) {
                    ASSERT_TRUE(pops(subscriber, p));
                }
                EXPECT_EQ(subscriber.try_pop(out), Status::empty);
                EXPECT_EQ(subscriber.lost(), to - 6);
            }
        }
    }
}

TYPED_TEST(BroadcastLog, AFullLogIsNoLossAndOneMessageMoreIs) {
    typename TestFixture::Rig rig{8};
    auto publisher = rig.publisher();
    auto subscriber = rig.subscriber();
    ASSERT_TRUE(publishes(publisher, 8));
    ASSERT_TRUE(pops(subscriber, 0));
    ASSERT_TRUE(publishes(publisher, 9));
    ASSERT_TRUE(pops(subscriber, 1));
    ASSERT_TRUE(publishes(publisher, 11));
    TypeParam out{};
    ASSERT_EQ(subscriber.try_pop(out), Status::lapped);
    EXPECT_EQ(subscriber.lost(), 2u);
    EXPECT_TRUE(pops(subscriber, 4));
}

TYPED_TEST(BroadcastLog, AJoinerBeginsAtTheOldestBehindTheNewestOrAtItsPosition) {
    typename TestFixture::Rig rig{4, 3};
    auto publisher = rig.publisher();
    ASSERT_TRUE(publishes(publisher, 5));
    EXPECT_EQ(rig.subscriber().next_position(), 3u) << "the start, in a log not yet full";
    ASSERT_TRUE(publishes(publisher, 20));
    auto oldest = rig.subscriber(0);
    auto latest = rig.subscriber(1, ring::from::latest);
    auto there = rig.subscriber(2, 18);
    auto gone = rig.subscriber(3, 7);
    EXPECT_EQ(oldest.next_position(), 16u);
    EXPECT_TRUE(pops(oldest, 16));
    EXPECT_TRUE(pops(there, 18));
    TypeParam out{};
    EXPECT_EQ(latest.try_pop(out), Status::empty);
    ASSERT_EQ(gone.try_pop(out), Status::lapped);
    EXPECT_EQ(gone.lost(), 17u - 7u) << "one that is gone counts";
    EXPECT_EQ(rig.subscriber(3, 0).next_position(), 3u) << "nothing was ever before the start";

    auto to_come = rig.subscriber(3, 22);
    EXPECT_EQ(to_come.try_pop(out), Status::empty);
    EXPECT_EQ(to_come.lag(), 0u);
    ASSERT_TRUE(publishes(publisher, 23));
    EXPECT_TRUE(pops(latest, 20));
    EXPECT_TRUE(pops(to_come, 22));
    EXPECT_EQ(latest.lost() + to_come.lost() + oldest.lost() + there.lost(), 0u);
}

// What was only begun has taken the place of one message, and may never be published.
TYPED_TEST(BroadcastLog, TheOldestBehindAClaimIsTheNextOne) {
    typename TestFixture::Rig rig{64};
    auto publisher = rig.publisher();
    ASSERT_TRUE(publishes(publisher, 100));
    ASSERT_NE(publisher.try_claim(), nullptr);
    auto joiner = rig.subscriber();
    for (std::uint64_t p = 100 - 64 + 1; p < 100; ++p) {
        ASSERT_TRUE(pops(joiner, p));
    }
    EXPECT_EQ(joiner.lost(), 0u);
}

// The stamp of position 2^63 would be that of position 0.
TYPED_TEST(BroadcastLog, APositionBeyondTheLimitNeverComes) {
    typename TestFixture::Rig rig{4};
    auto publisher = rig.publisher();
    ASSERT_TRUE(publishes(publisher, 1));
    for (const std::uint64_t beyond :
         {std::uint64_t{1} << 63, kPositionLimit, ring::from::latest - 1}) {
        auto subscriber = rig.subscriber(0, beyond);
        TypeParam out{};
        EXPECT_EQ(subscriber.try_pop(out), Status::empty);
        EXPECT_FALSE(subscriber.readable() || subscriber.broken());
        EXPECT_EQ(subscriber.next_position(), kPositionLimit);
    }
}

TYPED_TEST(BroadcastLog, WhatIsShownInPlaceIsValidUntilItIsOverwritten) {
    using T = TypeParam;
    typename TestFixture::Rig rig{4};
    auto publisher = rig.publisher();
    auto subscriber = rig.subscriber();
    const T* shown = nullptr;
    EXPECT_EQ(subscriber.try_peek(shown), Status::empty);
    ASSERT_TRUE(publishes(publisher, 4));
    ASSERT_TRUE(subscriber.try_peek(shown));
    EXPECT_EQ(bytes_of(*shown), rig.slot(0));
    EXPECT_EQ(*shown, message<T>(0));
    EXPECT_TRUE(subscriber.still_valid());
    EXPECT_EQ(rig.read_pos(), 0u);
    ASSERT_TRUE(subscriber.try_peek(shown)) << "looking again shows the same";
    EXPECT_TRUE(subscriber.release());
    EXPECT_EQ(subscriber.position(), 0u);
    EXPECT_EQ(rig.read_pos(), 1u);

    ASSERT_TRUE(publishes(publisher, 5));
    ASSERT_TRUE(subscriber.try_peek(shown));
    ASSERT_NE(publisher.try_claim(), nullptr);
    EXPECT_FALSE(subscriber.still_valid()) << "from the claim on";
    EXPECT_EQ(subscriber.release(), Status::lapped);
    EXPECT_EQ(subscriber.lost(), 1u) << "it was not received";
    EXPECT_EQ(subscriber.position(), 0u);
    EXPECT_TRUE(pops(subscriber, 2));
}

// A release that belongs to no peek any more would count a message that nobody has seen.
TYPED_TEST(BroadcastLog, OnlyWhatIsShownIsReleased) {
    using T = TypeParam;
    typename TestFixture::Rig rig{4};
    auto publisher = rig.publisher();
    auto subscriber = rig.subscriber();
    ASSERT_TRUE(publishes(publisher, 3));
    const T* shown = nullptr;
    EXPECT_DEATH((void)subscriber.release(), "");
    ASSERT_TRUE(subscriber.try_peek(shown));
    ASSERT_TRUE(pops(subscriber, 0)) << "a pop takes what is shown";
    EXPECT_DEATH((void)subscriber.release(), "");
    EXPECT_DEATH((void)subscriber.still_valid(), "");
    ASSERT_TRUE(subscriber.try_peek(shown));
    ASSERT_TRUE(publishes(publisher, 20));
    EXPECT_EQ(subscriber.try_peek(shown), Status::lapped);
    EXPECT_DEATH((void)subscriber.release(), "") << "that was the end of what was shown";
    EXPECT_DEATH(publisher.publish(), "");
}

TYPED_TEST(BroadcastLog, AnAbandonedClaimPublishesNothingAndCostsTheOldestMessage) {
    using T = TypeParam;
    typename TestFixture::Rig rig{4};
    auto publisher = rig.publisher();
    auto behind = rig.subscriber(0);
    auto ahead = rig.subscriber(1, 4);
    ASSERT_TRUE(publishes(publisher, 4));
    T* const place = publisher.try_claim();
    ASSERT_NE(place, nullptr);
    *place = message<T>(999);
    publisher.abandon();
    EXPECT_EQ(publisher.position(), 4u);
    EXPECT_EQ(rig.write_pos(), 4u);
    EXPECT_EQ(rig.stamped(4), 9u);
    T out{};
    EXPECT_EQ(ahead.try_pop(out), Status::empty);
    EXPECT_FALSE(ahead.readable());
    ASSERT_EQ(behind.try_pop(out), Status::lapped);
    EXPECT_EQ(behind.lost(), 1u);
    EXPECT_TRUE(pops(behind, 1));
    ASSERT_TRUE(publishes(publisher, 5));
    EXPECT_TRUE(pops(ahead, 4));
    ASSERT_EQ(publisher.try_claim(), object_at<T>(rig.slot(5)));
    ASSERT_TRUE(publisher.try_push(message<T>(5))) << "a push gives a claim up";
    EXPECT_TRUE(pops(ahead, 5));
    EXPECT_EQ(ahead.lost(), 0u);
}

TYPED_TEST(BroadcastLog, ABatchIsItsMessagesOneByOne) {
    using T = TypeParam;
    typename TestFixture::Rig rig{8, 6};
    auto publisher = rig.publisher();
    auto subscriber = rig.subscriber();
    EXPECT_EQ(publisher.try_push_n({}), 0u);
    EXPECT_EQ(publisher.try_push_n(messages<T>(6, 1)), 1u);
    EXPECT_EQ(publisher.try_push_n(messages<T>(7, 6)), 6u);
    for (std::uint64_t p = 6; p < 13; ++p) {
        ASSERT_TRUE(pops(subscriber, p));
    }
    EXPECT_EQ(publisher.try_push_n(messages<T>(13, 30)), 30u) << "more than once around";
    T out{};
    ASSERT_EQ(subscriber.try_pop(out), Status::lapped);
    for (std::uint64_t p = 43 - 7; p < 43; ++p) {
        ASSERT_TRUE(pops(subscriber, p));
    }
}

TYPED_TEST(BroadcastLog, WherePositionsEndNothingIsPublishedAnyMore) {
    using T = TypeParam;
    typename TestFixture::Rig rig{4, kPositionLimit - 4};
    auto publisher = rig.publisher();
    auto subscriber = rig.subscriber();
    EXPECT_EQ(publisher.try_push_n(messages<T>(kPositionLimit - 4, 7)), 3u);
    EXPECT_EQ(publisher.try_push(message<T>(0)), Status::broken);
    EXPECT_EQ(publisher.try_push_n(messages<T>(0, 2)), 0u);
    EXPECT_EQ(publisher.try_claim(), nullptr);
    for (std::uint64_t p = kPositionLimit - 4; p < kPositionLimit - 1; ++p) {
        ASSERT_TRUE(pops(subscriber, p));
    }
    T out{};
    EXPECT_EQ(subscriber.try_pop(out), Status::empty);
    EXPECT_FALSE(rig.publisher().broken() || subscriber.broken());
    EXPECT_EQ(rig.publisher().try_push(message<T>(0)), Status::broken);
}

TYPED_TEST(BroadcastLog, WarmingUpChangesNothing) {
    typename TestFixture::Rig rig{16, 7};
    auto publisher = rig.publisher();
    ASSERT_TRUE(publishes(publisher, 40));
    const std::uint64_t before = rig.slots.hash();
    auto successor = rig.publisher();
    successor.warm();
    EXPECT_EQ(rig.slots.hash(), before);
    EXPECT_EQ(rig.write_pos(), 40u);
    auto subscriber = rig.subscriber();
    ASSERT_TRUE(pops(subscriber, 24));
    ASSERT_TRUE(publishes(successor, 41));
    EXPECT_TRUE(rig.guards_whole());
}

TEST(LogGeometry, RoundsUpAndRefuses) {
    using ring::log_geometry;
    EXPECT_EQ(log_geometry(1, 8, 8).capacity, 2u) << "one is no log: it would be overtaken at once";
    EXPECT_EQ(log_geometry(5, 8, 8).capacity, 8u);
    EXPECT_EQ(log_geometry(4, 56, 8).slot_bytes, 64u);
    EXPECT_EQ(log_geometry(4, 57, 8).slot_bytes, 128u);
    EXPECT_EQ(log_geometry(4, 48, 16).slot_bytes, 64u);
    EXPECT_EQ(log_geometry(4, 49, 16).bytes(), 4u * 128u);
    const std::uint64_t most = kMaxSlotsBytes / kLineBytes;
    EXPECT_EQ(log_geometry(most, 8, 8).bytes(), kMaxSlotsBytes);
    EXPECT_EQ(log_geometry(most / 2 + 1, 57, 8).capacity, 0u) << "too large once rounded";
    EXPECT_EQ(log_geometry(most, 57, 8).capacity, 0u);
    EXPECT_EQ(log_geometry(most + 1, 8, 8).capacity, 0u);
    EXPECT_EQ(log_geometry(UINT64_MAX, 8, 8).capacity, 0u);
    EXPECT_EQ(log_geometry(0, 8, 8).capacity, 0u);
    EXPECT_EQ(log_geometry(4, 0, 8).capacity, 0u);
    EXPECT_EQ(log_geometry(4, ring::kMostLogMessage + 1, 8).capacity, 0u);
    EXPECT_EQ(log_geometry(4, ring::kMostLogMessage, 8).capacity, 4u);
    EXPECT_EQ(log_geometry(4, UINT64_MAX, 16).capacity, 0u);
}

}  // namespace
}  // namespace shunt::test
