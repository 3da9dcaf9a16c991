// SPDX-License-Identifier: MIT
//
// Broadcast ports of fixed-size messages in one process: every subscriber has every message, or
// knows what it has not; where it begins; and that what is not its own to write it cannot write.
#include "audience.hpp"

#include "unit/allocators/sandbox.hpp"

#include <gtest/gtest.h>

#include <array>
#include <csignal>
#include <numeric>
#include <string>

namespace shunt::broadcast {
namespace {

using Fixed = BroadcastPorts;

[[nodiscard]] Numbers numbers(Number first, Number end) {
    Numbers all(end - first);
    std::iota(all.begin(), all.end(), first);
    return all;
}

TEST_F(Fixed, EverySubscriberHasEveryMessage) {
    Publisher<Number> publisher{kName, small()};
    Subscriber<Number> one{kName};
    Subscriber<Number> other{kName};
    publish(publisher, 0, 10);
    EXPECT_EQ(all_of(one), numbers(0, 10));
    publish(publisher, 10, 16);
    EXPECT_EQ(all_of(one), numbers(10, 16));
    EXPECT_EQ(all_of(other), numbers(0, 16));
    EXPECT_EQ(one.lost() + other.lost(), 0u);
    EXPECT_EQ(publisher.position(), 16u);
    EXPECT_EQ(one.position(), 15u);
    EXPECT_EQ(one.next_position(), 16u);
}

TEST_F(Fixed, OneThatIsOvertakenIsToldOnceAndHasLostExactlySoMany) {
    Publisher<Number> publisher{kName, small()};
    Subscriber<Number> subscriber{kName};
    publish(publisher, 0, 100);
    EXPECT_EQ(subscriber.lag(), 100u);
    EXPECT_TRUE(subscriber.ready());
    Number out = 0;
    EXPECT_EQ(subscriber.try_pop(out), Status::lapped);
    EXPECT_EQ(subscriber.lost(), 100u - 16 + 2) << "and goes on an eighth further";
    EXPECT_EQ(all_of(subscriber), numbers(subscriber.lost(), 100));
    EXPECT_EQ(value(subscriber.stats().gaps), 1u);
    publish(publisher, 100, 116);
    EXPECT_EQ(all_of(subscriber), numbers(100, 116)) << "a full log is no loss";
}

TEST_F(Fixed, OneThatWantsTheNewestGoesOnThere) {
    Publisher<Number> publisher{kName, small()};
    Options options;
    options.resume = resume::newest;
    Subscriber<Number> subscriber{kName, options};
    publish(publisher, 0, 100);
    Number out = 0;
    EXPECT_EQ(subscriber.try_pop(out), Status::lapped);
    EXPECT_EQ(subscriber.lost(), 99u);
    EXPECT_EQ(all_of(subscriber), numbers(99, 100));
}

TEST_F(Fixed, ALateOneBeginsWhereItSays) {
    Publisher<Number> publisher{kName, small()};
    publish(publisher, 0, 10);
    Subscriber<Number> oldest{kName, beginning(from::oldest)};
    Subscriber<Number> latest{kName, beginning(from::latest)};
    Subscriber<Number> seventh{kName, beginning(7)};
    Subscriber<Number> to_come{kName, beginning(12)};
    publish(publisher, 10, 14);
    EXPECT_EQ(all_of(oldest), numbers(0, 14));
    EXPECT_EQ(all_of(latest), numbers(10, 14));
    EXPECT_EQ(all_of(seventh), numbers(7, 14));
    EXPECT_EQ(all_of(to_come), numbers(12, 14));
    publish(publisher, 14, 40);
    Subscriber<Number> gone{kName, beginning(3)};
    Number out = 0;
    EXPECT_EQ(gone.try_pop(out), Status::lapped);
    EXPECT_EQ(gone.lost(), gone.next_position() - 3) << "of what it asked for";
    Subscriber<Number> again{kName};
    EXPECT_EQ(all_of(again), numbers(24, 40)) << "all that is there, and no loss";
    EXPECT_EQ(again.lost(), 0u);
}

TEST_F(Fixed, AllPositionsHaveWhatTheyShouldAcrossAStartThatIsNotNull) {
    Options options = small();
    options.start_pos = 1000;
    Publisher<Number> publisher{kName, options};
    Subscriber<Number> oldest{kName};
    Subscriber<Number> before{kName, beginning(5)};
    EXPECT_EQ(publisher.position(), 1000u);
    publish(publisher, 1000, 1010);
    EXPECT_EQ(all_of(oldest), numbers(1000, 1010));
    EXPECT_EQ(oldest.position(), 1009u);
    EXPECT_EQ(all_of(before), numbers(1000, 1010)) << "before the first there was none";
}

TEST_F(Fixed, InPlaceBothWays) {
    Publisher<Number> publisher{kName, small()};
    Subscriber<Number> subscriber{kName};
    Number* const place = publisher.try_claim();
    ASSERT_NE(place, nullptr);
    EXPECT_EQ(publisher.try_claim(), place);
    *place = 7;
    const Number* shown = nullptr;
    EXPECT_EQ(subscriber.try_peek(shown), Status::empty);
    publisher.publish();
    ASSERT_TRUE(subscriber.try_peek(shown));
    EXPECT_EQ(*shown, 7u);
    EXPECT_TRUE(subscriber.still_valid());
    EXPECT_TRUE(subscriber.release());
    EXPECT_EQ(subscriber.position(), 0u);

    publish(publisher, 1, 2);
    ASSERT_TRUE(subscriber.try_peek(shown));
    publish(publisher, 2, 18);
    EXPECT_FALSE(subscriber.still_valid());
    EXPECT_EQ(subscriber.release(), Status::lapped);
    EXPECT_EQ(subscriber.lost(), subscriber.next_position() - 1) << "that one is lost too";
}

TEST_F(Fixed, AnAbandonedClaimPublishesNothingAndItsPlaceIsUsedNext) {
    Publisher<Number> publisher{kName, small()};
    Subscriber<Number> subscriber{kName};
    publish(publisher, 0, 16);
    ASSERT_NE(publisher.try_claim(), nullptr);
    publisher.abandon();
    EXPECT_EQ(publisher.position(), 16u);
    Number out = 0;
    EXPECT_EQ(subscriber.try_pop(out), Status::lapped) << "the oldest stood there";
    EXPECT_EQ(all_of(subscriber), numbers(2, 16));
    publish(publisher, 16, 17);
    EXPECT_EQ(all_of(subscriber), numbers(16, 17));
}

TEST_F(Fixed, SeveralAtATime) {
    Publisher<Number> publisher{kName, small()};
    Subscriber<Number> subscriber{kName};
    const Numbers all = numbers(0, 40);
    EXPECT_EQ(publisher.try_push_n(std::span{all}.first(5)), 5u);
    std::array<Number, 3> some{};
    EXPECT_EQ(subscriber.try_pop_n(some), 3u);
    EXPECT_EQ(some[2], 2u);
    Numbers seen;
    EXPECT_EQ(subscriber.drain([&](const Number& n) { seen.push_back(n); }, 100), 2u);
    EXPECT_EQ(seen, (Numbers{3, 4}));
    EXPECT_EQ(subscriber.try_pop_n(some), 0u);
    EXPECT_EQ(publisher.try_push_n(std::span{all}.subspan(5)), 35u);
    EXPECT_EQ(subscriber.try_pop_n(some), 0u);
    EXPECT_EQ(subscriber.lost(), 40u - 16 + 2 - 5);
    EXPECT_EQ(subscriber.try_pop_n(some), 3u);
    EXPECT_EQ(some[0], 26u);
}

TEST_F(Fixed, TheLoopPassesOverLossesOrThrowsWhereItShall) {
    Publisher<Number> publisher{kName, small()};
    Options strict;
    strict.on_gap = on_gap::fail;
    Subscriber<Number> skips{kName};
    Subscriber<Number> fails{kName, strict};
    publish(publisher, 0, 50);
    publisher.close();
    Numbers seen;
    for (const Number& n : skips) {
        seen.push_back(n);
    }
    EXPECT_EQ(seen, numbers(36, 50));
    EXPECT_EQ(skips.lost(), 36u);
    const auto loop = [&] {
        for (const Number& n : fails) {
            seen.push_back(n);
        }
    };
    EXPECT_TRUE(is_error(caught(loop), Errc::lapped, {"36", "position 36", ".capacity"}));
    seen.clear();
    loop();
    EXPECT_EQ(seen, numbers(36, 50)) << "the next loop goes on behind the loss";
}

struct Large {
    std::array<Number, 300> numbers;
};

TEST_F(Fixed, MessagesOfManyLinesAreWhole) {
    Publisher<Large> publisher{kName, small()};
    Subscriber<Large> subscriber{kName};
    Large message{};
    for (Number n = 0; n < 40; ++n) {
        message.numbers.fill(n);
        ASSERT_TRUE(publisher.publish(message));
        Large out{};
        ASSERT_TRUE(subscriber.try_pop(out));
        EXPECT_EQ(out.numbers, message.numbers);
    }
}

// In a child, which the kernel ends.
TEST_F(Fixed, ASubscriberCannotWriteTheLogNorThePublishersWords) {
    Publisher<Number> publisher{kName, small()};
    publish(publisher, 0, 1);
    for (const layout::RegionId id : {layout::RegionId::slots, layout::RegionId::producer_words}) {
        const std::string end = sandbox::in_child([id] {
            std::signal(SIGSEGV, SIG_DFL);
            Subscriber<Number> subscriber{kName};
            Number out = 9;
            if (!subscriber.try_pop(out) || out != 0) {
                return std::string{"read nothing"};
            }
            auto* const word = object_at<std::atomic<Number>>(subscriber.participant().region(id));
            // relaxed: a store that must not happen
            word->store(1, std::memory_order_relaxed);
            return std::string{"wrote"};
        });
        EXPECT_EQ(end, "died of signal " + std::to_string(SIGSEGV));
    }
    Subscriber<Number> another{kName};
    EXPECT_EQ(all_of(another), numbers(0, 1));
    EXPECT_EQ(publisher.position(), 1u);
}

TEST_F(Fixed, AReaderPreparesForRealTimeToo) {
    Publisher<Number> publisher{kName, small()};
    Subscriber<Number> subscriber{kName};
    publisher.prepare_rt();
    subscriber.prepare_rt();
    publish(publisher, 0, 3);
    EXPECT_EQ(all_of(subscriber), numbers(0, 3));
}

TEST_F(Fixed, WhatCannotBeIsRefused) {
    Options lanes = small();
    lanes.lanes = 2;
    EXPECT_TRUE(is_error(caught([&] {
                             Publisher<Number>{kName, lanes};
                         }),
                         Errc::bad_argument, {"2 lanes", "one publisher"}));
    Options none = small();
    none.capacity = 0;
    EXPECT_TRUE(is_error(caught([&] {
                             Publisher<Number>{kName, none};
                         }),
                         Errc::bad_argument, {"capacity of 0", ".capacity"}));
    Options hasty;
    hasty.open_timeout = 0ms;
    EXPECT_TRUE(is_error(caught([&] { Subscriber<Number>{kName, hasty}; }), Errc::not_found, {}));
    Publisher<Number> publisher{kName, small()};
    EXPECT_TRUE(is_error(caught([] {
                             Subscriber<Number>{kName, beginning(kPositionLimit)};
                         }),
                         Errc::bad_argument, {"below 2^62", ".from"}));
    EXPECT_TRUE(is_error(caught([] { Subscriber<std::uint32_t>{kName}; }), Errc::wrong_type, {}));
    EXPECT_TRUE(is_error(caught([] { BytesSubscriber{kName}; }), Errc::wrong_geometry,
                         {"broadcast_bytes"}));
    Options brief;
    brief.seat_timeout = 0ms;
    EXPECT_TRUE(is_error(caught([&] {
                             Publisher<Number>{kName, brief};
                         }),
                         Errc::already_exists, {"one publisher at a time"}));
}

TEST_F(Fixed, AnImpossibleStampEndsTheSubscriberAndNobodyElse) {
    Publisher<Number> publisher{kName, small()};
    Subscriber<Number> subscriber{kName};
    auto* const stamp = object_at<std::atomic<Number>>(
        publisher.participant().region(layout::RegionId::slots) + kLineBytes - layout::kStampBytes);
    // relaxed: one thread; somebody has written over the log
    stamp->store(ring::stamp_readable(3), std::memory_order_relaxed);
    Number out = 0;
    EXPECT_EQ(subscriber.try_pop(out), Status::broken);
    EXPECT_EQ(subscriber.pop(out), Status::broken) << "for good";
    // relaxed: for display
    EXPECT_EQ(publisher.participant().control().broken.load(std::memory_order_relaxed), 1u);
}

}  // namespace
}  // namespace shunt::broadcast
