// SPDX-License-Identifier: MIT
//
// The merge of lanes: order, turns, idle lanes, what is in hand, lanes that go to another producer,
// damaged lanes.
#include "mpsc_rig.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <deque>
#include <random>
#include <vector>

namespace shunt::test {
namespace {

using Number = std::uint64_t;
using Rig = MpscRig<Number>;

// What a merge gives in so many calls: lane and message.
struct Got {
    std::uint32_t lane;
    Number message;
    friend bool operator==(const Got&, const Got&) = default;
};

std::vector<Got> take(Rig::Consumer& consumer, int calls) {
    std::vector<Got> got;
    Number out = 0;
    for (; calls != 0; --calls) {
        if (consumer.try_pop(out)) {
            got.push_back({consumer.merge().lane(), out});
        }
    }
    return got;
}

template <class T>
class MpscOfSize : public testing::Test {};
using Sizes = testing::Types<Blob<8, 8>, Blob<24, 8>, Blob<56, 8>, Blob<64, 64>, Blob<248, 8>>;
TYPED_TEST_SUITE(MpscOfSize, Sizes);

TYPED_TEST(MpscOfSize, EachLaneKeepsItsOrderWhateverTheOthersDo) {
    constexpr std::uint32_t kLanes = 5;
    for (const std::uint64_t start : {std::uint64_t{0}, (std::uint64_t{1} << 32) - 3}) {
        MpscRig<TypeParam> rig{kLanes, 9, start};
        std::vector<typename MpscRig<TypeParam>::Producer> producers;
        for (std::uint32_t i = 0; i < kLanes; ++i) {
            producers.push_back(rig.producer(i));
        }
        auto consumer = rig.consumer();
        std::array<std::uint64_t, kLanes> read;
        read.fill(start);
        std::mt19937_64 draw{7};
        std::uint64_t got = 0;
        for (int step = 0; step < 20'000; ++step) {
            const auto lane = static_cast<std::uint32_t>(draw() % kLanes);
            if (draw() % 2 == 0) {
                const std::uint64_t at = producers[lane].position();
                (void)producers[lane].try_push(message<TypeParam>(at * kLanes + lane));
                continue;
            }
            TypeParam out;
            if (consumer.try_pop(out)) {
                const std::uint32_t from = consumer.merge().lane();
                ASSERT_EQ(consumer.position(), read[from]);
                ASSERT_EQ(out, message<TypeParam>(read[from] * kLanes + from));
                ++read[from];
                ++got;
            }
        }
        EXPECT_GT(got, 5'000u);
        EXPECT_TRUE(rig.guards_whole());
    }
}

TEST(MpscTurns, ALaneThatAlwaysHasMessagesLeavesTheOthersTheirTurn) {
    // The line it begins in and the one it ends in are read to their ends.
    constexpr std::uint64_t kTurn =
        ring::LaneTurns::kTurn + 2 * (ring::LineShape<Number>::kPerSlot - 1);
    Rig rig{3, 1024};
    auto busy = rig.producer(0);
    auto also_busy = rig.producer(1);
    auto seldom = rig.producer(2);
    auto consumer = rig.consumer();
    std::array<int, 3> got{};
    std::uint64_t since_seldom = 0;
    ASSERT_TRUE(seldom.try_push(1));
    for (int i = 0; i < 10'000; ++i) {
        (void)busy.try_push(1);
        (void)also_busy.try_push(1);
        Number out = 0;
        ASSERT_TRUE(consumer.try_pop(out));
        ++got[consumer.merge().lane()];
        ++since_seldom;
        if (consumer.merge().lane() == 2) {
            ASSERT_LE(since_seldom, 2 * kTurn + 1) << "a round of turns";
            since_seldom = 0;
            ASSERT_TRUE(seldom.try_push(1));
        }
    }
    EXPECT_GT(std::min(got[0], got[1]) * 10, std::max(got[0], got[1]) * 9);
}

// A reader that looks ahead knows of many lines of a lane, and of more whenever it goes on; but a
// turn ends.
TYPED_TEST(MpscOfSize, ALaneThatIsAlwaysFullLeavesTheOthersTheirTurn) {
    constexpr std::uint64_t kTurn =
        ring::LaneTurns::kTurn + 2 * (ring::LineShape<TypeParam>::kPerSlot - 1);
    MpscRig<TypeParam> rig{3, 4096};
    auto full = rig.producer(0);
    auto also_full = rig.producer(1);
    auto seldom = rig.producer(2);
    auto consumer = rig.consumer(true);
    std::array<int, 3> got{};
    // All three are idle when it begins: each that is found has a turn before the next.
    std::uint64_t most = 3 * kTurn;
    std::uint64_t since_seldom = 0;
    ASSERT_TRUE(seldom.try_push(message<TypeParam>(1)));
    for (int i = 0; i < 10'000; ++i) {
        for (auto* const producer : {&full, &also_full}) {
            while (producer->try_push(message<TypeParam>(1))) {
            }
        }
        TypeParam out;
        ASSERT_TRUE(consumer.try_pop(out));
        const std::uint32_t lane = consumer.merge().lane();
        ++got[lane];
        ASSERT_LE(++since_seldom, most) << "a round of turns";
        if (lane == 2) {
            since_seldom = 0;
            most = 2 * kTurn + 1;
        } else if (since_seldom == 1) {  // once it was seen empty: no reader rests from it
            ASSERT_TRUE(seldom.try_push(message<TypeParam>(1)));
        }
    }
    EXPECT_GT(std::min(got[0], got[1]) * 10, std::max(got[0], got[1]) * 9);
}

TEST(MpscTurns, AnIdleLaneIsFoundWithinAFewCallsAndReadyTellsAtOnce) {
    constexpr std::uint32_t kLanes = 64;
    Rig rig{kLanes, 7};
    auto consumer = rig.consumer();
    for (std::uint32_t lane = 0; lane < kLanes; ++lane) {
        auto producer = rig.producer(lane);
        EXPECT_TRUE(take(consumer, 200).empty());
        EXPECT_FALSE(consumer.readable());
        ASSERT_TRUE(producer.try_push(lane));
        EXPECT_TRUE(consumer.readable());
        EXPECT_EQ(take(consumer, static_cast<int>(kLanes) / 4 + 1),
                  (std::vector<Got>{{lane, lane}}));
    }
}

TEST(MpscTurns, AnIdleLaneIsFoundWithinItsTurnsBesideOneThatAlwaysHasMessages) {
    constexpr std::uint32_t kLanes = 8;
    constexpr std::uint64_t kTurn =
        ring::LaneTurns::kTurn + 2 * (ring::LineShape<Number>::kPerSlot - 1);
    Rig rig{kLanes, 256};
    auto consumer = rig.consumer();
    auto busy = rig.producer(0);
    ASSERT_TRUE(busy.try_push(0));
    ASSERT_EQ(take(consumer, kLanes).size(), 1u);
    const auto pop = [&] {
        (void)busy.try_push(0);
        Number out = 0;
        EXPECT_TRUE(consumer.try_pop(out));
    };
    for (std::uint32_t lane = 1; lane < kLanes; ++lane) {
        auto seldom = rig.producer(lane);
        for (std::uint64_t i = 0; i < (ring::LaneTurns::kQuietLooks + 3) * kTurn; ++i) {
            pop();  // until the lane before is idle again
            ASSERT_EQ(consumer.merge().lane(), 0u);
        }
        ASSERT_TRUE(seldom.try_push(lane));
        std::uint64_t waited = 0;
        do {
            pop();
        } while (consumer.merge().lane() != lane && ++waited <= kLanes * kTurn);
        EXPECT_LE(waited, (kLanes - 1) * kTurn) << "each turn ends with a look at one of them";
    }
}

// A message that comes while all others are idle has only its own lane to wait for.
TEST(MpscTurns, TheLaneThatHadAMessageLastIsLookedAtByEveryCall) {
    Rig rig{16, 7};
    auto consumer = rig.consumer();
    auto producer = rig.producer(9);
    ASSERT_TRUE(producer.try_push(0));
    ASSERT_EQ(take(consumer, 16).size(), 1u);
    for (Number n = 1; n < 100; ++n) {
        EXPECT_TRUE(take(consumer, static_cast<int>(n)).empty());
        ASSERT_TRUE(producer.try_push(n));
        EXPECT_EQ(take(consumer, 1), (std::vector<Got>{{9, n}}));
    }
}

// All others fall idle in one round, behind so many of its turns.
TEST(MpscTurns, TheLaneThatHasAllMessagesIsLookedAtByTheCallInWhichTheOthersFallIdle) {
    constexpr std::uint32_t kLanes = 8;
    Rig rig{kLanes, 7};
    auto consumer = rig.consumer();
    std::vector<Rig::Producer> producers;
    for (std::uint32_t lane = 0; lane < kLanes; ++lane) {
        producers.push_back(rig.producer(lane));
        ASSERT_TRUE(producers[lane].try_push(lane));
        ASSERT_EQ(take(consumer, kLanes).size(), 1u);
    }
    constexpr Number kMessages = ring::LaneTurns::kTurn * (ring::LaneTurns::kQuietLooks + 2);
    for (Number n = 1; n < kMessages; ++n) {
        ASSERT_TRUE(producers[0].try_push(n));
        ASSERT_EQ(take(consumer, 1), (std::vector<Got>{{0, n}}));
    }
}

TEST(MpscInHand, APeekStaysUntilItIsReleasedAlsoWhereItsTurnIsOver) {
    Rig rig{2, 256};
    auto one = rig.producer(0);
    auto other = rig.producer(1);
    for (Number n = 0; n < 200; ++n) {
        ASSERT_TRUE(one.try_push(n));
        ASSERT_TRUE(other.try_push(1000 + n));
    }
    auto consumer = rig.consumer();
    std::array<Number, 2> next{0, 1000};
    for (int i = 0; i < 400; ++i) {
        const Number* const shown = consumer.try_peek();
        ASSERT_NE(shown, nullptr);
        const std::uint32_t lane = consumer.merge().lane();
        ASSERT_EQ(*shown, next[lane]);
        ASSERT_EQ(consumer.try_peek(), shown) << "looking again shows the same";
        ASSERT_EQ(consumer.merge().lane(), lane);
        if (i % 3 == 0) {
            Number out = 0;
            ASSERT_TRUE(consumer.try_pop(out));
            ASSERT_EQ(out, next[lane]) << "popped is what was in hand";
        } else {
            consumer.release();
        }
        ++next[lane];
    }
    EXPECT_EQ(consumer.try_peek(), nullptr);
}

TEST(MpscInHand, ABatchIsOfOneLane) {
    Rig rig{3, 64};
    for (std::uint32_t lane = 0; lane < 3; ++lane) {
        auto producer = rig.producer(lane);
        for (Number n = 0; n < 5; ++n) {
            ASSERT_TRUE(producer.try_push(10 * lane + n));
        }
    }
    auto consumer = rig.consumer();
    std::array<Number, 64> out{};
    std::array<bool, 3> seen{};
    for (int i = 0; i < 3; ++i) {
        ASSERT_EQ(consumer.try_pop_n(out), 5u);
        const std::uint32_t lane = consumer.merge().lane();
        EXPECT_FALSE(std::exchange(seen[lane], true));
        for (Number n = 0; n < 5; ++n) {
            EXPECT_EQ(out[n], 10 * lane + n);
        }
    }
    EXPECT_EQ(consumer.try_pop_n(out), 0u);
}

TEST(MpscInHand, DrainVisitsAllLanesAndTellsWhich) {
    Rig rig{3, 64};
    for (std::uint32_t lane = 0; lane < 3; ++lane) {
        auto producer = rig.producer(lane, 100 + lane);
        for (Number n = 0; n < 9; ++n) {
            ASSERT_TRUE(producer.try_push(lane));
        }
    }
    auto consumer = rig.consumer();
    std::size_t visited = 0;
    const auto visit = [&](const Number& message) {
        EXPECT_EQ(message, consumer.merge().lane());
        EXPECT_EQ(100 + message, consumer.merge().token());
        ++visited;
    };
    EXPECT_EQ(consumer.drain(visit, 20), 20u);
    EXPECT_EQ(consumer.drain(visit, 20), 7u);
    EXPECT_EQ(visited, 27u);
}

TEST(MpscLanes, ASuccessorGoesOnInEachLaneAndFlagsWhatWasInHandThereAlone) {
    Rig rig{2, 64};
    for (std::uint32_t lane = 0; lane < 2; ++lane) {
        auto producer = rig.producer(lane);
        for (Number n = 0; n < 10; ++n) {
            ASSERT_TRUE(producer.try_push(n));
        }
    }
    std::uint32_t in_hand = 0;
    {
        auto victim = rig.consumer();
        ASSERT_EQ(take(victim, 3).size(), 3u);
        ASSERT_NE(victim.try_peek(), nullptr);
        in_hand = victim.merge().lane();
    }
    auto consumer = rig.consumer();
    std::array<Number, 2> next{};
    next[in_hand] = 3;
    Number out = 0;
    for (int i = 0; i < 17; ++i) {
        ASSERT_TRUE(consumer.try_pop(out));
        const std::uint32_t lane = consumer.merge().lane();
        EXPECT_EQ(out, next[lane]);
        EXPECT_EQ(consumer.redelivered(), lane == in_hand && out == 3);
        ++next[lane];
    }
}

TEST(MpscLanes, ALaneIsFreeOnceTheConsumerHasDoneWithIt) {
    for (const std::uint64_t start : {std::uint64_t{0}, std::uint64_t{1} << 40}) {
        Rig rig{2, 64, start};
        EXPECT_TRUE(rig.free_at(0, start)) << "nobody ever had it";
        auto producer = rig.producer(0);
        ASSERT_TRUE(producer.try_push(0));
        ASSERT_TRUE(producer.try_push(1));
        auto consumer = rig.consumer();
        EXPECT_FALSE(rig.free_at(0, producer.position()));
        EXPECT_FALSE(consumer.merge().hand_back(0));
        EXPECT_FALSE(rig.free_at(0, producer.position())) << "two are unread";
        ASSERT_EQ(take(consumer, 2).size(), 2u);
        EXPECT_FALSE(rig.free_at(0, producer.position())) << "read, but not given back";
        EXPECT_TRUE(consumer.merge().hand_back(0));
        EXPECT_TRUE(rig.free_at(0, producer.position()));
        auto next = rig.producer(0, 2);
        ASSERT_TRUE(next.try_push(2));
        EXPECT_FALSE(rig.free_at(0, next.position()));
        EXPECT_EQ(take(consumer, 1), (std::vector<Got>{{0, 2}}));
        EXPECT_EQ(consumer.merge().token(), 2u);
    }
}

TEST(MpscLanes, WhatIsInHandKeepsTheLane) {
    Rig rig{1, 64};
    auto producer = rig.producer(0);
    ASSERT_TRUE(producer.try_push(0));
    auto consumer = rig.consumer();
    ASSERT_NE(consumer.try_peek(), nullptr);
    EXPECT_FALSE(consumer.merge().hand_back(0));
    EXPECT_FALSE(rig.free_at(0, producer.position()));
    consumer.release();
    EXPECT_TRUE(consumer.merge().hand_back(0));
    EXPECT_TRUE(rig.free_at(0, producer.position()));
}

TEST(MpscLanes, ADamagedLaneSaysSoOnceAndTheOthersGoOn) {
    Rig rig{3, 7};
    std::vector<Rig::Producer> producers;
    for (std::uint32_t lane = 0; lane < 3; ++lane) {
        producers.push_back(rig.producer(lane));
        ASSERT_TRUE(producers.back().try_push(lane));
    }
    auto consumer = rig.consumer();
    ASSERT_EQ(take(consumer, 20).size(), 3u);
    auto& stamp = *object_at<std::atomic<std::uint64_t>>(rig.memory.data() + 2 * kLineBytes +
                                                         rig.stride - 72);
    ASSERT_EQ(stamp.load(std::memory_order_relaxed), 1u) << "the stamp of lane 1's first line";
    stamp.store(1000, std::memory_order_relaxed);
    Number out = 77;
    int broken = 0;
    for (int calls = 0; calls < 50; ++calls) {
        const Status status = consumer.try_pop(out);
        EXPECT_FALSE(status);
        if (status == Status::broken) {
            ++broken;
            EXPECT_EQ(consumer.merge().lane(), 1u);
        }
    }
    EXPECT_EQ(broken, 1);
    EXPECT_EQ(out, 77u);
    ASSERT_TRUE(producers[0].try_push(5));
    ASSERT_TRUE(producers[2].try_push(6));
    EXPECT_EQ(take(consumer, 20).size(), 2u);
    EXPECT_TRUE(consumer.merge().hand_back(1));
    EXPECT_FALSE(rig.free_at(1, 1)) << "nobody gets it";
}

TEST(MpscRoom, IsToldOfExactlyTheLanesThatHaveIt) {
    Rig rig{32, 8};
    auto consumer = rig.consumer(false, true);
    EXPECT_EQ(consumer.merge().room_due(), 0u);
    for (const std::uint32_t lane : {0u, 3u, 29u, 30u}) {
        auto producer = rig.producer(lane);
        while (producer.try_push(1)) {
        }
        const int calls = static_cast<int>(rig.capacity()) + 20;
        EXPECT_EQ(take(consumer, calls).size(), rig.capacity());
        EXPECT_EQ(consumer.merge().room_due(), lane < 30 ? 1u << (lane + 2) : 0u)
            << "lane " << lane << "; the last two have no bit";
        EXPECT_TRUE(producer.writable());
    }
}

TEST(MpscBytes, KeepsAMessageThatDoesNotFitForTheNextCall) {
    constexpr std::uint32_t kLanes = 2;
    const auto shape = ring::BytesShape::of(1024, 64, 8);
    const std::uint64_t stride = align_up(shape.bytes(), kLinePairBytes);
    const Memory<ArrayPages> memory{kLanes * stride};
    const Memory<ArrayPages> consumers{kLanes * sizeof(layout::ConsumerWords)};
    const Memory<ArrayPages> producers{kLanes * sizeof(layout::ProducerWords)};
    auto* const mine = object_at<layout::ConsumerWords>(consumers.data());
    auto* const theirs = object_at<layout::ProducerWords>(producers.data());
    ring::BytesProducer<> one{memory.data(), shape, theirs[0], mine[0], 0};
    ring::BytesProducer<> other{memory.data() + stride, shape, theirs[1], mine[1], 0};
    ring::MpscBytesConsumer<> consumer{memory.data(),  stride,           shape,
                                       {mine, kLanes}, {theirs, kLanes}, 0};
    const std::array<std::byte, 100> text{std::byte{1}};
    ASSERT_TRUE(one.try_push(text, 5));
    ASSERT_TRUE(other.try_push(std::span{text}.first(90), 6));
    std::array<std::byte, 100> to{};
    std::size_t size = 0;
    for (int i = 0; i < 3; ++i) {
        ASSERT_EQ(consumer.try_pop(std::span{to}.first(8), size), Status::too_small);
    }
    const std::size_t wanted = size;
    ASSERT_TRUE(consumer.try_pop(to, size));
    EXPECT_EQ(size, wanted);
    EXPECT_EQ(consumer.type(), size == 100 ? 5u : 6u);
    ASSERT_TRUE(consumer.try_pop(to, size));
    EXPECT_EQ(size + wanted, 190u);
    EXPECT_EQ(consumer.try_pop(to, size), Status::empty);
}

}  // namespace
}  // namespace shunt::test
