// SPDX-License-Identifier: MIT
//
// The line ring on one thread: what is written where, what is full, what is empty, for every class
// of message size.
#include "line_types.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstring>
#include <span>
#include <vector>

namespace shunt::test {
namespace {

template <class Case>
class LineRing : public testing::Test {
protected:
    using Message = typename Case::Message;
    using Rig = typename Case::Rig;
    using Shape = typename Rig::Shape;

    void SetUp() override { SHUNT_NEEDS_PAGES(Case::PagesKind); }

    // Two lines of small messages, so that whole lines, parts and laps all occur.
    static constexpr std::uint64_t kWanted = 2 * Shape::kPerSlot;
    static std::vector<std::uint64_t> starts() { return start_positions(6 * kWanted); }
};
TYPED_TEST_SUITE(LineRing, LineCases, LineCaseName);

TYPED_TEST(LineRing, ZeroMemoryIsAnEmptyRing) {
    for (const std::uint64_t start : this->starts()) {
        typename TestFixture::Rig rig{TestFixture::kWanted, start};
        auto producer = rig.producer();
        auto consumer = rig.consumer();
        typename TestFixture::Message out{};
        EXPECT_EQ(consumer.try_pop(out), Status::empty);
        EXPECT_EQ(consumer.try_peek(), nullptr);
        EXPECT_FALSE(consumer.readable());
        EXPECT_TRUE(producer.writable());
        EXPECT_EQ(producer.position(), start);
        EXPECT_EQ(consumer.read_position(), start);
        EXPECT_EQ(producer.last_published(), nullptr);
        EXPECT_FALSE(producer.broken() || consumer.broken());
        for (std::uint64_t slot = 0; slot < rig.geometry.slots; ++slot) {
            EXPECT_EQ(rig.stamp(slot).load(std::memory_order_relaxed), 0u);
        }
    }
}

TYPED_TEST(LineRing, FullAndEmptyAreExact) {
    using T = typename TestFixture::Message;
    for (const std::uint64_t start : this->starts()) {
        typename TestFixture::Rig rig{TestFixture::kWanted, start};
        auto producer = rig.producer();
        auto consumer = rig.consumer();
        std::uint64_t next = start;
        for (int lap = 0; lap < 3; ++lap) {
            const std::uint64_t first = next;
            for (; next < first + rig.capacity(); ++next) {
                ASSERT_TRUE(producer.try_push(message<T>(next)));
            }
            const std::uint64_t before = rig.slots.hash();
            EXPECT_EQ(producer.try_push(message<T>(next)), Status::full);
            EXPECT_EQ(producer.try_claim(), nullptr);
            EXPECT_EQ(producer.try_push_n(messages<T>(next, 3)), 0u);
            EXPECT_FALSE(producer.writable());
            EXPECT_EQ(rig.slots.hash(), before) << "a push that found no room wrote something";
            for (std::uint64_t p = first; p < next; ++p) {
                ASSERT_TRUE(pops<T>(consumer, p));
                ASSERT_EQ(rig.read_pos(), p + 1);
            }
            T out{};
            EXPECT_EQ(consumer.try_pop(out), Status::empty);
            EXPECT_EQ(out, T{});
        }
        EXPECT_TRUE(rig.guards_whole());
    }
}

TYPED_TEST(LineRing, EveryMessageAndStampIsAtItsPlace) {
    using T = typename TestFixture::Message;
    for (const std::uint64_t start : this->starts()) {
        typename TestFixture::Rig rig{TestFixture::kWanted, start};
        auto producer = rig.producer();
        auto consumer = rig.consumer();
        for (std::uint64_t p = start; p < start + 3 * rig.capacity() + 1; ++p) {
            const T sent = message<T>(p);
            ASSERT_TRUE(producer.try_push(sent));
            ASSERT_EQ(rig.stamp(rig.slot_of(p)).load(std::memory_order_relaxed), p + 1);
            ASSERT_EQ(std::memcmp(rig.place(p), &sent, sizeof(T)), 0) << p;
            ASSERT_EQ(producer.position(), p + 1);
            ASSERT_TRUE(pops<T>(consumer, p));
        }
        EXPECT_TRUE(rig.guards_whole());
    }
}

TYPED_TEST(LineRing, NothingIsWrittenBeyondThePositionLimit) {
    using T = typename TestFixture::Message;
    const std::uint64_t start = kPositionLimit - 3;
    typename TestFixture::Rig rig{TestFixture::kWanted, start};
    auto producer = rig.producer();
    auto consumer = rig.consumer();
    for (std::uint64_t p = start; p < kPositionLimit; ++p) {
        ASSERT_TRUE(producer.try_push(message<T>(p)) ||
                    (pops<T>(consumer, p - rig.capacity()) && producer.try_push(message<T>(p))));
    }
    while (consumer.read_position() != kPositionLimit) {
        ASSERT_TRUE(pops<T>(consumer, consumer.read_position()));
    }
    const std::uint64_t before = rig.slots.hash();
    EXPECT_EQ(producer.try_push(message<T>(0)), Status::broken);
    EXPECT_EQ(producer.try_claim(), nullptr);
    EXPECT_EQ(producer.try_push_n(messages<T>(0, 5)), 0u);
    EXPECT_TRUE(producer.broken());
    EXPECT_EQ(rig.slots.hash(), before);
    T out{};
    EXPECT_EQ(consumer.try_pop(out), Status::empty);
    EXPECT_EQ(rig.producer().try_push(message<T>(0)), Status::broken) << "a successor";
}

TYPED_TEST(LineRing, BatchesStampEachLineOnceAndKeepOrder) {
    using T = typename TestFixture::Message;
    constexpr std::uint64_t kPerSlot = TestFixture::Shape::kPerSlot;
    for (const std::uint64_t start : this->starts()) {
        typename TestFixture::Rig rig{4 * kPerSlot, start};
        for (std::size_t size = 1; size <= 2 * kPerSlot + 1; size += kPerSlot > 8 ? 5 : 1) {
            auto producer = rig.producer();
            auto consumer = rig.consumer();
            const std::uint64_t first = producer.position();
            if (first + size > kPositionLimit) {
                break;
            }
            ASSERT_EQ(producer.try_push_n(messages<T>(first, size)), size);
            for (std::uint64_t p = first; p < first + size; ++p) {
                const std::uint64_t line_end = p - p % kPerSlot + kPerSlot;
                ASSERT_EQ(rig.stamp(rig.slot_of(p)).load(std::memory_order_relaxed),
                          std::min(line_end, first + size));
            }
            std::vector<T> out(size + 1);
            ASSERT_EQ(consumer.try_pop_n(out), size);
            for (std::uint64_t p = first; p < first + size; ++p) {
                ASSERT_EQ(out[p - first], message<T>(p));
            }
            ASSERT_EQ(rig.free_pos(), first + size) << "a batch ends with free_pos";
            ASSERT_EQ(rig.read_pos(), first + size);
        }
        EXPECT_TRUE(rig.guards_whole());
    }
}

TYPED_TEST(LineRing, ABatchTakesWhatThereIsRoomFor) {
    using T = typename TestFixture::Message;
    typename TestFixture::Rig rig{TestFixture::kWanted};
    auto producer = rig.producer();
    auto consumer = rig.consumer();
    const std::uint64_t n = rig.capacity();
    EXPECT_EQ(producer.try_push_n(messages<T>(0, n + 7)), n);
    EXPECT_EQ(producer.try_push_n(messages<T>(n, 1)), 0u);
    EXPECT_EQ(producer.try_push_n(std::span<const T>{}), 0u);
    std::vector<T> two(2);
    EXPECT_EQ(consumer.try_pop_n(two), std::min<std::uint64_t>(2, n));
    EXPECT_EQ(consumer.try_pop_n(std::span<T>{}), 0u);
    const std::uint64_t room = std::min<std::uint64_t>(2, n);
    EXPECT_EQ(producer.try_push_n(messages<T>(n, 9)), room);
    for (std::uint64_t p = room; p < n + room; ++p) {
        ASSERT_TRUE(pops<T>(consumer, p));
    }
}

TYPED_TEST(LineRing, AClaimIsInPlaceAndAbandoningItLeavesNothing) {
    using T = typename TestFixture::Message;
    typename TestFixture::Rig rig{TestFixture::kWanted, 3};
    auto producer = rig.producer();
    auto consumer = rig.consumer();
    for (std::uint64_t p = 3; p < 3 + 3 * rig.capacity(); ++p) {
        T* const place = producer.try_claim();
        ASSERT_NE(place, nullptr);
        ASSERT_EQ(bytes_of(*place), rig.place(p));
        ASSERT_EQ(producer.try_claim(), place) << "claiming again gives the same place";
        *place = message<T>(~p);
        producer.abandon();
        ASSERT_FALSE(consumer.readable());
        T* const again = producer.try_claim();
        ASSERT_EQ(again, place);
        *again = message<T>(p);
        ASSERT_FALSE(consumer.readable()) << "not published yet";
        producer.publish();
        ASSERT_TRUE(pops<T>(consumer, p));
    }
}

TYPED_TEST(LineRing, PeekShowsInPlaceUntilRelease) {
    using T = typename TestFixture::Message;
    typename TestFixture::Rig rig{TestFixture::kWanted, 4};
    auto producer = rig.producer();
    auto consumer = rig.consumer();
    for (std::uint64_t p = 4; p < 4 + 3 * rig.capacity(); ++p) {
        consumer.release();  // nothing is peeked at: does nothing
        ASSERT_TRUE(producer.try_push(message<T>(p)));
        const T* const seen = consumer.try_peek();
        ASSERT_NE(seen, nullptr);
        ASSERT_EQ(bytes_of(*seen), rig.place(p));
        ASSERT_EQ(*seen, message<T>(p));
        ASSERT_EQ(consumer.position(), p);
        ASSERT_EQ(rig.peek_pos(), p + 1);
        ASSERT_EQ(consumer.try_peek(), seen) << "it stays";
        ASSERT_EQ(consumer.read_position(), p);
        consumer.release();
        ASSERT_EQ(rig.read_pos(), p + 1);
        ASSERT_EQ(consumer.position(), p);
        ASSERT_EQ(consumer.try_peek(), nullptr);
    }
}

TYPED_TEST(LineRing, APopTakesTheFirstMessageOfAPeek) {
    using T = typename TestFixture::Message;
    typename TestFixture::Rig rig{8 * TestFixture::kWanted};
    auto producer = rig.producer();
    auto consumer = rig.consumer();
    ASSERT_EQ(producer.try_push_n(messages<T>(0, 9)), 9u);
    const std::size_t shown = consumer.try_peek_n(3).size();
    ASSERT_GE(shown, 1u);
    ASSERT_TRUE(pops<T>(consumer, 0));
    consumer.release();
    const std::uint64_t next = consumer.read_position();
    EXPECT_TRUE(next == 1 || next == shown) << "what was peeked at and not popped, or nothing";
    ASSERT_TRUE(pops<T>(consumer, next));
}

TYPED_TEST(LineRing, PeekNGivesMessagesOfOneLine) {
    using T = typename TestFixture::Message;
    constexpr std::uint64_t kPerSlot = TestFixture::Shape::kPerSlot;
    for (std::uint64_t max = 1; max <= kPerSlot + 1; max += kPerSlot > 8 ? 7 : 1) {
        typename TestFixture::Rig rig{TestFixture::kWanted, 2};
        auto producer = rig.producer();
        auto consumer = rig.consumer();
        ASSERT_EQ(producer.try_push_n(messages<T>(2, rig.capacity())), rig.capacity());
        EXPECT_TRUE(consumer.try_peek_n(0).empty());
        for (std::uint64_t p = 2; p < 2 + rig.capacity();) {
            const std::span<const T> shown = consumer.try_peek_n(max);
            const std::size_t n = shown.size();
            ASSERT_GE(n, 1u);
            ASSERT_LE(n, std::min({max, kPerSlot - p % kPerSlot, 2 + rig.capacity() - p}));
            ASSERT_EQ(bytes_of(shown[0]), rig.place(p));
            ASSERT_EQ(rig.peek_pos(), p + n);
            for (const T& each : shown) {
                ASSERT_EQ(each, message<T>(p++));
            }
            ASSERT_EQ(rig.read_pos(), p - n == 2 ? 0 : p - n);
            consumer.release();
            ASSERT_EQ(rig.read_pos(), p);
        }
        EXPECT_TRUE(consumer.try_peek_n(max).empty());
    }
}

TYPED_TEST(LineRing, DrainVisitsInOrderUpToMax) {
    using T = typename TestFixture::Message;
    typename TestFixture::Rig rig{TestFixture::kWanted, 2};
    auto producer = rig.producer();
    auto consumer = rig.consumer();
    std::uint64_t pushed = 2;
    std::uint64_t seen = 2;
    for (std::size_t max = 0; max < 2 * rig.capacity(); ++max) {
        pushed += producer.try_push_n(messages<T>(pushed, rig.capacity()));
        const std::uint64_t there = pushed - seen;
        const std::size_t drained = consumer.drain(
            [&](const T& each) {
                ASSERT_EQ(each, message<T>(seen));
                ++seen;
            },
            max);
        ASSERT_EQ(drained, std::min<std::uint64_t>(max, there));
        ASSERT_EQ(rig.read_pos(), seen == 2 ? 0 : seen);
        ASSERT_EQ(rig.free_pos(), seen) << "a drain ends with free_pos";
        if (max > rig.capacity() + 1) {
            break;
        }
    }
    EXPECT_TRUE(rig.guards_whole());
}

// However full it is: all of the ring's bytes and words are as before.
TYPED_TEST(LineRing, WarmingChangesNothing) {
    using T = typename TestFixture::Message;
    for (const std::uint64_t start : this->starts()) {
        typename TestFixture::Rig rig{TestFixture::kWanted, start};
        auto producer = rig.producer();
        auto consumer = rig.consumer();
        std::uint64_t read = start;
        for (std::uint64_t next = start; next < start + 3 * rig.capacity(); ++next) {
            const std::vector<std::byte> before(rig.slots.data(),
                                                rig.slots.data() + rig.geometry.bytes);
            const std::uint64_t read_pos = rig.read_pos();
            producer.warm();
            consumer.warm();
            ASSERT_TRUE(std::equal(before.begin(), before.end(), rig.slots.data())) << next;
            ASSERT_EQ(rig.read_pos(), read_pos);
            ASSERT_EQ(producer.position(), next);
            if (next - read == rig.capacity()) {
                ASSERT_TRUE(pops<T>(consumer, read++));
                consumer.store_free();
            }
            ASSERT_TRUE(producer.try_push(message<T>(next)));
        }
        EXPECT_TRUE(rig.guards_whole());
        EXPECT_FALSE(producer.broken() || consumer.broken());
    }
}

TYPED_TEST(LineRing, FreePosIsStoredEveryEighthAndAtAnEmptyPoll) {
    using T = typename TestFixture::Message;
    constexpr std::uint64_t kPerSlot = TestFixture::Shape::kPerSlot;
    typename TestFixture::Rig rig{16 * kPerSlot};
    auto producer = rig.producer();
    auto consumer = rig.consumer();
    const std::uint64_t n = rig.capacity();
    const std::uint64_t step = std::max<std::uint64_t>(1, n / 8);
    ASSERT_EQ(producer.try_push_n(messages<T>(0, n)), n);
    std::uint64_t freed = 0;
    for (std::uint64_t p = 0; p + 1 < n; ++p) {
        ASSERT_TRUE(pops<T>(consumer, p));
        freed = p + 1 - freed >= step ? p + 1 : freed;
        ASSERT_EQ(rig.free_pos(), freed) << "after " << p + 1;
        ASSERT_EQ(consumer.freed(), freed);
        ASSERT_EQ(rig.read_pos(), p + 1) << "read_pos is exact";
    }
    ASSERT_TRUE(pops<T>(consumer, n - 1));
    T out{};
    ASSERT_EQ(consumer.try_pop(out), Status::empty);
    EXPECT_EQ(rig.free_pos(), n);
    ASSERT_TRUE(producer.try_push(message<T>(n)));
    ASSERT_TRUE(pops<T>(consumer, n));
    EXPECT_EQ(rig.free_pos(), step == 1 ? n + 1 : n);
    consumer.store_free();
    EXPECT_EQ(rig.free_pos(), n + 1);
}

}  // namespace
}  // namespace shunt::test
