// SPDX-License-Identifier: MIT
//
// The mpmc ports among themselves: opening in any order, order of delivery, claims, peeks, gaps,
// what is refused.
#include "many.hpp"

#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <string>

namespace shunt::mpmc {
namespace {

class Fixed : public MpmcPorts {
protected:
    [[nodiscard]] bool there_is_one() const { return !files().empty(); }
};
using Numbers = std::vector<Number>;

TEST_F(Fixed, WhoeverComesFirstMakesTheChannel) {
    {
        const Consumer<Number> consumer{kName, small()};
        EXPECT_TRUE(consumer.participant().created());
        const Producer<Number> producer{kName, small()};
        EXPECT_FALSE(producer.participant().created());
        EXPECT_EQ(producer.capacity(), 4u);
        EXPECT_EQ(producer.participant().index(), layout::kFirstSharedSeat + 1);
    }
    EXPECT_FALSE(there_is_one()) << "drained, so the last one removed it";
    const Producer<Number> producer{kName, small()};
    EXPECT_TRUE(producer.participant().created());
}

TEST_F(Fixed, EachMessageGoesToOneConsumerInTheOrderOfItsClaim) {
    Producer<Number> first{kName, small()};
    Producer<Number> second{kName, small()};
    Consumer<Number> one{kName, small()};
    Consumer<Number> other{kName, small()};
    for (Number lap = 0; lap < 100; ++lap) {
        ASSERT_TRUE(first.try_push(4 * lap));
        ASSERT_TRUE(second.try_push(4 * lap + 1));
        ASSERT_TRUE(second.try_push(4 * lap + 2));
        ASSERT_TRUE(first.try_push(4 * lap + 3));
        ASSERT_EQ(second.try_push(99), Status::full);
        for (Number i = 0; i < 4; ++i) {
            Number out = 0;
            ASSERT_TRUE((i % 2 == 0 ? one : other).try_pop(out));
            ASSERT_EQ(out, 4 * lap + i);
            ASSERT_EQ((i % 2 == 0 ? one : other).position(), 4 * lap + i);
        }
    }
    Number out = 77;
    EXPECT_EQ(one.try_pop(out), Status::empty);
    EXPECT_EQ(out, 77u);
    EXPECT_EQ(value(second.stats().full), 100u);
    EXPECT_EQ(value(one.stats().empty_polls), 1u);
}

TEST_F(Fixed, BatchesTakeWhatThereIs) {
    Producer<Number> producer{kName, small()};
    Consumer<Number> consumer{kName, small()};
    const std::array<Number, 6> numbers{0, 1, 2, 3, 4, 5};
    EXPECT_EQ(producer.try_push_n(numbers), 4u);
    std::array<Number, 3> out{};
    EXPECT_EQ(consumer.try_pop_n(out), 3u);
    EXPECT_EQ(out, (std::array<Number, 3>{0, 1, 2}));
    Numbers drained;
    const auto take = [&](const Number& n) { drained.push_back(n); };
    EXPECT_EQ(consumer.drain(take, 8), 1u);
    EXPECT_EQ(drained, (Numbers{3}));
}

TEST_F(Fixed, AClaimHoldsUpWhatLiesBehindItAndSaysWhose) {
    Producer<Number> slow{kName, small()};
    Producer<Number> quick{kName, small()};
    Consumer<Number> consumer{kName, small()};
    Number* const place = slow.try_claim();
    ASSERT_NE(place, nullptr);
    EXPECT_TRUE(quick.try_push(1));
    Number out = 0;
    EXPECT_EQ(consumer.try_pop(out), Status::busy);
    const std::optional<channel::Peer> holder = consumer.held_up_by();
    ASSERT_TRUE(holder.has_value());
    EXPECT_EQ(holder->index, slow.participant().index());
    EXPECT_TRUE(holder->alive);
    *place = 0;
    slow.publish();
    EXPECT_EQ(all_of(consumer), (Numbers{0, 1}));
}

TEST_F(Fixed, AnAbandonedClaimIsAGapThatIsToldOnce) {
    Producer<Number> producer{kName, small()};
    Consumer<Number> one{kName, small()};
    Consumer<Number> other{kName, small()};
    ASSERT_TRUE(producer.try_push(0));
    ASSERT_NE(producer.try_claim(), nullptr);
    producer.abandon();
    ASSERT_TRUE(producer.try_push(2));
    Number out = 0;
    EXPECT_TRUE(one.try_pop(out));
    EXPECT_EQ(other.try_pop(out), Status::gap);
    EXPECT_EQ(other.last_gap().position, 1u);
    EXPECT_EQ(other.last_gap().owner.index, producer.participant().index());
    EXPECT_EQ(value(other.stats().gaps), 1u);
    EXPECT_TRUE(one.try_pop(out));
    EXPECT_EQ(out, 2u);
    EXPECT_EQ(one.try_pop(out), Status::empty);
}

// What a gap frees is told to sleepers, of which a polling channel has none.
TEST_F(Fixed, AGapInAPollingChannelOwesNobodyAWakeUp) {
    Options polling = small();
    polling.wake = wake::polling;
    Producer<Number> producer{kName, polling};
    Consumer<Number> consumer{kName, polling};
    for (Number n = 0; n < 8; ++n) {
        ASSERT_NE(producer.try_claim(), nullptr);
        producer.abandon();
        ASSERT_TRUE(producer.try_push(n));
        Number out = 99;
        EXPECT_EQ(consumer.try_pop(out), Status::gap);
        EXPECT_TRUE(consumer.try_pop(out));
        EXPECT_EQ(out, n);
        EXPECT_EQ(consumer.try_pop(out), Status::empty);
        EXPECT_EQ(consumer.try_peek(), nullptr);
        EXPECT_EQ(consumer.try_pop_n({&out, 1}), 0u);
    }
}

TEST_F(Fixed, APeekIsOnesOwnUntilItIsReleased) {
    Producer<Number> producer{kName, small()};
    Consumer<Number> one{kName, small()};
    Consumer<Number> other{kName, small()};
    EXPECT_EQ(one.try_peek(), nullptr);
    EXPECT_EQ(one.last_status(), Status::empty);
    for (Number n = 0; n < 4; ++n) {
        ASSERT_TRUE(producer.try_push(n));
    }
    const Number* const shown = one.try_peek();
    ASSERT_NE(shown, nullptr);
    EXPECT_EQ(*shown, 0u);
    EXPECT_EQ(one.try_peek(), shown) << "looking again shows the same";
    EXPECT_EQ(all_of(other), (Numbers{1, 2, 3}));
    EXPECT_EQ(producer.try_push(4), Status::full) << "the oldest slot is not released";
    one.release();
    one.release();
    EXPECT_TRUE(producer.try_push(4));
    EXPECT_EQ(all_of(one), (Numbers{4}));
}

TEST_F(Fixed, WhoClosesWithAMessageInHandLeavesItToOthersFlagged) {
    Producer<Number> producer{kName, small()};
    std::optional<Consumer<Number>> one{std::in_place, kName, small()};
    Consumer<Number> other{kName, small()};
    ASSERT_TRUE(producer.try_push(0));
    ASSERT_TRUE(producer.try_push(1));
    ASSERT_NE(one->try_peek(), nullptr);
    one.reset();
    Number out = 7;
    ASSERT_TRUE(other.try_pop(out));
    EXPECT_EQ(out, 0u);
    EXPECT_TRUE(other.redelivered());
    EXPECT_EQ(value(other.stats().redelivered), 1u);
    ASSERT_TRUE(other.try_pop(out));
    EXPECT_EQ(out, 1u);
    EXPECT_FALSE(other.redelivered());
}

TEST_F(Fixed, WhatIsUnreadKeepsTheChannel) {
    std::optional<Producer<Number>> producer{std::in_place, kName, small()};
    ASSERT_TRUE(producer->try_push(5));
    producer.reset();
    EXPECT_TRUE(there_is_one());
    {
        Consumer<Number> consumer{kName, small()};
        EXPECT_EQ(all_of(consumer), (Numbers{5}));
    }
    EXPECT_FALSE(there_is_one());
}

TEST_F(Fixed, SeatsRunOutWithTheCureInTheText) {
    Options few = small();
    few.ports = 4;
    few.seat_timeout = 1ms;
    const Producer<Number> one{kName, few};
    std::optional<Consumer<Number>> two{std::in_place, kName, few};
    try {
        const Producer<Number> three{kName, few};
        FAIL() << "there are two places";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Errc::already_exists);
        const std::string text = error.what();
        EXPECT_NE(text.find("all 2 places"), std::string::npos) << text;
        EXPECT_NE(text.find("more .ports"), std::string::npos) << text;
    }
    two.reset();
    const Producer<Number> three{kName, few};
    EXPECT_EQ(three.participant().index(), layout::kFirstSharedSeat + 1);
}

TEST_F(Fixed, WhatItIsNotIsRefused) {
    Options options = small();
    options.start_pos = 64;
    EXPECT_THROW((Producer<Number>{kName, options}), Error);
    options = small();
    options.capacity = (std::uint64_t{1} << 24) + 1;
    EXPECT_THROW((Producer<Number>{kName, options}), Error);
    options = small();
    options.ports = layout::kFirstSharedSeat;
    EXPECT_THROW((Producer<Number>{kName, options}), Error);
    const Producer<Number> producer{kName, small()};
    options = small();
    options.on_orphan = on_orphan::drop;
    EXPECT_THROW((Consumer<Number>{kName, options}), Error) << "the channel inherits";
    options = small();
    options.capacity = 8;
    EXPECT_THROW((Consumer<Number>{kName, options}), Error);
    EXPECT_THROW((Consumer<std::uint32_t>{kName, small()}), Error);
}

}  // namespace
}  // namespace shunt::mpmc
