// SPDX-License-Identifier: MIT
//
// Ends and deaths of a broadcast channel's participants, and what stays of it. Deaths are real: a
// process that is killed.
#include "audience.hpp"

#include <gtest/gtest.h>

#include <optional>

namespace shunt::broadcast {
namespace {

using Ends = BroadcastPorts;

TEST_F(Ends, AClosedPublisherIsToldBehindItsLastMessageOnce) {
    std::optional<Publisher<Number>> publisher{std::in_place, kName, small()};
    Subscriber<Number> subscriber{kName};
    publish(*publisher, 0, 1);
    publisher.reset();
    Number out = 9;
    EXPECT_TRUE(subscriber.try_pop(out));
    EXPECT_EQ(subscriber.try_pop(out), Status::closed);
    EXPECT_EQ(subscriber.try_pop(out), Status::empty);
    publisher.emplace(kName);
    publish(*publisher, 1, 2);
    EXPECT_EQ(all_of(subscriber), Numbers{1});
    EXPECT_EQ(publisher->position(), 2u) << "the successor went on";
}

TEST_F(Ends, OfADeadPublisherStaysWhatItPublished) {
    Publisher<Number> made{kName, small()};
    Subscriber<Number> subscriber{kName};
    made.close();
    ASSERT_TRUE(lives_and_dies([] {
        Publisher<Number> victim{kName};
        publish(victim, 0, 3);
        ASSERT_NE(victim.try_claim(), nullptr) << "and dies with a claim";
        die();
    }));
    Number out = 9;
    for (Number n = 0; n < 3; ++n) {
        ASSERT_TRUE(subscriber.pop(out));
        EXPECT_EQ(out, n);
    }
    EXPECT_EQ(subscriber.pop(out), Status::closed) << "of the first one";
    EXPECT_EQ(subscriber.pop(out), Status::peer_dead);
    Publisher<Number> next{kName};
    EXPECT_EQ(next.position(), 3u) << "of the claim nothing is left";
    publish(next, 3, 5);
    EXPECT_EQ(all_of(subscriber), (Numbers{3, 4}));
    EXPECT_EQ(subscriber.lost(), 0u);
}

TEST_F(Ends, DeadSubscribersLeaveTheirSeats) {
    Options options = small();
    options.ports = 4;
    Publisher<Number> publisher{kName, options};
    for (int life = 0; life < 5; ++life) {
        ASSERT_TRUE(lives_and_dies([] {
            Subscriber<Number> one{kName};
            Subscriber<Number> other{kName};
            die();
        }));
        publish(publisher, 0, 1);
    }
    EXPECT_EQ(publisher.recover(), 2u);
    EXPECT_EQ(publisher.peers().size(), 1u);
    Subscriber<Number> subscriber{kName};
    EXPECT_EQ(all_of(subscriber), (Numbers{0, 0, 0, 0, 0}));
}

TEST_F(Ends, ASeatsNextSubscriberCountsItsOwnLossesOnly) {
    Publisher<Number> publisher{kName, small()};
    std::uint32_t seat = 0;
    {
        Subscriber<Number> first{kName};
        seat = first.participant().index();
        publish(publisher, 0, 100);
        Number out = 0;
        EXPECT_EQ(first.try_pop(out), Status::lapped);
        EXPECT_GT(first.lost(), 0u);
    }
    Subscriber<Number> second{kName};
    EXPECT_EQ(second.participant().index(), seat);
    EXPECT_EQ(second.lost(), 0u);
    // relaxed: for display
    EXPECT_EQ(subscriber_words(second.participant()).lost.load(std::memory_order_relaxed), 0u);
}

class Names : public BroadcastPorts {
protected:
    [[nodiscard]] bool there() const { return !files().empty(); }
};

TEST_F(Names, WhatNobodyHasReadStays) {
    {
        Publisher<Number> publisher{kName, small()};
        publish(publisher, 0, 3);
    }
    EXPECT_TRUE(there());
    Subscriber<Number> late{kName};
    EXPECT_EQ(all_of(late), (Numbers{0, 1, 2}));
    late.close();
    EXPECT_FALSE(there()) << "now somebody has";
}

TEST_F(Names, WhatOneHasReadGoesWithTheLast) {
    Publisher<Number> publisher{kName, small()};
    Subscriber<Number> reads{kName};
    Subscriber<Number> sleeps{kName};
    publish(publisher, 0, 3);
    EXPECT_EQ(all_of(reads).size(), 3u);
    publisher.close();
    reads.close();
    EXPECT_TRUE(there());
    sleeps.close();
    EXPECT_FALSE(there());
}

TEST_F(Names, OneThatNothingWasPublishedInGoes) {
    { const Publisher<Number> publisher{kName, small()}; }
    EXPECT_FALSE(there());
}

}  // namespace
}  // namespace shunt::broadcast
