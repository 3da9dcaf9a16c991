// SPDX-License-Identifier: MIT
//
// Words of the other side that cannot be: `broken`, for good, and no byte touched out of bounds.
#include "line_types.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

namespace shunt::test {
namespace {

template <class Case>
class LineCorrupt : public testing::Test {
protected:
    using Message = typename Case::Message;
    using Rig = typename Case::Rig;
    using Shape = typename Rig::Shape;

    void SetUp() override { SHUNT_NEEDS_PAGES(Case::PagesKind); }
    static constexpr std::uint64_t kWanted = 2 * Shape::kPerSlot;

    template <class Consumer>
    static void expect_broken(Consumer& consumer) {
        Message out{};
        EXPECT_EQ(consumer.try_pop(out), Status::broken);
        EXPECT_EQ(consumer.try_peek(), nullptr);
        EXPECT_TRUE(consumer.try_peek_n(4).empty());
        std::vector<Message> many(4);
        EXPECT_EQ(consumer.try_pop_n(many), 0u);
        EXPECT_EQ(consumer.drain([](const Message&) { FAIL() << "a message of a broken ring"; }, 4),
                  0u);
        EXPECT_TRUE(consumer.broken());
    }
    template <class Producer>
    static void expect_broken_producer(Producer& producer) {
        EXPECT_EQ(producer.try_push(message<Message>(0)), Status::broken);
        EXPECT_EQ(producer.try_claim(), nullptr);
        EXPECT_EQ(producer.try_push_n(messages<Message>(0, 3)), 0u);
        EXPECT_FALSE(producer.writable());
        EXPECT_TRUE(producer.broken());
    }
};
TYPED_TEST_SUITE(LineCorrupt, FewLineCases, LineCaseName);

TYPED_TEST(LineCorrupt, AStampBeyondTheRingBreaksTheConsumerForGood) {
    for (const bool ahead : {false, true}) {
        for (const std::uint64_t extra : {std::uint64_t{1}, kPositionLimit, UINT64_MAX / 2}) {
            typename TestFixture::Rig rig{ahead ? 128 * TestFixture::Shape::kPerSlot
                                                : TestFixture::kWanted};
            auto consumer = rig.consumer(ahead);
            rig.stamp(0).store(rig.capacity() + extra, std::memory_order_relaxed);
            TestFixture::expect_broken(consumer);
            rig.stamp(0).store(0, std::memory_order_relaxed);
            TestFixture::expect_broken(consumer);
            EXPECT_EQ(rig.read_pos(), 0u);
            EXPECT_TRUE(rig.guards_whole());
        }
    }
}

TYPED_TEST(LineCorrupt, AStampOfThePastIsJustEmpty) {
    using T = typename TestFixture::Message;
    typename TestFixture::Rig rig{TestFixture::kWanted, 1000};
    auto consumer = rig.consumer();
    const std::uint64_t slot = rig.slot_of(1000);
    for (const std::uint64_t old : {std::uint64_t{1}, std::uint64_t{1000}}) {
        rig.stamp(slot).store(old, std::memory_order_relaxed);
        T out{};
        EXPECT_EQ(consumer.try_pop(out), Status::empty);
    }
    EXPECT_FALSE(consumer.broken());
}

TYPED_TEST(LineCorrupt, ImpossibleFreePosBreaksTheProducerForGood) {
    using T = typename TestFixture::Message;
    for (const std::uint64_t start : {std::uint64_t{5000}, kPositionLimit / 2}) {
        typename TestFixture::Rig rig{TestFixture::kWanted, start};
        const std::uint64_t n = rig.capacity();
        for (const std::uint64_t lie :
             {start + n + 1, start - 1, std::uint64_t{1}, UINT64_MAX, kPositionLimit + 1}) {
            rig.words->free_pos.store(0, std::memory_order_relaxed);
            auto producer = rig.producer();
            while (producer.position() < start + n) {
                ASSERT_TRUE(producer.try_push(message<T>(producer.position())));
            }
            const std::uint64_t before = rig.slots.hash();
            rig.words->free_pos.store(lie, std::memory_order_relaxed);
            TestFixture::expect_broken_producer(producer);
            rig.words->free_pos.store(start + n, std::memory_order_relaxed);
            TestFixture::expect_broken_producer(producer);
            EXPECT_EQ(rig.slots.hash(), before);
        }
        EXPECT_TRUE(rig.guards_whole());
    }
}

// It would end the limit inside a run that reaches further, and a batch would count from there.
TYPED_TEST(LineCorrupt, AFreePosThatGoesBackBreaksTheProducerForGood) {
    using T = typename TestFixture::Message;
    typename TestFixture::Rig rig{TestFixture::kWanted, 5000};
    const std::uint64_t n = rig.capacity();
    auto producer = rig.producer();
    ASSERT_EQ(producer.try_push_n(messages<T>(5000, n)), n);
    rig.words->free_pos.store(5000 + n, std::memory_order_relaxed);
    ASSERT_TRUE(producer.try_push(message<T>(5000 + n)));
    const std::uint64_t before = rig.slots.hash();
    rig.words->free_pos.store(5001, std::memory_order_relaxed);
    EXPECT_EQ(producer.try_push_n(messages<T>(5001 + n, 2 * n)), 0u);
    TestFixture::expect_broken_producer(producer);
    rig.words->free_pos.store(5000 + n, std::memory_order_relaxed);
    TestFixture::expect_broken_producer(producer);
    EXPECT_EQ(producer.position(), 5001 + n);
    EXPECT_EQ(rig.slots.hash(), before);
    EXPECT_TRUE(rig.guards_whole());
}

// Found by a batch while the producer still stood inside a line that it may have gone on filling.
TYPED_TEST(LineCorrupt, WhatABatchFindsBrokenStaysBrokenInsideALine) {
    using T = typename TestFixture::Message;
    typename TestFixture::Rig rig{TestFixture::kWanted, 5000};
    auto producer = rig.producer();
    ASSERT_TRUE(producer.try_push(message<T>(5000)));
    const std::uint64_t before = rig.slots.hash();
    rig.words->free_pos.store(1, std::memory_order_relaxed);
    EXPECT_EQ(producer.try_push_n(messages<T>(5001, 2 * rig.capacity())), 0u);
    TestFixture::expect_broken_producer(producer);
    EXPECT_EQ(producer.position(), 5001u);
    EXPECT_EQ(rig.slots.hash(), before);
}

TYPED_TEST(LineCorrupt, ASuccessorRefusesImpossibleStamps) {
    using T = typename TestFixture::Message;
    typename TestFixture::Rig rig{2 * TestFixture::kWanted, 1000};
    const std::uint64_t in_slot_1 = [&] {  // a position that belongs to slot 1
        std::uint64_t p = 1000;
        while (rig.slot_of(p) != 1) {
            ++p;
        }
        return p;
    }();
    const std::uint64_t in_slot_2 = in_slot_1 + TestFixture::Shape::kPerSlot;
    for (const std::uint64_t lie : {in_slot_2 + 1, std::uint64_t{1}, std::uint64_t{1000},
                                    kPositionLimit + 1 + in_slot_1, UINT64_MAX}) {
        rig.stamp(1).store(lie, std::memory_order_relaxed);
        auto producer = rig.producer();
        TestFixture::expect_broken_producer(producer);
        EXPECT_EQ(producer.last_published(), nullptr);
    }
    rig.stamp(1).store(in_slot_1 + 1, std::memory_order_relaxed);
    EXPECT_FALSE(rig.producer().broken());
    EXPECT_TRUE(rig.producer().try_push(message<T>(0)));
    EXPECT_TRUE(rig.guards_whole());
}

TYPED_TEST(LineCorrupt, ASuccessorRefusesAnImpossibleReadPosAndLeavesFreePosAlone) {
    using T = typename TestFixture::Message;
    typename TestFixture::Rig rig{TestFixture::kWanted};
    ASSERT_TRUE(rig.producer().try_push(message<T>(0)));
    for (const std::uint64_t lie : {kPositionLimit + 1, UINT64_MAX}) {
        rig.words->read_pos.store(lie, std::memory_order_relaxed);
        auto consumer = rig.consumer();
        EXPECT_TRUE(consumer.broken());
        TestFixture::expect_broken(consumer);
        EXPECT_FALSE(consumer.readable());
        EXPECT_EQ(rig.free_pos(), 0u) << "the producer is told nothing on the strength of it";
        EXPECT_EQ(rig.read_pos(), lie);
    }
    EXPECT_TRUE(rig.producer().writable());
    EXPECT_TRUE(rig.guards_whole());
}

TYPED_TEST(LineCorrupt, AnAbsurdPeekPosFlagsMessagesAndNothingElse) {
    using T = typename TestFixture::Message;
    typename TestFixture::Rig rig{TestFixture::kWanted};
    ASSERT_TRUE(rig.producer().try_push(message<T>(0)));
    rig.words->peek_pos.store(UINT64_MAX, std::memory_order_relaxed);
    auto consumer = rig.consumer();
    ASSERT_NE(consumer.try_peek(), nullptr);
    EXPECT_TRUE(consumer.redelivered());
    consumer.release();
    auto producer = rig.producer();
    std::uint64_t p = 1;
    for (; p <= rig.capacity(); ++p) {
        ASSERT_TRUE(producer.try_push(message<T>(p)));
        ASSERT_NE(consumer.try_peek(), nullptr);
        consumer.release();
    }
    ASSERT_TRUE(producer.try_push(message<T>(p)));
    ASSERT_NE(consumer.try_peek(), nullptr);
    EXPECT_FALSE(consumer.redelivered()) << "a ring later than the takeover";
}

}  // namespace
}  // namespace shunt::test
