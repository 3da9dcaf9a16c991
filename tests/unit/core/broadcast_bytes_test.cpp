// SPDX-License-Identifier: MIT
//
// The broadcast log of byte messages on one thread: lengths, types, refusals, and what is the same
// as of typed ones.
#include "broadcast_rig.hpp"

#include <shunt/core/ring/stage.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <span>
#include <vector>

namespace shunt::test {
namespace {

using ring::resume;

constexpr std::uint64_t kLongest[] = {1, 7, 8, 48, 49, 200};

TEST(BroadcastBytes, MessagesOfEveryLengthComeInOrderToEverySubscriber) {
    for (const std::uint64_t longest : kLongest) {
        for (const std::uint64_t start : start_positions(1000)) {
            BroadcastBytesRig<> rig{4, longest, start};
            ASSERT_EQ(rig.geometry.slot_bytes, (longest + 16 + 63) / 64 * 64);
            auto publisher = rig.publisher();
            auto first = rig.subscriber(0);
            auto second = rig.subscriber(1, ring::from::latest);
            for (std::uint64_t p = start; p < start + 2 * longest + 9; ++p) {
                ASSERT_TRUE(publishes(publisher, p + 1));
                EXPECT_EQ(rig.header(p).load(std::memory_order_relaxed), length_of(p, longest));
                EXPECT_EQ(rig.stamped(p), 2 * p + 2);
                EXPECT_EQ(rig.write_pos(), p + 1);
                ASSERT_TRUE(pops(first, p));
                ASSERT_TRUE(pops(second, p));
            }
            EXPECT_EQ(first.lost() + second.lost(), 0u);
            EXPECT_TRUE(rig.guards_whole());
        }
    }
}

TEST(BroadcastBytes, WhoIsOvertakenKnowsExactlyWhatItLost) {
    for (const std::uint64_t capacity : {2u, 8u, 32u}) {
        for (const std::uint64_t ahead : {1u, 5u, 33u, 500u}) {
            for (const resume how : {resume::oldest, resume::newest}) {
                BroadcastBytesRig<> rig{capacity, 60};
                auto publisher = rig.publisher();
                auto subscriber = rig.subscriber(0, ring::from::oldest, how);
                const std::uint64_t end = capacity + ahead;
                ASSERT_TRUE(publishes(publisher, end));
                std::array<std::byte, 60> out;
                std::size_t size = 77;
                ASSERT_EQ(subscriber.try_pop(out, size), Status::lapped);
                EXPECT_EQ(size, 77u);
                const std::uint64_t to = rig.resumes_at(end, how);
                EXPECT_EQ(subscriber.lost(), to);
                EXPECT_EQ(rig.lost(), to);
                for (std::uint64_t p = to; p < end; ++p) {
                    ASSERT_TRUE(pops(subscriber, p));
                }
                EXPECT_EQ(subscriber.try_pop(out, size), Status::empty);
            }
        }
    }
}

TEST(BroadcastBytes, TypesComeWithTheirMessages) {
    BroadcastBytesRig<> rig{4, 16};
    auto publisher = rig.publisher();
    auto subscriber = rig.subscriber();
    const std::vector<std::byte> one = payload(1, 16);
    ASSERT_TRUE(publisher.try_push(one, 7));
    ASSERT_TRUE(publisher.try_push({}, ring::kMaxFrameType));
    ASSERT_TRUE(publisher.try_push(one, ring::kMaxFrameType + 1)) << "what is above is cut off";
    std::array<std::byte, 16> out;
    std::size_t size = 0;
    ASSERT_TRUE(subscriber.try_pop(out, size));
    EXPECT_EQ(subscriber.type(), 7u);
    ring::BytesView view;
    ASSERT_TRUE(subscriber.try_peek(view));
    EXPECT_EQ(view.type, ring::kMaxFrameType);
    EXPECT_EQ(view.payload.size(), 0u);
    EXPECT_EQ(view.position, 1u);
    EXPECT_EQ(subscriber.type(), 7u) << "of the one that was delivered";
    ASSERT_TRUE(subscriber.release());
    EXPECT_EQ(subscriber.type(), ring::kMaxFrameType);
    ASSERT_TRUE(subscriber.try_pop(out, size));
    EXPECT_EQ(subscriber.type(), 0u);
}

TEST(BroadcastBytes, TooBigAndTooSmallMoveNothing) {
    BroadcastBytesRig<> rig{4, 16};
    auto publisher = rig.publisher();
    auto subscriber = rig.subscriber();
    std::span<std::byte> place;
    EXPECT_EQ(publisher.try_push(payload(0, 17)), Status::too_big);
    EXPECT_EQ(publisher.try_claim(17, place), Status::too_big);
    EXPECT_EQ(publisher.position(), 0u);
    EXPECT_EQ(rig.stamped(0), 0u) << "nothing was begun";
    ASSERT_TRUE(publisher.try_push(payload(0, 16)));
    std::array<std::byte, 16> out;
    std::size_t size = 0;
    EXPECT_EQ(subscriber.try_pop(std::span{out}.first(15), size), Status::too_small);
    EXPECT_EQ(size, 16u);
    EXPECT_EQ(subscriber.next_position(), 0u);
    ASSERT_TRUE(subscriber.try_pop(out, size));
    EXPECT_TRUE(same(out, payload(0, 16)));
}

TEST(BroadcastBytes, AClaimIsPublishedUpToWhatItGave) {
    BroadcastBytesRig<> rig{4, 100, 2};
    auto publisher = rig.publisher();
    auto subscriber = rig.subscriber();
    std::span<std::byte> place;
    std::span<std::byte> again;
    ASSERT_TRUE(publisher.try_claim(50, place));
    ASSERT_TRUE(publisher.try_claim(80, again));
    EXPECT_EQ(again.data(), place.data());
    EXPECT_EQ(again.size(), 80u);
    const std::vector<std::byte> wanted = payload(9, 70);
    std::copy(wanted.begin(), wanted.end(), again.begin());
    EXPECT_DEATH(publisher.publish(81), "");
    publisher.publish(70, 3);
    EXPECT_DEATH(publisher.publish(1), "");
    ring::BytesView view;
    ASSERT_TRUE(subscriber.try_peek(view));
    EXPECT_TRUE(same(view.payload, wanted));
    EXPECT_EQ(view.payload.data(), rig.slot(2));
    EXPECT_TRUE(subscriber.still_valid());
    ASSERT_TRUE(subscriber.release());
    EXPECT_DEATH((void)subscriber.release(), "");
}

TEST(BroadcastBytes, WhatIsShownInPlaceIsValidUntilItIsOverwritten) {
    BroadcastBytesRig<> rig{4, 100};
    auto publisher = rig.publisher();
    auto subscriber = rig.subscriber();
    ASSERT_TRUE(publishes(publisher, 4));
    ring::BytesView view;
    ASSERT_TRUE(subscriber.try_peek(view));
    std::span<std::byte> place;
    ASSERT_TRUE(publisher.try_claim(100, place));
    EXPECT_FALSE(subscriber.still_valid());
    EXPECT_EQ(subscriber.release(), Status::lapped);
    EXPECT_EQ(subscriber.lost(), 1u);
    publisher.abandon();
    EXPECT_TRUE(pops(subscriber, 1));
    ASSERT_TRUE(publishes(publisher, 5));
    for (std::uint64_t p = 2; p < 5; ++p) {
        EXPECT_TRUE(pops(subscriber, p));
    }
    EXPECT_EQ(subscriber.lost(), 1u);
}

// What ThreadSanitizer gets instead of the slot.
TEST(Stage, AtTheSideIsACopyOfAnyLength) {
    ring::AtTheSide stage;
    alignas(64) std::array<std::byte, 256> slot{};
    for (const std::size_t n : {0u, 1u, 63u, 64u, 65u, 200u, 7u}) {
        std::fill(slot.begin(), slot.end(), std::byte{0});
        const std::vector<std::byte> wanted = payload(n, n);
        std::byte* const place = stage.place(slot.data(), n);
        ASSERT_NE(place, nullptr);
        std::copy(wanted.begin(), wanted.end(), place);
        EXPECT_EQ(std::count(slot.begin(), slot.end(), std::byte{0}), 256) << "not in the slot yet";
        stage.put_back<DefaultPolicy>(slot.data(), n);
        EXPECT_TRUE(same(std::span{slot}.first(n), wanted));
        EXPECT_EQ(std::count(slot.begin(), slot.end(), std::byte{0}),
                  static_cast<std::ptrdiff_t>(256 - n));
        ring::AtTheSide reader;
        EXPECT_TRUE(same({reader.shown<DefaultPolicy>(slot.data(), n), n}, wanted));
    }
}

}  // namespace
}  // namespace shunt::test
