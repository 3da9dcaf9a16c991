// SPDX-License-Identifier: MIT
//
// Words of a broadcast log that no publisher of ours writes: a successor, and every subscriber,
// refuses them, for good; nothing outside of the log is touched, and every call ends.
#include "broadcast_rig.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <span>
#include <vector>

namespace shunt::test {
namespace {

using Message = Blob<24, 8>;

// Whatever stands there afterwards: a port that found its peer broken moves nothing any more.
template <class Rig>
void expect_broken(Rig& rig, typename Rig::Subscriber& subscriber) {
    EXPECT_TRUE(subscriber.broken());
    const std::uint64_t next = subscriber.next_position();
    const std::uint64_t lost = subscriber.lost();
    rig.stamp(next).store(2 * next + 2, std::memory_order_relaxed);
    rig.words->write_pos.store(next + 1, std::memory_order_relaxed);
    typename Rig::Message out{};
    const typename Rig::Message* shown = nullptr;
    EXPECT_EQ(subscriber.try_pop(out), Status::broken);
    EXPECT_EQ(subscriber.try_peek(shown), Status::broken);
    EXPECT_EQ(subscriber.next_position(), next);
    EXPECT_EQ(subscriber.lost(), lost);
    EXPECT_TRUE(rig.guards_whole());
}

TEST(BroadcastCorrupt, ASubscriberRefusesStampsThatItsSlotCannotHave) {
    for (const std::uint64_t start : start_positions(100)) {
        for (const std::uint64_t lie :
             {2 * (start + 1) + 2, 2 * (start + 1) + 1, 2 * (start + 4 * 3 + 2) + 2,
              2 * kPositionLimit + 2 * (start % 4) + 2, UINT64_MAX, UINT64_MAX - 1}) {
            BroadcastRig<Message> rig{4, start};
            auto subscriber = rig.subscriber();
            rig.stamp(start).store(lie, std::memory_order_relaxed);
            Message out{};
            EXPECT_EQ(subscriber.try_pop(out), Status::broken) << lie;
            expect_broken(rig, subscriber);
        }
    }
}

// B4: with a later stamp comes a write_pos as late.
TEST(BroadcastCorrupt, ASubscriberRefusesAStampThatIsAheadOfWritePos) {
    for (const std::uint64_t write_pos :
         {std::uint64_t{0}, std::uint64_t{8}, kPositionLimit, UINT64_MAX}) {
        BroadcastRig<Message> rig{4, 5};
        auto subscriber = rig.subscriber();
        rig.stamp(9).store(2 * 9 + 1, std::memory_order_relaxed);
        rig.words->write_pos.store(write_pos, std::memory_order_relaxed);
        Message out{};
        EXPECT_EQ(subscriber.try_pop(out), Status::broken) << write_pos;
        expect_broken(rig, subscriber);
    }
    BroadcastRig<Message> rig{4, 5};
    auto subscriber = rig.subscriber();
    rig.stamp(9).store(2 * 9 + 1, std::memory_order_relaxed);
    rig.words->write_pos.store(9, std::memory_order_relaxed);
    Message out{};
    EXPECT_EQ(subscriber.try_pop(out), Status::lapped) << "the least that is right";
}

TEST(BroadcastCorrupt, AStampThatGoesBackWhileItIsReadDeliversNothing) {
    BroadcastRig<Message> rig{4};
    auto publisher = rig.publisher();
    auto subscriber = rig.subscriber();
    ASSERT_TRUE(publishes(publisher, 2));
    const Message* shown = nullptr;
    ASSERT_TRUE(subscriber.try_peek(shown));
    rig.stamp(0).store(1, std::memory_order_relaxed);
    EXPECT_FALSE(subscriber.still_valid());
    EXPECT_EQ(subscriber.release(), Status::empty);
    EXPECT_EQ(subscriber.next_position(), 0u);
    EXPECT_EQ(subscriber.lost(), 0u);
}

TEST(BroadcastCorrupt, WhatWasShownByABrokenLogIsNotReceived) {
    BroadcastRig<Message> rig{4};
    auto publisher = rig.publisher();
    auto subscriber = rig.subscriber();
    ASSERT_TRUE(publishes(publisher, 1));
    const Message* shown = nullptr;
    ASSERT_TRUE(subscriber.try_peek(shown));
    rig.stamp(0).store(UINT64_MAX, std::memory_order_relaxed);
    Message out{};
    EXPECT_EQ(subscriber.try_pop(out), Status::broken);
    rig.stamp(0).store(2, std::memory_order_relaxed);
    EXPECT_FALSE(subscriber.still_valid());
    EXPECT_EQ(subscriber.release(), Status::broken);
    EXPECT_EQ(subscriber.next_position(), 0u);
}

TEST(BroadcastCorrupt, AJoinerRefusesAWritePosBeyondTheLimit) {
    for (const std::uint64_t lie : {kPositionLimit, kPositionLimit + 1, UINT64_MAX}) {
        for (const std::uint64_t begin :
             {ring::from::oldest, ring::from::latest, std::uint64_t{0}}) {
            BroadcastRig<Message> rig{4};
            rig.words->write_pos.store(lie, std::memory_order_relaxed);
            auto subscriber = rig.subscriber(0, begin);
            expect_broken(rig, subscriber);
        }
    }
}

TEST(BroadcastCorrupt, ASuccessorRefusesWordsThatNoPredecessorLeaves) {
    const auto refuses = [](std::uint64_t write_pos, std::uint64_t stamp) {
        BroadcastRig<Message> rig{4, 5};
        rig.words->write_pos.store(write_pos, std::memory_order_relaxed);
        rig.stamp(std::max<std::uint64_t>(write_pos, 5)).store(stamp, std::memory_order_relaxed);
        auto publisher = rig.publisher();
        const std::uint64_t before = rig.slots.hash();
        EXPECT_EQ(publisher.try_push(message<Message>(0)),
                  publisher.broken() ? Status::broken : Status::ok);
        EXPECT_EQ(publisher.try_push_n(messages<Message>(0, 2)), publisher.broken() ? 0u : 2u);
        EXPECT_EQ(publisher.try_claim() == nullptr, publisher.broken());
        EXPECT_EQ(rig.slots.hash() == before, publisher.broken());
        EXPECT_TRUE(rig.guards_whole());
        return publisher.broken();
    };
    EXPECT_TRUE(refuses(kPositionLimit, 0));
    EXPECT_TRUE(refuses(UINT64_MAX, 0));
    EXPECT_TRUE(refuses(7, 2 * 8 + 2)) << "of another slot";
    EXPECT_TRUE(refuses(7, 2 * 11 + 1)) << "of a later lap";
    EXPECT_TRUE(refuses(7, UINT64_MAX));
    EXPECT_FALSE(refuses(0, 0));
    EXPECT_FALSE(refuses(7, 0));
    EXPECT_FALSE(refuses(7, 2 * 7 + 1));
    EXPECT_FALSE(refuses(7, 2 * 7 + 2));
}

TEST(BroadcastCorrupt, ASubscriberRefusesLengthsAndFlagsThatNoPublisherWrites) {
    constexpr std::uint64_t kLongest = 40;
    for (const std::uint64_t lie :
         {kLongest + 1, std::uint64_t{UINT32_MAX}, std::uint64_t{1} << 32 | 8, UINT64_MAX}) {
        BroadcastBytesRig<> rig{4, kLongest};
        auto publisher = rig.publisher();
        auto subscriber = rig.subscriber();
        ASSERT_TRUE(publishes(publisher, 2));
        rig.header(0).store(lie, std::memory_order_relaxed);
        std::vector<std::byte> out(4096);
        std::size_t size = 0;
        ring::BytesView view;
        EXPECT_EQ(subscriber.try_pop(out, size), Status::broken) << lie;
        rig.header(0).store(8, std::memory_order_relaxed);
        EXPECT_EQ(subscriber.try_pop(out, size), Status::broken);
        EXPECT_EQ(subscriber.try_peek(view), Status::broken);
        EXPECT_TRUE(subscriber.broken());
        EXPECT_EQ(subscriber.next_position(), 0u);
    }
}

// Any bytes at all, other ones at each call.
template <class Rig, class Call>
void scribbled(Rig& rig, std::uint64_t seed, const Call& call) {
    std::mt19937_64 random{seed};
    const auto near = [&](std::uint64_t position) {
        return random() % 4 == 0 ? random() : 2 * (position + random() % 13 * (random() % 3)) + 2;
    };
    for (int port = 0; port < 200; ++port) {
        auto subscriber = rig.subscriber(0, random() % 3 == 0 ? random() : ring::from::oldest);
        for (int i = 0; i < 60; ++i) {
            const std::uint64_t next = subscriber.next_position();
            rig.stamp(random()).store(near(next), std::memory_order_relaxed);
            rig.stamp(next).store(near(next), std::memory_order_relaxed);
            rig.header(next).store(random() % 2 == 0 ? random() : random() % 60,
                                   std::memory_order_relaxed);
            rig.words->write_pos.store(near(next) / 2, std::memory_order_relaxed);
            const bool was_broken = subscriber.broken();
            call(subscriber);
            ASSERT_TRUE(!was_broken || subscriber.broken());
            ASSERT_TRUE(!was_broken || subscriber.next_position() == next);
            (void)subscriber.readable();
            (void)subscriber.lag();
        }
        ASSERT_TRUE(rig.guards_whole());
    }
}

TEST(BroadcastCorrupt, AnyBytesAtAllLeadNowhereElse) {
    for (std::uint64_t seed = 1; seed <= 10; ++seed) {
        BroadcastRig<Message> typed{4};
        scribbled(typed, seed, [](auto& subscriber) {
            Message out{};
            const Message* shown = nullptr;
            if (subscriber.try_peek(shown)) {
                (void)subscriber.still_valid();
                (void)subscriber.release();
            }
            (void)subscriber.try_pop(out);
        });
        BroadcastBytesRig<> bytes{4, 40};
        scribbled(bytes, seed, [](auto& subscriber) {
            std::vector<std::byte> out(20);
            std::size_t size = 0;
            ring::BytesView view;
            if (subscriber.try_peek(view)) {
                ASSERT_LE(view.payload.size(), 40u);
                (void)subscriber.release();
            }
            if (subscriber.try_pop(out, size)) {
                ASSERT_LE(size, 20u);
            }
        });
    }
}

}  // namespace
}  // namespace shunt::test
