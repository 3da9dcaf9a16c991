// SPDX-License-Identifier: MIT
//
// Ends and deaths among many: what a dead one held is given back, and an end is told once, when the
// last of a role has gone and nothing is left that may still come. Deaths are real: a process that
// is killed.
#include "many.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdlib>
#include <optional>
#include <utility>

namespace shunt::mpmc {
namespace {

using Ends = MpmcPorts;
using Numbers = std::vector<Number>;

TEST_F(Ends, TheLastOneOfManyProducersEndsTheStreamOnce) {
    std::optional<Producer<Number>> first{std::in_place, kName, small()};
    std::optional<Producer<Number>> second{std::in_place, kName, small()};
    Consumer<Number> consumer{kName, small()};
    ASSERT_TRUE(first->try_push(0));
    // The newer one goes first: the older one's end is the lower token.
    second.reset();
    Number out = 0;
    EXPECT_TRUE(consumer.pop(out));
    EXPECT_EQ(consumer.try_pop(out), Status::empty);
    EXPECT_EQ(consumer.pop_until(out, steady_clock::now() + 1ms), Status::timeout);
    first.reset();
    EXPECT_EQ(consumer.try_pop(out), Status::closed);
    EXPECT_EQ(consumer.try_pop(out), Status::empty) << "told once";
    Producer<Number> third{kName, small()};
    EXPECT_TRUE(third.try_push(1));
    EXPECT_TRUE(consumer.pop(out));
    EXPECT_EQ(consumer.try_pop(out), Status::empty);
    third.close();
    EXPECT_EQ(consumer.pop(out), Status::closed) << "a new event";
}

TEST_F(Ends, IsNotLostOnCallsThatCannotTellIt) {
    std::optional<Producer<Number>> producer{std::in_place, kName, small()};
    Consumer<Number> consumer{kName, small()};
    producer.reset();
    std::array<Number, 2> out{};
    EXPECT_EQ(consumer.try_pop_n(out), 0u);
    EXPECT_EQ(consumer.drain([](const Number&) {}, 2), 0u);
    EXPECT_EQ(consumer.try_peek(), nullptr);
    EXPECT_EQ(consumer.pop(out[0]), Status::closed);
}

TEST_F(Ends, AConsumerThatComesAfterTheEndIsToldOfIt) {
    const Consumer<Number> keeper{kName, small()};
    std::optional<Producer<Number>> producer{std::in_place, kName, small()};
    ASSERT_TRUE(producer->try_push(0));
    producer.reset();
    Consumer<Number> consumer{kName, small()};
    Number out = 7;
    EXPECT_TRUE(consumer.pop(out));
    EXPECT_EQ(consumer.pop(out), Status::closed);
}

TEST_F(Ends, AProducerIsToldThatNobodyReadsAnyMore) {
    std::optional<Consumer<Number>> one{std::in_place, kName, small()};
    std::optional<Consumer<Number>> two{std::in_place, kName, small()};
    Producer<Number> producer{kName, small()};
    for (Number n = 0; n < 4; ++n) {
        ASSERT_TRUE(producer.push(n));
    }
    two.reset();
    EXPECT_EQ(producer.try_push(4), Status::full);
    one.reset();
    EXPECT_EQ(producer.push(4), Status::closed);
    EXPECT_EQ(producer.try_push(4), Status::full) << "told once";
}

TEST_F(Ends, TheLastOnesDeathIsTheEndAndAnEarlierOneIsNot) {
    Producer<Number> producer{kName, small()};
    Consumer<Number> consumer{kName, small()};
    ASSERT_TRUE(lives_and_dies([] {
        Producer<Number> victim{kName, small()};
        ASSERT_TRUE(victim.try_push(0));
        die();
    }));
    Number out = 7;
    EXPECT_TRUE(consumer.pop(out));
    EXPECT_EQ(consumer.recover(), 1u);
    EXPECT_EQ(consumer.try_pop(out), Status::empty) << "another is there";
    ASSERT_TRUE(lives_and_dies([] {
        Producer<Number> victim{kName, small()};
        ASSERT_TRUE(victim.try_push(1));
        die();
    }));
    EXPECT_TRUE(consumer.pop(out));
    producer.close();
    EXPECT_EQ(consumer.pop(out), Status::peer_dead) << "the victim was the last to be found gone";
    EXPECT_EQ(consumer.pop_until(out, steady_clock::now()), Status::timeout);
}

// The one that was seen last died, and while nobody looked a younger one came, and closed.
TEST_F(Ends, IsThatOfTheOneThatWentLastWhomeverAConsumerHadSeen) {
    Consumer<Number> consumer{kName, small()};
    Consumer<Number> other{kName, small()};
    Number out = 7;
    ASSERT_TRUE(lives_and_dies([] {
        Producer<Number> victim{kName, small()};
        ASSERT_TRUE(victim.try_push(0));
        die();
    }));
    EXPECT_TRUE(consumer.pop(out));
    EXPECT_EQ(consumer.try_pop(out), Status::empty) << "it has seen the one, and not its end";
    EXPECT_EQ(other.recover(), 1u);
    Producer<Number>{kName, small()}.close();
    EXPECT_EQ(consumer.try_pop(out), Status::closed);
    EXPECT_EQ(other.try_pop(out), Status::closed);
    EXPECT_EQ(consumer.try_pop(out), Status::empty) << "told once";
}

TEST_F(Ends, TheClaimOfADeadOneBecomesAGapWithItsName) {
    Producer<Number> producer{kName, small()};
    Consumer<Number> consumer{kName, small()};
    ASSERT_TRUE(lives_and_dies([] {
        Producer<Number> victim{kName, small()};
        ASSERT_TRUE(victim.try_push(0));
        ASSERT_NE(victim.try_claim(), nullptr);
        die();
    }));
    ASSERT_TRUE(producer.try_push(2));
    Number out = 7;
    EXPECT_TRUE(consumer.pop(out));
    EXPECT_EQ(out, 0u);
    EXPECT_EQ(consumer.try_pop(out), Status::busy);
    ASSERT_TRUE(consumer.held_up_by().has_value());
    EXPECT_FALSE(consumer.held_up_by()->alive);
    EXPECT_EQ(consumer.pop(out), Status::gap) << "a blocking call finds it out";
    EXPECT_EQ(consumer.last_gap().position, 1u);
    EXPECT_EQ(consumer.last_gap().owner.index, layout::kFirstSharedSeat + 2);
    EXPECT_TRUE(consumer.pop(out));
    EXPECT_EQ(out, 2u);
    EXPECT_EQ(value(consumer.stats().recovered), 1u);
    EXPECT_EQ(value(ring_words(consumer.participant()).voided), 1u);
}

TEST_F(Ends, WhatADeadConsumerHadInHandGoesToAnotherFlagged) {
    Producer<Number> producer{kName, small()};
    Consumer<Number> consumer{kName, small()};
    for (Number n = 0; n < 4; ++n) {
        ASSERT_TRUE(producer.try_push(n));
    }
    ASSERT_TRUE(lives_and_dies([] {
        Consumer<Number> victim{kName, small()};
        ASSERT_NE(victim.try_peek(), nullptr);
        die();
    }));
    Number out = 7;
    for (Number n = 1; n < 4; ++n) {
        EXPECT_TRUE(consumer.pop(out));
        EXPECT_EQ(out, n);
    }
    producer.close();
    EXPECT_TRUE(consumer.pop(out)) << "the end waits for what a dead one had";
    EXPECT_EQ(out, 0u);
    EXPECT_TRUE(consumer.redelivered());
    EXPECT_EQ(consumer.position(), 0u);
    EXPECT_EQ(consumer.pop(out), Status::closed);
}

TEST_F(Ends, TheEndWaitsForWhatAnotherHasInHand) {
    Producer<Number> producer{kName, small()};
    Consumer<Number> one{kName, small()};
    Consumer<Number> other{kName, small()};
    ASSERT_TRUE(producer.try_push(0));
    ASSERT_NE(one.try_peek(), nullptr);
    producer.close();
    Number out = 7;
    EXPECT_EQ(other.try_pop(out), Status::empty);
    one.release();
    EXPECT_EQ(other.try_pop(out), Status::closed);
    EXPECT_EQ(one.try_pop(out), Status::closed);
}

TEST_F(Ends, OfAProcessThatExitsWithAPortOpenIsADeath) {
    Consumer<Number> consumer{kName, small()};
    const pid_t child = ::fork();
    if (child == 0) {
        auto* const forgotten = new Producer<Number>{kName, small()};
        ::exit(forgotten->try_claim() != nullptr ? 0 : 1);
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    Number out = 7;
    EXPECT_EQ(consumer.pop(out), Status::gap);
    EXPECT_EQ(consumer.pop(out), Status::peer_dead);
}

TEST_F(Ends, DroppedWhereTheChannelSaysSoAndCounted) {
    Options drops = small();
    drops.on_orphan = on_orphan::drop;
    Producer<Number> producer{kName, drops};
    Consumer<Number> consumer{kName, small()};
    ASSERT_TRUE(producer.try_push(0));
    ASSERT_TRUE(producer.try_push(1));
    ASSERT_TRUE(lives_and_dies([] {
        Consumer<Number> victim{kName, small()};
        ASSERT_NE(victim.try_peek(), nullptr);
        die();
    }));
    EXPECT_EQ(consumer.recover(), 1u);
    EXPECT_EQ(all_of(consumer), (Numbers{1}));
    EXPECT_EQ(value(ring_words(consumer.participant()).dropped), 1u);
    EXPECT_TRUE(producer.try_push(2));
}

TEST_F(Ends, AMessageThatKillsAllWhoTakeItIsGivenUpAndCounted) {
    Producer<Number> producer{kName, small()};
    Consumer<Number> consumer{kName, small()};
    ASSERT_TRUE(producer.try_push(66));
    for (std::uint32_t death = 0; death <= layout::kMostTries; ++death) {
        ASSERT_TRUE(lives_and_dies([] {
            Consumer<Number> victim{kName, small()};
            const Number* shown = nullptr;
            while ((shown = victim.try_peek()) == nullptr) {
                (void)victim.recover();
            }
            ASSERT_EQ(*shown, 66u);
            die();
        }));
    }
    ASSERT_TRUE(producer.try_push(1));
    EXPECT_EQ(consumer.recover(), 1u);
    EXPECT_EQ(all_of(consumer), (Numbers{1}));
    EXPECT_EQ(value(consumer.stats().dead_letters), 1u);
}

// What a producer that stays until its messages are in good hands goes by.
TEST_F(Ends, ThatAllUpToAPositionIsReleasedIsSeenInEachLap) {
    Producer<Number> mine{kName, small()};
    Producer<Number> other{kName, small()};
    Consumer<Number> consumer{kName, small()};
    std::uint64_t slot = 0;
    for (Number n = 0; n < 40; n += 2) {
        ASSERT_TRUE(mine.try_push(n));
        ASSERT_TRUE(other.try_push(n + 1));
        const std::uint64_t last = mine.position();
        const channel::Participant& place = mine.participant();
        EXPECT_TRUE(held_through(place, last, slot)) << "nobody took it";
        ASSERT_NE(consumer.try_peek(), nullptr);
        EXPECT_TRUE(held_through(place, last, slot)) << "it is in hand";
        EXPECT_FALSE(n != 0 && held_through(place, last - 1, slot)) << "of those before, nothing";
        consumer.release();
        EXPECT_FALSE(held_through(place, last, slot)) << "what lies behind does not count";
        EXPECT_TRUE(held_through(place, other.position(), slot));
        Number out = 0;
        ASSERT_TRUE(consumer.try_pop(out));
        EXPECT_FALSE(held_through(place, other.position(), slot));
    }
}

}  // namespace
}  // namespace shunt::mpmc
