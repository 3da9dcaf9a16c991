// SPDX-License-Identifier: MIT
//
// Consumers that pop by copy: every call that pops, beside others that look in place, and what such
// a one inherits.
#include "many.hpp"

#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <thread>

namespace shunt::mpmc {
namespace {

using Copies = MpmcPorts;
using Numbers = std::vector<Number>;

TEST_F(Copies, EveryCallThatPopsGivesTheNextMessage) {
    Producer<Number> producer{kName, small()};
    Consumer<Number> consumer{kName, popping(pop::copy)};
    for (Number lap = 0; lap < 3; ++lap) {
        for (Number n = 0; n < 4; ++n) {
            ASSERT_TRUE(producer.try_push(4 * lap + n));
        }
        Number out = 0;
        ASSERT_TRUE(consumer.try_pop(out));
        EXPECT_EQ(out, 4 * lap);
        ASSERT_TRUE(consumer.try_pop_quiet(out));
        EXPECT_EQ(out, 4 * lap + 1);
        EXPECT_EQ(consumer.position(), out);
        std::array<Number, 3> rest{};
        ASSERT_EQ(consumer.try_pop_n(rest), 2u);
        EXPECT_EQ(rest, (std::array<Number, 3>{4 * lap + 2, 4 * lap + 3, 0}));
        EXPECT_EQ(consumer.try_pop(out), Status::empty);
    }
    EXPECT_EQ(value(consumer.stats().empty_polls), 6u);
    EXPECT_EQ(value(consumer.stats().redelivered), 0u);
}

TEST_F(Copies, TheIteratorEndsWhenTheLastProducerCloses) {
    Consumer<Number> consumer{kName, popping(pop::copy)};
    std::thread beside{[] {
        Producer<Number> producer{kName, small()};
        EXPECT_NE(producer.try_claim(), nullptr);
        producer.abandon();
        for (Number n = 0; n < 100; ++n) {
            EXPECT_TRUE(producer.push(n));
        }
    }};
    Numbers got;
    for (const Number& n : consumer) {
        got.push_back(n);
    }
    beside.join();
    ASSERT_EQ(got.size(), 100u);
    EXPECT_EQ(got.back(), 99u);
    EXPECT_EQ(value(consumer.stats().gaps), 1u) << "a gap is passed over";
}

TEST_F(Copies, BesideOneInPlaceEachMessageGoesToOne) {
    Producer<Number> producer{kName, small()};
    Consumer<Number> copies{kName, popping(pop::copy)};
    Consumer<Number> looks{kName, small()};
    for (Number n = 0; n < 4; ++n) {
        ASSERT_TRUE(producer.try_push(n));
    }
    const Number* const shown = looks.try_peek();
    ASSERT_NE(shown, nullptr);
    EXPECT_EQ(*shown, 0u);
    EXPECT_EQ(all_of(copies), (Numbers{1, 2, 3}));
    EXPECT_EQ(producer.try_push(4), Status::full) << "what one has in hand is not released";
    looks.release();
    EXPECT_TRUE(producer.try_push(4));
    EXPECT_EQ(all_of(copies), (Numbers{4}));
}

TEST_F(Copies, LooksInPlaceToo) {
    Producer<Number> producer{kName, small()};
    Consumer<Number> consumer{kName, popping(pop::copy)};
    for (Number n = 0; n < 3; ++n) {
        ASSERT_TRUE(producer.try_push(n));
    }
    const Number* const shown = consumer.try_peek();
    ASSERT_NE(shown, nullptr);
    EXPECT_EQ(*shown, 0u);
    Number out = 7;
    EXPECT_TRUE(consumer.try_pop(out));
    EXPECT_EQ(out, 1u) << "what it looks at stays in hand";
    EXPECT_EQ(consumer.drain([&](const Number& n) { out = n; }, 1), 1u);
    EXPECT_EQ(out, 0u);
    EXPECT_EQ(all_of(consumer), (Numbers{2}));
}

TEST_F(Copies, InheritsFlaggedWhatOneInPlaceDiedWith) {
    Producer<Number> producer{kName, small()};
    Consumer<Number> consumer{kName, popping(pop::copy)};
    ASSERT_TRUE(producer.try_push(0));
    ASSERT_TRUE(producer.try_push(1));
    ASSERT_TRUE(lives_and_dies([] {
        Consumer<Number> victim{kName, small()};
        ASSERT_NE(victim.try_peek(), nullptr);
        die();
    }));
    EXPECT_EQ(consumer.recover(), 1u);
    std::array<Number, 2> out{};
    EXPECT_EQ(consumer.try_pop_n(out), 1u) << "a batch ends behind a message that comes again";
    EXPECT_EQ(out[0], 0u);
    EXPECT_TRUE(consumer.redelivered());
    EXPECT_EQ(value(consumer.stats().redelivered), 1u);
    EXPECT_TRUE(consumer.try_pop(out[1]));
    EXPECT_FALSE(consumer.redelivered());
}

// With nothing in hand it leaves nothing behind, whatever it had popped.
TEST_F(Copies, WhoDiesBetweenTwoPopsLeavesNothingToInherit) {
    Producer<Number> producer{kName, small()};
    Consumer<Number> consumer{kName, small()};
    ASSERT_TRUE(producer.try_push(0));
    ASSERT_TRUE(producer.try_push(1));
    ASSERT_TRUE(lives_and_dies([] {
        Consumer<Number> victim{kName, popping(pop::copy)};
        Number out = 7;
        ASSERT_TRUE(victim.try_pop(out));
        die();
    }));
    EXPECT_EQ(consumer.recover(), 1u);
    EXPECT_EQ(all_of(consumer), (Numbers{1}));
    EXPECT_FALSE(consumer.redelivered());
}

}  // namespace
}  // namespace shunt::mpmc
