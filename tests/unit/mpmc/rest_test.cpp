// SPDX-License-Identifier: MIT
//
// Ports that rest, where that was asked for: a producer from a full ring, a consumer from an empty
// one.
#include "many.hpp"

#include <gtest/gtest.h>

namespace shunt::mpmc {
namespace {

using Resting = MpmcPorts;

Options of_throughput() {
    Options options;
    options.capacity = 64;
    options.pages = pages::base;
    options.consume = consume::throughput;
    return options;
}

TEST_F(Resting, EndsWhereAQuarterOfTheRingIsFree) {
    Producer<Number> producer{kName, of_throughput()};
    Consumer<Number> consumer{kName, of_throughput()};
    for (Number round = 0; round < 100; ++round) {
        while (producer.try_push(round)) {
        }
        Number out = 0;
        for (int i = 0; i < 17; ++i) {
            ASSERT_TRUE(consumer.try_pop(out));
        }
        EXPECT_TRUE(producer.try_push(round)) << "the seventeenth from there on is free";
    }
}

TEST_F(Resting, EndsByItselfSoonWhereLessIsFree) {
    Producer<Number> producer{kName, of_throughput()};
    Consumer<Number> consumer{kName, of_throughput()};
    while (producer.try_push(1)) {
    }
    Number out = 0;
    ASSERT_TRUE(consumer.try_pop(out));
    EXPECT_TRUE(producer.ready()) << "what waiters look at is exact";
    EXPECT_TRUE(eventually([&] { return bool{producer.try_push(2)}; }));
    EXPECT_TRUE(consumer.try_pop(out));
    EXPECT_TRUE(producer.push_until(3, steady_clock::now() + 10s));
}

TEST_F(Resting, OfAConsumerEndsByItselfSoon) {
    Producer<Number> producer{kName, of_throughput()};
    Consumer<Number> consumer{kName, of_throughput()};
    Number out = 0;
    for (Number i = 0; i < 64; ++i) {
        ASSERT_TRUE(producer.try_push(i));
        ASSERT_TRUE(consumer.try_pop(out));
    }
    ASSERT_EQ(consumer.try_pop(out), Status::empty);
    ASSERT_TRUE(producer.try_push(64));
    EXPECT_TRUE(consumer.ready()) << "what waiters look at is exact";
    EXPECT_TRUE(eventually([&] { return bool{consumer.try_pop(out)}; }));
    ASSERT_TRUE(producer.try_push(65));
    EXPECT_TRUE(consumer.pop_until(out, steady_clock::now() + 10s));
    EXPECT_EQ(out, 65u);
}

TEST_F(Resting, IsNotForThoseWhoDidNotAsk) {
    Options options = of_throughput();
    options.consume = consume::latency;
    Producer<Number> producer{kName, options};
    Consumer<Number> consumer{kName, options};
    while (producer.try_push(1)) {
    }
    for (int i = 0; i < 100; ++i) {
        Number out = 0;
        ASSERT_EQ(producer.try_push(2), Status::full);
        ASSERT_TRUE(consumer.try_pop(out));
        ASSERT_TRUE(producer.try_push(2));
    }
}

}  // namespace
}  // namespace shunt::mpmc
