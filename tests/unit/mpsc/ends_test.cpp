// SPDX-License-Identifier: MIT
//
// Ends and deaths among lanes: a dead producer's lane is drained and goes to another, a dead
// consumer's successor goes on in each, and an end is told once, when the last of a role has gone.
// Deaths are real: a process that is killed.
#include "lanes.hpp"

#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <string>

namespace shunt::mpsc {
namespace {

using Ends = MpscPorts;
using Numbers = std::vector<Number>;

TEST_F(Ends, TheLastOneOfManyProducersEndsTheStreamOnce) {
    Consumer<Number> consumer{kName, small()};
    std::optional<Producer<Number>> first{std::in_place, kName};
    std::optional<Producer<Number>> second{std::in_place, kName};
    ASSERT_TRUE(first->try_push(0));
    second.reset();
    Number out = 0;
    EXPECT_TRUE(consumer.pop(out));
    EXPECT_EQ(consumer.try_pop(out), Status::empty);
    EXPECT_EQ(consumer.pop_until(out, steady_clock::now() + 1ms), Status::timeout);
    first.reset();
    EXPECT_EQ(consumer.try_pop(out), Status::closed);
    EXPECT_EQ(consumer.try_pop(out), Status::empty) << "told once";
    Producer<Number> third{kName};
    EXPECT_TRUE(third.try_push(1));
    EXPECT_TRUE(consumer.pop(out));
    third.close();
    EXPECT_EQ(consumer.pop(out), Status::closed) << "a new event";
}

TEST_F(Ends, WhatADeadProducerPublishedIsReadAndItsLaneGoesToAnother) {
    Consumer<Number> consumer{kName, small()};
    ASSERT_TRUE(lives_and_dies([] {
        Producer<Number> victim{kName};
        for (Number n = 0; n < 5; ++n) {
            ASSERT_TRUE(victim.push(n));
        }
        ASSERT_NE(victim.try_claim(), nullptr) << "and dies with a claim";
        die();
    }));
    Number out = 0;
    for (Number n = 0; n < 5; ++n) {
        ASSERT_TRUE(consumer.pop(out));
        EXPECT_EQ(out, n);
    }
    EXPECT_EQ(consumer.pop(out), Status::peer_dead);
    Producer<Number> next{kName};
    EXPECT_EQ(next.lane(), 0u);
    ASSERT_TRUE(next.push(5));
    ASSERT_TRUE(consumer.pop(out));
    EXPECT_EQ(out, 5u);
    EXPECT_EQ(consumer.position(), 5u) << "the claim left nothing behind";
}

// Its end is known before all that it left is read: who looks for lanes to give back then looks
// again.
TEST_F(Ends, ALaneIsGivenBackOnceItIsReadThoughItsEndWasKnownBefore) {
    Options options = small();
    options.lanes = 1;
    Consumer<Number> consumer{kName, options};
    std::optional<Producer<Number>> brief{std::in_place, kName};
    for (Number n = 0; n < 7; ++n) {
        ASSERT_TRUE(brief->push(n));
    }
    brief.reset();
    Number out = 0;
    EXPECT_TRUE(consumer.wait(steady_clock::now()));
    ASSERT_NE(consumer.try_peek(), nullptr);
    for (int calls = 0; calls < 300; ++calls) {
        ASSERT_NE(consumer.try_peek(), nullptr);
    }
    for (Number n = 0; n < 7; ++n) {
        ASSERT_TRUE(consumer.try_pop(out));
    }
    EXPECT_EQ(consumer.pop(out), Status::closed);
    Options hasty;
    hasty.seat_timeout = 0ms;
    const Producer<Number> next{kName, hasty};
    EXPECT_EQ(next.lane(), 0u);
}

// As many die as there are lanes, and once more.
TEST_F(Ends, DeadProducersNeverUseTheLanesUp) {
    Consumer<Number> consumer{kName, small()};
    for (Number life = 0; life < 7; ++life) {
        ASSERT_TRUE(lives_and_dies([life] {
            Producer<Number> victim{kName};
            ASSERT_TRUE(victim.push(life));
            die();
        }));
        Number out = 99;
        ASSERT_TRUE(consumer.pop(out));
        EXPECT_EQ(out, life);
        EXPECT_EQ(consumer.pop(out), Status::peer_dead);
    }
}

TEST_F(Ends, AConsumersSuccessorGoesOnInEachLane) {
    Producer<Number> one{kName, small()};
    Producer<Number> other{kName};
    for (Number n = 0; n < 7; ++n) {
        ASSERT_TRUE(one.push(n));
        ASSERT_TRUE(other.push(n));
    }
    ASSERT_TRUE(lives_and_dies([] {
        Consumer<Number> victim{kName};
        Number out = 0;
        for (int i = 0; i < 4; ++i) {
            ASSERT_TRUE(victim.pop(out));
        }
        ASSERT_NE(victim.try_peek(), nullptr);
        die();
    }));
    Consumer<Number> consumer{kName};
    std::array<int, 2> got{};
    int flagged = 0;
    Number out = 0;
    for (int i = 0; i < 10; ++i) {
        ASSERT_TRUE(consumer.pop(out));
        ++got[consumer.lane()];
        flagged += consumer.redelivered() ? 1 : 0;
    }
    EXPECT_EQ(consumer.try_pop(out), Status::empty);
    EXPECT_EQ(flagged, 1);
    EXPECT_EQ(got[0] + got[1], 10);
}

TEST_F(Ends, EachProducerIsToldOfTheConsumersDeathOnce) {
    Producer<Number> one{kName, small()};
    Producer<Number> other{kName};
    ASSERT_TRUE(lives_and_dies([] {
        const Consumer<Number> victim{kName};
        die();
    }));
    for (Producer<Number>* each : {&one, &other}) {
        for (Number n = 0; n < 7; ++n) {
            ASSERT_TRUE(each->push(n));
        }
        EXPECT_EQ(each->push(7), Status::peer_dead);
        EXPECT_EQ(each->try_push(7), Status::full) << "told once";
    }
    Consumer<Number> successor{kName};
    EXPECT_EQ(all_of(successor).size(), 14u);
    EXPECT_TRUE(one.push(7));
}

// Its token is older than the end of the one that it waited for, and still its own end is told.
TEST_F(Ends, OfOneThatHadToWaitForItsSeatAreToldToo) {
    Options options = small();
    options.lanes = 1;
    options.seat_timeout = 20s;
    Consumer<Number> consumer{kName, options};
    std::optional<Producer<Number>> first{std::in_place, kName};
    const auto tokens = [&] {
        return consumer.participant().control().next_token.load(std::memory_order_acquire);
    };
    const std::uint64_t drawn = tokens();
    Caller second{[&] {
        Producer<Number> waits{kName, options};
        return waits.push(7);
    }};
    ASSERT_TRUE(eventually([&] { return tokens() > drawn; }));
    first.reset();
    Number out = 0;
    Status status = consumer.pop(out);
    if (status == Status::closed) {  // unless the second sat down before that was told
        status = consumer.pop(out);
    }
    EXPECT_TRUE(status);
    EXPECT_EQ(out, 7u);
    EXPECT_TRUE(second.result());
    EXPECT_EQ(consumer.pop_until(out, steady_clock::now() + 10s), Status::closed);
}

TEST_F(Ends, AChannelWithSomethingUnreadInALaneStays) {
    {
        Producer<Number> one{kName, small()};
        Producer<Number> other{kName};
        ASSERT_TRUE(other.push(3));
    }
    EXPECT_EQ(files().size(), 1u);
    {
        Consumer<Number> consumer{kName};
        EXPECT_EQ(all_of(consumer), (Numbers{3}));
    }
    EXPECT_TRUE(files().empty());
}

}  // namespace
}  // namespace shunt::mpsc
