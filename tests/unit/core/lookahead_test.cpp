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

// Takes the own line n times, 10 ticks apart; the time after the last.
std::uint64_t take_own_lines(Lookahead& ahead, int n, std::uint64_t now) {
    for (int i = 0; i < n; ++i) {
        if (ahead.own_line()) {
            ahead.began(now);
        }
        now += 10;
    }
    return now;
}

// How often the own line is taken until the ring is left alone.
int own_lines_until_tired(Lookahead& ahead) {
    int lines = 0;
    for (; !ahead.tired(); ++lines) {
        if (ahead.own_line()) {
            ahead.began(0);
        }
    }
    return lines;
}

TEST(Lookahead, TiresAfter64OwnLinesOfWhichItTimesAllButTheFirstEight) {
    Lookahead ahead;
    for (int i = 0; i < 64; ++i) {
        EXPECT_FALSE(ahead.tired());
        EXPECT_EQ(ahead.own_line(), i == 8) << i;
    }
    EXPECT_TRUE(ahead.tired());
}

TEST(Lookahead, RestsTwiceAsLongAsTheRowTookAndThenLooksWhereARestThatPaysReaches) {
    Lookahead ahead;
    std::uint64_t now = take_own_lines(ahead, 8, 0);
    const std::uint64_t began = now;
    now = take_own_lines(ahead, 56, now);
    ASSERT_TRUE(ahead.tired());
    ahead.rest(now, 7, 1024);
    EXPECT_TRUE(ahead.resting());
    EXPECT_FALSE(ahead.tired());
    EXPECT_FALSE(ahead.rested(now + 2 * (now - began) - 1));
    EXPECT_TRUE(ahead.rested(now + 2 * (now - began)));
    // 56 messages in that time; three times as many in twice the time, 7 a line.
    EXPECT_EQ(ahead.distance(), 3u * 56 / 7 + 1);
}

TEST(Lookahead, NeverRestsLongerThan4000TicksNorLooksFartherThanHalfTheRing) {
    Lookahead ahead;
    (void)own_lines_until_tired(ahead);
    ahead.rest(1'000'000, 1, 128);
    EXPECT_FALSE(ahead.rested(1'003'999));
    EXPECT_TRUE(ahead.rested(1'004'000));
    EXPECT_EQ(ahead.distance(), 2u) << "next to nothing would have come in 4000 of those ticks";
    ahead.after_rest(false);
    (void)own_lines_until_tired(ahead);
    ahead.rest(10, 1, 128);
    EXPECT_EQ(ahead.distance(), 64u);
}

TEST(Lookahead, ARestThatPaidIsTakenAfterFourOneThatDidNotAfterTwiceAsMany) {
    Lookahead ahead;
    ahead.rest(0, 1, 1024);
    ahead.after_rest(true);
    EXPECT_FALSE(ahead.resting());
    EXPECT_TRUE(ahead.asks_far());
    EXPECT_EQ(own_lines_until_tired(ahead), 4);
    for (const int expected : {64, 128, 256, 512}) {
        ahead.rest(0, 1, 1024);
        ahead.after_rest(false);
        EXPECT_EQ(own_lines_until_tired(ahead), expected);
    }
    for (int i = 0; i < 20; ++i) {
        ahead.rest(0, 1, 1024);
        ahead.after_rest(false);
    }
    EXPECT_EQ(own_lines_until_tired(ahead), 1 << 18);
    ahead.rest(0, 1, 1024);
    ahead.after_rest(true);
    EXPECT_EQ(own_lines_until_tired(ahead), 4);
}

TEST(Lookahead, LooksAheadEachEighthTimeUntilThatWasOfUse) {
    Lookahead ahead;
    for (int i = 0; i < 24; ++i) {
        EXPECT_EQ(ahead.asks_far(), i % 8 == 7) << i;
        (void)ahead.own_line();
    }
    ahead.far_hit();
    EXPECT_TRUE(ahead.asks_far());
}

TEST(Lookahead, AFarHitLooksFartherAndAFarMissNearer) {
    Lookahead ahead;
    for (const std::uint64_t expected : {16u, 32u, 64u, 64u}) {
        ahead.far_hit();
        EXPECT_EQ(ahead.distance(), expected);
    }
    EXPECT_TRUE(ahead.far_behind());
    for (const std::uint64_t expected : {32u, 16u, 8u, 8u}) {
        ahead.far_miss();
        EXPECT_EQ(ahead.distance(), expected);
    }
}

TEST(Lookahead, AnEmptyPollAndAFarHitEndTheRow) {
    Lookahead ahead;
    (void)take_own_lines(ahead, 63, 0);
    ahead.far_hit();
    (void)take_own_lines(ahead, 63, 0);
    EXPECT_FALSE(ahead.tired());
    ahead.nothing();
    EXPECT_EQ(ahead.distance(), 8u);
    (void)take_own_lines(ahead, 63, 0);
    EXPECT_FALSE(ahead.tired());
}

TEST(Lookahead, EightEmptyPollsInARowMakeItCarefulAgain) {
    Lookahead ahead;
    ahead.rest(0, 1, 1024);
    ahead.after_rest(true);
    for (int i = 0; i < 7; ++i) {
        ahead.nothing();
    }
    (void)ahead.own_line();
    for (int i = 0; i < 7; ++i) {
        ahead.nothing();
    }
    EXPECT_TRUE(ahead.asks_far());
    ahead.nothing();
    EXPECT_FALSE(ahead.asks_far());
    EXPECT_EQ(own_lines_until_tired(ahead), 64);
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
    for (std::uint64_t p = 0; p < 7 * kPerSlot; ++p) {  // seven times its own line: then it asks
        ASSERT_TRUE(producer.try_push(message<T>(p)));
        if (p % kPerSlot == kPerSlot - 1) {
            for (std::uint64_t i = p + 1 - kPerSlot; i <= p; ++i) {
                ASSERT_TRUE(pops<T>(consumer, i));
            }
        }
    }
    const std::uint64_t first = 7 * kPerSlot;
    const std::uint64_t n = 8 * kPerSlot + 1;  // one message in the line 8 ahead
    ASSERT_EQ(producer.try_push_n(messages<T>(first, n)), n);
    ASSERT_TRUE(pops<T>(consumer, first));
    for (std::uint64_t slot = 7; slot < 15; ++slot) {  // it looks at none of these any more
        rig.stamp(slot).store(0, std::memory_order_relaxed);
    }
    for (std::uint64_t p = first + 1; p < first + n; ++p) {
        ASSERT_TRUE(pops<T>(consumer, p));
    }
    T out{};
    EXPECT_EQ(consumer.try_pop(out), Status::empty);
}

// A paced producer: one message each 100 ticks, whether anybody looks or not. Rests bring nothing
// there, so they get rare: of the last half of the messages next to none was put off.
TYPED_TEST(ThroughputConsumer, SoonLetsAPacedStreamAlone) {
    using T = typename TestFixture::Message;
    typename TestFixture::Rig rig{128 * TestFixture::Shape::kPerSlot};
    auto producer = rig.producer();
    auto consumer = rig.consumer(true);
    constexpr std::uint64_t kMessages = 20'000;
    std::uint64_t put_off = 0;
    std::uint64_t popped = 0;
    for (std::uint64_t p = 0; p < kMessages; ++p) {
        SlowClock::now += 100;
        ASSERT_TRUE(producer.try_push(message<T>(p)));
        T out{};
        while (popped <= p && consumer.try_pop(out)) {
            ASSERT_EQ(out, message<T>(popped));
            ++popped;
        }
        put_off += p > kMessages / 2 && popped <= p ? 1u : 0u;
    }
    EXPECT_LT(put_off, kMessages / 100);
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
