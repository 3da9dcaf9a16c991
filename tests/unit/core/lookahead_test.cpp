// SPDX-License-Identifier: MIT
//
// The throughput consumer: what it may put off, and that it loses and reorders nothing. Its clock
// is the test's.
#include "line_types.hpp"

#include <shunt/core/ring/lookahead.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace shunt::test {
namespace {

using ring::Lookahead;

TEST(Lookahead, TiresAfterFourOwnLinesAndRestsTwiceAsLongAsTheyTook) {
    Lookahead ahead;
    EXPECT_EQ(ahead.distance(), 8u);
    for (std::uint64_t now : {100u, 110u, 120u}) {
        ahead.own_line(now);
        EXPECT_FALSE(ahead.tired());
    }
    ahead.own_line(130);
    EXPECT_TRUE(ahead.tired());
    ahead.rest(140);
    EXPECT_TRUE(ahead.resting());
    EXPECT_FALSE(ahead.tired());
    EXPECT_FALSE(ahead.rested(219));
    EXPECT_TRUE(ahead.rested(220));
}

TEST(Lookahead, NeverRestsLongerThan4000Ticks) {
    Lookahead ahead;
    for (int i = 0; i < 4; ++i) {
        ahead.own_line(0);
    }
    ahead.rest(1'000'000);
    EXPECT_FALSE(ahead.rested(1'003'999));
    EXPECT_TRUE(ahead.rested(1'004'000));
}

TEST(Lookahead, AHitLooksFartherAndAMissRestsLessOften) {
    Lookahead ahead;
    for (const std::uint64_t expected : {16u, 32u, 64u, 64u}) {
        ahead.rest(0);
        ahead.after_rest(true);
        EXPECT_FALSE(ahead.resting());
        EXPECT_EQ(ahead.distance(), expected);
    }
    const auto lines_until_tired = [&] {
        int lines = 0;
        for (; !ahead.tired(); ++lines) {
            ahead.own_line(0);
        }
        return lines;
    };
    EXPECT_EQ(lines_until_tired(), 4);
    for (const int expected : {8, 16, 32, 64, 64}) {
        ahead.rest(0);
        ahead.after_rest(false);
        EXPECT_EQ(ahead.distance(), 8u);
        EXPECT_EQ(lines_until_tired(), expected);
    }
    ahead.rest(0);
    ahead.after_rest(true);
    EXPECT_EQ(lines_until_tired(), 4);
}

TEST(Lookahead, AFarHitLooksFartherAndAFarMissNearer) {
    Lookahead ahead;
    for (const std::uint64_t expected : {16u, 32u, 64u, 64u}) {
        ahead.far_hit();
        EXPECT_EQ(ahead.distance(), expected);
    }
    for (const std::uint64_t expected : {32u, 16u, 8u, 8u}) {
        ahead.far_miss();
        EXPECT_EQ(ahead.distance(), expected);
    }
}

TEST(Lookahead, AnEmptyPollAndAFarHitEndTheStreak) {
    Lookahead ahead;
    for (int i = 0; i < 3; ++i) {
        ahead.own_line(0);
    }
    ahead.far_hit();
    for (int i = 0; i < 3; ++i) {
        ahead.own_line(0);
    }
    EXPECT_FALSE(ahead.tired());
    ahead.nothing();
    EXPECT_EQ(ahead.distance(), 8u);
    ahead.own_line(0);
    EXPECT_FALSE(ahead.tired());
}

// Time stands still until the test moves it.
struct SlowClock : DefaultPolicy {
    inline static std::uint64_t now = 0;
    static std::uint64_t ticks() noexcept { return now; }
};

template <class Case>
class ThroughputConsumer : public testing::Test {
protected:
    using Message = typename Case::Message;
    using Rig = LineRig<Message, typename Case::PagesKind, SlowClock>;
    using Shape = typename Rig::Shape;

    void SetUp() override {
        SHUNT_NEEDS_PAGES(Case::PagesKind);
        SlowClock::now = 1000;
    }

    // Alternates single pushes and pops until the consumer rests; returns the next position.
    template <class Producer, class Consumer>
    std::uint64_t push_until_resting(Producer& producer, Consumer& consumer, std::uint64_t p) {
        Message out{};
        for (int i = 0; i < 10'000; ++i) {
            SlowClock::now += 10;
            EXPECT_TRUE(producer.try_push(message<Message>(p)));
            if (consumer.try_pop(out) == Status::empty) {
                return p;
            }
            EXPECT_EQ(out, message<Message>(p));
            ++p;
        }
        ADD_FAILURE() << "it never rests";
        return p;
    }
};
TYPED_TEST_SUITE(ThroughputConsumer, FewLineCases, LineCaseName);

TYPED_TEST(ThroughputConsumer, RestsFromASlowProducerButHidesNothing) {
    using T = typename TestFixture::Message;
    typename TestFixture::Rig rig{128 * TestFixture::Shape::kPerSlot};
    ASSERT_EQ(rig.geometry.slots, Lookahead::kMinSlots);
    auto producer = rig.producer();
    auto consumer = rig.consumer(true);
    const std::uint64_t p = this->push_until_resting(producer, consumer, 0);
    T out{};
    EXPECT_EQ(rig.free_pos(), p) << "before it rests, it says what is free";
    EXPECT_EQ(consumer.try_pop(out), Status::empty) << "it rests";
    EXPECT_TRUE(consumer.readable()) << "whoever must not overlook a message sees it";
    SlowClock::now += 4000;
    ASSERT_TRUE(pops<T>(consumer, p));
}

TYPED_TEST(ThroughputConsumer, FewerThan128SlotsHaveNoLookahead) {
    using T = typename TestFixture::Message;
    typename TestFixture::Rig rig{64 * TestFixture::Shape::kPerSlot};
    auto producer = rig.producer();
    auto consumer = rig.consumer(true);
    for (std::uint64_t p = 0; p < 200; ++p) {
        ASSERT_TRUE(producer.try_push(message<T>(p)));
        ASSERT_TRUE(pops<T>(consumer, p));
    }
}

TYPED_TEST(ThroughputConsumer, TakesEverythingUpToAFarLine) {
    using T = typename TestFixture::Message;
    constexpr std::uint64_t kPerSlot = TestFixture::Shape::kPerSlot;
    typename TestFixture::Rig rig{128 * kPerSlot};
    auto producer = rig.producer();
    auto consumer = rig.consumer(true);
    const std::uint64_t n = 8 * kPerSlot + 1;  // one message in the line 8 ahead
    ASSERT_EQ(producer.try_push_n(messages<T>(0, n)), n);
    ASSERT_TRUE(pops<T>(consumer, 0));
    for (std::uint64_t slot = 0; slot < 8; ++slot) {  // it looks at none of these any more
        rig.stamp(slot).store(0, std::memory_order_relaxed);
    }
    for (std::uint64_t p = 1; p < n; ++p) {
        ASSERT_TRUE(pops<T>(consumer, p));
    }
    T out{};
    EXPECT_EQ(consumer.try_pop(out), Status::empty);
}

// Random bursts, single pops, batches, peeks and drains, and a clock that sometimes stands: every
// message once, in order.
TYPED_TEST(ThroughputConsumer, LosesAndReordersNothing) {
    using T = typename TestFixture::Message;
    for (std::uint64_t seed = 1; seed <= 4; ++seed) {
        typename TestFixture::Rig rig{128 * TestFixture::Shape::kPerSlot, seed * 1001};
        auto producer = rig.producer();
        auto consumer = rig.consumer(true);
        std::uint64_t pushed = rig.start_pos;
        std::uint64_t popped = rig.start_pos;
        std::uint64_t state = seed;
        const auto random = [&](std::uint64_t below) {
            state = state * 6364136223846793005u + 1442695040888963407u;
            return (state >> 33) % below;
        };
        std::vector<T> out(40);
        for (int step = 0; step < 4000; ++step) {
            SlowClock::now += random(3) == 0 ? random(600) : 0;
            if (const std::uint64_t choice = random(6); choice < 2) {
                pushed += producer.try_push_n(messages<T>(pushed, random(choice == 0 ? 2 : 60)));
            } else if (choice < 4) {
                popped += pops<T>(consumer, popped) ? 1u : 0u;
            } else if (choice == 4) {
                const std::size_t n = consumer.try_pop_n(std::span{out}.first(random(out.size())));
                for (std::size_t i = 0; i < n; ++i) {
                    ASSERT_EQ(out[i], message<T>(popped++));
                }
            } else {
                consumer.drain([&](const T& each) { ASSERT_EQ(each, message<T>(popped++)); },
                               random(30));
            }
            ASSERT_LE(popped, pushed);
            ASSERT_EQ(consumer.readable(), popped != pushed);
        }
        for (; popped != pushed; SlowClock::now += 500) {
            T one{};
            if (consumer.try_pop(one)) {
                ASSERT_EQ(one, message<T>(popped++));
            }
        }
        EXPECT_GT(popped, rig.start_pos + 2 * rig.capacity() / 3);
    }
}

}  // namespace
}  // namespace shunt::test
