// SPDX-License-Identifier: MIT
//
// Whoever takes a line ring over goes on exactly where the last one stopped, wherever that was. A
// dead process is one whose port object is simply dropped.
#include "line_types.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <span>

namespace shunt::test {
namespace {

template <class Case>
class LineSuccessor : public testing::Test {
protected:
    using Message = typename Case::Message;
    using Rig = typename Case::Rig;
    using Shape = typename Rig::Shape;

    void SetUp() override { SHUNT_NEEDS_PAGES(Case::PagesKind); }
    static constexpr std::uint64_t kWanted = 2 * Shape::kPerSlot;
};
TYPED_TEST_SUITE(LineSuccessor, LineCases, LineCaseName);

TYPED_TEST(LineSuccessor, OfTheProducerAtEveryPoint) {
    using T = typename TestFixture::Message;
    for (const std::uint64_t start : start_positions(4 * TestFixture::kWanted)) {
        typename TestFixture::Rig rig{TestFixture::kWanted, start};
        auto consumer = rig.consumer();
        for (std::uint64_t p = start; p < start + 3 * rig.capacity(); ++p) {
            auto producer = rig.producer();
            ASSERT_EQ(producer.position(), p);
            ASSERT_FALSE(producer.broken());
            if (p == start) {
                ASSERT_EQ(producer.last_published(), nullptr);
            } else {
                ASSERT_NE(producer.last_published(), nullptr);
                ASSERT_EQ(*producer.last_published(), message<T>(p - 1)) << "though it was read";
            }
            ASSERT_TRUE(producer.try_push(message<T>(p)));
            ASSERT_EQ(*producer.last_published(), message<T>(p));
            ASSERT_TRUE(pops<T>(consumer, p));
        }
        EXPECT_TRUE(rig.guards_whole());
    }
}

TYPED_TEST(LineSuccessor, OfTheProducerInAFullRing) {
    using T = typename TestFixture::Message;
    typename TestFixture::Rig rig{TestFixture::kWanted, 3};
    auto consumer = rig.consumer();
    std::uint64_t pushed = 3;
    for (std::uint64_t p = 3; p < 3 + 2 * rig.capacity() + 1; ++p) {
        pushed += rig.producer().try_push_n(messages<T>(pushed, 2 * rig.capacity()));
        ASSERT_EQ(rig.producer().position(), pushed);
        ASSERT_EQ(rig.producer().try_push(message<T>(pushed)), Status::full);
        ASSERT_TRUE(pops<T>(consumer, p));
    }
}

TYPED_TEST(LineSuccessor, OfTheConsumerAtEveryPoint) {
    using T = typename TestFixture::Message;
    for (const std::uint64_t start : start_positions(4 * TestFixture::kWanted)) {
        typename TestFixture::Rig rig{TestFixture::kWanted, start};
        auto producer = rig.producer();
        std::uint64_t pushed = start;
        for (std::uint64_t p = start; p < start + 3 * rig.capacity(); ++p) {
            auto consumer = rig.consumer();
            ASSERT_EQ(rig.free_pos(), p) << "taking over tells the producer what is free";
            pushed += producer.try_push_n(messages<T>(pushed, rig.capacity()));
            ASSERT_EQ(pushed, p + rig.capacity());
            ASSERT_EQ(consumer.read_position(), p);
            ASSERT_TRUE(pops<T>(consumer, p));
            ASSERT_FALSE(consumer.redelivered()) << "it was popped by nobody before";
        }
        EXPECT_TRUE(rig.guards_whole());
    }
}

TYPED_TEST(LineSuccessor, FlagsWhatAPredecessorMayHaveSeenInPlace) {
    using T = typename TestFixture::Message;
    constexpr std::uint64_t kPerSlot = TestFixture::Shape::kPerSlot;
    typename TestFixture::Rig rig{4 * kPerSlot, 1};
    auto producer = rig.producer();
    std::uint64_t pushed = 1;
    for (std::uint64_t p = 1; p < 1 + 2 * rig.capacity();) {
        pushed += producer.try_push_n(messages<T>(pushed, rig.capacity()));
        std::uint64_t shown = 0;
        {
            auto victim = rig.consumer();
            shown = victim.try_peek_n(kPerSlot).size();
            ASSERT_EQ(rig.peek_pos(), p + shown);
        }
        auto successor = rig.consumer();
        const std::uint64_t end = std::min(pushed, p + shown + 2);
        for (const std::uint64_t first = p; p < end; ++p) {
            ASSERT_TRUE(pops<T>(successor, p));
            ASSERT_EQ(successor.redelivered(), p < first + shown) << p;
        }
    }
}

TYPED_TEST(LineSuccessor, FlagsByPeekToo) {
    using T = typename TestFixture::Message;
    typename TestFixture::Rig rig{TestFixture::kWanted};
    auto producer = rig.producer();
    ASSERT_TRUE(producer.try_push(message<T>(0)));
    ASSERT_NE(rig.consumer().try_peek(), nullptr);
    auto second = rig.consumer();
    ASSERT_NE(second.try_peek(), nullptr);
    EXPECT_TRUE(second.redelivered());
    second.release();
    ASSERT_TRUE(producer.try_push(message<T>(1)));
    auto third = rig.consumer();
    ASSERT_TRUE(pops<T>(third, 1));
    EXPECT_FALSE(third.redelivered()) << "released messages are not seen again, nor flagged";
}

// redelivered() says one thing of all messages that a call gave, so a call gives no mixture.
TYPED_TEST(LineSuccessor, ABatchIsRedeliveredAsAWholeOrNotAtAll) {
    using T = typename TestFixture::Message;
    constexpr std::uint64_t kPerSlot = TestFixture::Shape::kPerSlot;
    for (const char* how : {"pop", "peek", "drain"}) {
        typename TestFixture::Rig rig{4 * kPerSlot};
        ASSERT_EQ(rig.producer().try_push_n(messages<T>(0, rig.capacity())), rig.capacity());
        const std::uint64_t shown = rig.consumer().try_peek_n(kPerSlot).size();
        ASSERT_GT(shown, 0u);
        ASSERT_LT(shown, rig.capacity());
        auto successor = rig.consumer();
        std::vector<T> out(rig.capacity());
        std::uint64_t next = 0;
        const auto expect_flagged_first = [&](std::size_t n) {
            ASSERT_GT(n, 0u) << how;
            EXPECT_EQ(successor.redelivered(), next < shown) << how << " " << next;
            EXPECT_TRUE(next >= shown || next + n <= shown) << how << " " << next;
            next += n;
        };
        while (next < rig.capacity()) {
            if (*how == 'd') {
                successor.drain([&](const T&) { expect_flagged_first(1); }, rig.capacity());
            } else if (*how == 'p' && how[1] == 'o') {
                expect_flagged_first(successor.try_pop_n(out));
            } else {
                expect_flagged_first(successor.try_peek_n(rig.capacity()).size());
                successor.release();
            }
        }
    }
}

TYPED_TEST(LineSuccessor, NeverSeesWhatADeadProducerHadBegun) {
    using T = typename TestFixture::Message;
    typename TestFixture::Rig rig{TestFixture::kWanted, 2};
    auto consumer = rig.consumer();
    for (std::uint64_t p = 2; p < 2 + 3 * rig.capacity(); ++p) {
        {
            auto victim = rig.producer();
            T* const place = victim.try_claim();
            ASSERT_NE(place, nullptr);
            std::fill_n(bytes_of(*place), (sizeof(T) + 1) / 2, std::byte{0xEE});
        }
        ASSERT_FALSE(consumer.readable());
        T out{};
        ASSERT_EQ(consumer.try_pop(out), Status::empty);
        auto successor = rig.producer();
        ASSERT_EQ(successor.position(), p);
        ASSERT_TRUE(successor.try_push(message<T>(p)));
        ASSERT_TRUE(pops<T>(consumer, p));
    }
}

// A batch of several lines, cut after any number of stamps: what was stamped is there, no more.
TYPED_TEST(LineSuccessor, OfAProducerThatDiedInsideABatch) {
    using T = typename TestFixture::Message;
    constexpr std::uint64_t kPerSlot = TestFixture::Shape::kPerSlot;
    for (std::uint64_t survive = 0; survive <= 4; ++survive) {
        typename TestFixture::Rig rig{4 * kPerSlot};
        ASSERT_EQ(rig.producer().try_push_n(messages<T>(0, rig.capacity())), rig.capacity());
        for (std::uint64_t slot = survive; slot < 4; ++slot) {
            rig.stamp(slot).store(0, std::memory_order_relaxed);
        }
        auto consumer = rig.consumer();
        auto producer = rig.producer();
        ASSERT_EQ(producer.position(), survive * kPerSlot);
        for (std::uint64_t p = 0; p < survive * kPerSlot; ++p) {
            ASSERT_TRUE(pops<T>(consumer, p));
        }
        T out{};
        ASSERT_EQ(consumer.try_pop(out), Status::empty);
        ASSERT_TRUE(producer.try_push(message<T>(survive * kPerSlot)));
        ASSERT_TRUE(pops<T>(consumer, survive * kPerSlot));
    }
}

}  // namespace
}  // namespace shunt::test
