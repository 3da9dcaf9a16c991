// SPDX-License-Identifier: MIT
//
// Whoever takes a bytes ring over goes on exactly where the last one stopped; and words that cannot
// be are `broken`, for good.
#include "bytes_rig.hpp"

#include <gtest/gtest.h>

#include <vector>

namespace shunt::test {
namespace {

using Rig = BytesRig<ArrayPages>;

class BytesSuccessor : public testing::TestWithParam<Geometry> {};
INSTANTIATE_TEST_SUITE_P(Geometries, BytesSuccessor, testing::ValuesIn(kGeometries),
                         testing::PrintToStringParamName());

TEST_P(BytesSuccessor, OfEitherSideAtEveryPoint) {
    for (const std::uint64_t start :
         {std::uint64_t{0}, std::uint64_t{320}, (std::uint64_t{1} << 32) - 128}) {
        Rig rig{GetParam(), start};
        std::uint64_t end = start;
        std::vector<std::byte> last;
        for (std::uint64_t i = 0; i < 300; ++i) {
            auto producer = rig.producer();
            ASSERT_FALSE(producer.broken());
            ASSERT_EQ(producer.position(), end);
            ring::BytesView view;
            ASSERT_EQ(producer.last_published(view), i != 0);
            ASSERT_TRUE(i == 0 || same(view.payload, last)) << "though it was read";
            last = payload(i, i * 11 % (rig.shape.max_message() + 1));
            ASSERT_TRUE(producer.try_push(last, static_cast<std::uint32_t>(i)));
            end = producer.position();
            ASSERT_TRUE(producer.last_published(view));
            ASSERT_TRUE(same(view.payload, last));
            ASSERT_EQ(view.type, i);

            auto consumer = rig.consumer();
            ASSERT_TRUE(pops(consumer, last));
            ASSERT_FALSE(consumer.redelivered());
            ASSERT_EQ(rig.consumer().read_position(), end);
            ASSERT_EQ(rig.free_pos(), end) << "taking over tells the producer what is free";
        }
        EXPECT_TRUE(rig.guards_whole());
    }
}

TEST_P(BytesSuccessor, OfAProducerInARingOfAnyFill) {
    Rig rig{GetParam()};
    auto consumer = rig.consumer();
    std::uint64_t sent = 0;
    std::uint64_t seen = 0;
    const auto length = [](std::uint64_t i) { return i * 17 % 121; };
    for (int round = 0; round < 60; ++round) {
        std::uint64_t end = 0;
        while (true) {
            auto producer = rig.producer();
            ASSERT_TRUE(end == 0 || producer.position() == end);
            if (!producer.try_push(payload(sent, length(sent)))) {
                break;
            }
            end = producer.position();
            ++sent;
        }
        for (int n = 0; n <= round % 5 && seen != sent; ++n, ++seen) {
            ASSERT_TRUE(pops(consumer, payload(seen, length(seen))));
        }
        consumer.store_free();
    }
}

// It dies between the store that publishes and the one that notes it: last_pos lags by one message.
TEST_P(BytesSuccessor, OfAProducerThatDiedBeforeItNotedItsLastMessage) {
    Rig rig{GetParam()};
    auto consumer = rig.consumer();
    for (std::uint64_t i = 0; i < 300; ++i) {
        const std::uint64_t noted = rig.last_pos();
        const std::vector<std::byte> sent = payload(i, i * 19 % (rig.shape.max_message() + 1));
        std::uint64_t end = 0;
        {
            auto victim = rig.producer();
            ASSERT_TRUE(victim.try_push(sent));
            end = victim.position();
        }
        const std::uint64_t right = rig.last_pos();
        rig.mine->last_pos.store(noted, std::memory_order_relaxed);
        ASSERT_TRUE(pops(consumer, sent));
        auto successor = rig.producer();
        ASSERT_EQ(successor.position(), end);
        ring::BytesView view;
        ASSERT_TRUE(successor.last_published(view));
        ASSERT_TRUE(same(view.payload, sent)) << "the walk finds the newest, also behind padding";
        rig.mine->last_pos.store(right, std::memory_order_relaxed);
    }
}

// It dies with a claim filled, with the frame behind padding complete, or with the successor's
// header cleared: nothing of that is ever seen.
TEST_P(BytesSuccessor, NeverSeesWhatADeadProducerHadBegun) {
    Rig rig{GetParam()};
    auto consumer = rig.consumer();
    for (std::uint64_t i = 0; i < 300; ++i) {
        const std::uint64_t length = i * 23 % (rig.shape.max_message() + 1);
        std::uint64_t pos = 0;
        {
            auto victim = rig.producer();
            pos = victim.position();
            std::span<std::byte> place;
            ASSERT_TRUE(victim.try_claim(length, place));
            std::fill(place.begin(), place.end(), std::byte{0xFF});
            const std::uint64_t pad = rig.padding(pos, length);
            if (pad != 0) {
                rig.word(pos + pad).store(
                    ring::FrameHeader{
                        static_cast<std::uint32_t>(rig.shape.payload_offset() + length), 0, 0}
                        .word(),
                    std::memory_order_relaxed);
            }
        }
        ASSERT_FALSE(consumer.readable());
        auto successor = rig.producer();
        ASSERT_EQ(successor.position(), pos);
        ASSERT_FALSE(successor.broken());
        const std::vector<std::byte> sent =
            payload(i, (i * 29 + 5) % (rig.shape.max_message() + 1));
        ASSERT_TRUE(successor.try_push(sent));
        ASSERT_TRUE(pops(consumer, sent));
        ASSERT_FALSE(consumer.readable());
    }
}

TEST_P(BytesSuccessor, FlagsWhatAPredecessorMayHaveSeenInPlace) {
    Rig rig{GetParam()};
    auto producer = rig.producer();
    for (std::uint64_t i = 0; i < 200; ++i) {
        const std::vector<std::byte> first = payload(i, i % 90);
        const std::vector<std::byte> second = payload(i, 7);
        ASSERT_TRUE(producer.try_push(first) && producer.try_push(second));
        ring::BytesView view;
        ASSERT_TRUE(rig.consumer().try_peek(view));
        auto successor = rig.consumer();
        ASSERT_TRUE(pops(successor, first));
        ASSERT_TRUE(successor.redelivered());
        ASSERT_TRUE(pops(successor, second));
        ASSERT_FALSE(successor.redelivered());
    }
}

TEST_P(BytesSuccessor, FindsTheNewestMessageThoughAllWasReadAndMoreWasClaimed) {
    Rig rig{GetParam()};
    auto consumer = rig.consumer();
    for (std::uint64_t i = 0; i < 300; ++i) {
        const std::vector<std::byte> sent = payload(i, i * 31 % (rig.shape.max_message() + 1));
        auto victim = rig.producer();
        ASSERT_TRUE(victim.try_push(sent));
        ASSERT_TRUE(pops(consumer, sent));
        consumer.store_free();
        std::span<std::byte> place;
        ASSERT_TRUE(victim.try_claim(rig.shape.max_message(), place));
        std::fill(place.begin(), place.end(), std::byte{0xEE});
        ring::BytesView view;
        ASSERT_TRUE(rig.producer().last_published(view));
        ASSERT_TRUE(same(view.payload, sent)) << "B5: no claim reaches it";
    }
}

class BytesCorrupt : public testing::TestWithParam<Geometry> {
protected:
    static void expect_broken(Rig::Consumer& consumer) {
        std::byte out[64];
        std::size_t size = 0;
        ring::BytesView view;
        EXPECT_EQ(consumer.try_pop(out, size), Status::broken);
        EXPECT_EQ(consumer.try_peek(view), Status::broken);
        EXPECT_EQ(consumer.drain([](const ring::BytesView&) { FAIL(); }, 3), 0u);
        EXPECT_FALSE(consumer.readable());
        EXPECT_TRUE(consumer.broken());
    }
    static void expect_broken(Rig::Producer& producer) {
        std::span<std::byte> place;
        EXPECT_EQ(producer.try_push(payload(0, 9)), Status::broken);
        EXPECT_EQ(producer.try_push({}), Status::broken);
        EXPECT_EQ(producer.try_claim(1, place), Status::broken);
        EXPECT_FALSE(producer.writable(0));
        EXPECT_TRUE(producer.broken());
    }
};
INSTANTIATE_TEST_SUITE_P(Geometries, BytesCorrupt, testing::ValuesIn(kGeometries),
                         testing::PrintToStringParamName());

TEST_P(BytesCorrupt, ImpossibleHeadersBreakTheConsumerForGood) {
    Rig probe{GetParam()};
    const auto offset = static_cast<std::uint32_t>(probe.shape.payload_offset());
    const auto most = static_cast<std::uint32_t>(offset + probe.shape.max_message());
    const auto n = static_cast<std::uint32_t>(probe.capacity());
    const ring::FrameHeader lies[] = {{1, 0, 0},          {offset - 1, 0, 0}, {most + 1, 0, 0},
                                      {UINT32_MAX, 0, 0}, {0, 0, 1},          {offset, 2, 0},
                                      {offset, 0x80, 0},  {n - 64, 1, 0},     {n + 64, 1, 0},
                                      {0, 1, 0},          {UINT32_MAX, 1, 0}, {64, 3, 0}};
    for (const ring::FrameHeader& lie : lies) {
        Rig rig{GetParam()};
        auto consumer = rig.consumer();
        ASSERT_FALSE(rig.shape.plausible(lie, 0));
        rig.word(0).store(lie.word(), std::memory_order_relaxed);
        expect_broken(consumer);
        rig.word(0).store(0, std::memory_order_relaxed);
        expect_broken(consumer);
        EXPECT_EQ(rig.read_pos(), 0u);
        EXPECT_TRUE(rig.guards_whole());
    }
}

TEST_P(BytesCorrupt, AFrameAcrossTheEndAndPaddingBehindPaddingAreRefused) {
    Rig rig{GetParam()};
    auto producer = rig.producer();
    auto consumer = rig.consumer();
    const std::uint64_t n = rig.capacity();
    ASSERT_NO_FATAL_FAILURE(rig.advance(producer, consumer, n - 64));
    const std::uint64_t pos = producer.position();
    EXPECT_FALSE(rig.shape.plausible({65 + 8, 0, 0}, pos)) << "it would run over the end";
    EXPECT_TRUE(rig.shape.plausible({64, 0, 0}, pos));
    EXPECT_TRUE(rig.shape.plausible({64, 1, 0}, pos));
    EXPECT_FALSE(rig.shape.plausible({56, 1, 0}, pos)) << "padding runs to the end, exactly";
    rig.word(0).store(ring::FrameHeader{static_cast<std::uint32_t>(n), 1, 0}.word(),
                      std::memory_order_relaxed);
    rig.word(pos).store(ring::FrameHeader{64, 1, 0}.word(), std::memory_order_relaxed);
    expect_broken(consumer);
    EXPECT_TRUE(rig.guards_whole());
}

TEST_P(BytesCorrupt, ImpossibleFreePosBreaksTheProducerForGood) {
    const std::uint64_t start = std::uint64_t{1} << 20;
    for (const std::uint64_t lie :
         {start + 65536, start - 65536, std::uint64_t{1}, UINT64_MAX, kPositionLimit + 64}) {
        Rig rig{GetParam(), start};
        auto producer = rig.producer();
        while (producer.try_push({})) {
        }
        const std::uint64_t before = rig.slots.hash();
        rig.words->free_pos.store(lie, std::memory_order_relaxed);
        expect_broken(producer);
        rig.words->free_pos.store(producer.position(), std::memory_order_relaxed);
        expect_broken(producer);
        EXPECT_EQ(rig.slots.hash(), before);
    }
}

TEST_P(BytesCorrupt, AFreePosThatGoesBackBreaksTheProducerForGood) {
    const std::uint64_t start = std::uint64_t{1} << 20;
    Rig rig{GetParam(), start};
    auto producer = rig.producer();
    while (producer.try_push({})) {
    }
    const std::uint64_t full = producer.position();
    rig.words->free_pos.store(full, std::memory_order_relaxed);
    ASSERT_TRUE(producer.try_push({}));
    rig.words->free_pos.store(full - rig.frame(0), std::memory_order_relaxed);
    while (producer.try_push({})) {
    }
    expect_broken(producer);
    rig.words->free_pos.store(full, std::memory_order_relaxed);
    expect_broken(producer);
    EXPECT_TRUE(rig.guards_whole());
}

TEST_P(BytesCorrupt, ASuccessorRefusesAnImpossibleLastPos) {
    const std::uint64_t start = 1024;
    for (const std::uint64_t lie : {start + 4, start + 1023, kPositionLimit + 1024, UINT64_MAX,
                                    UINT64_MAX - 63, UINT64_MAX - 127}) {
        Rig rig{GetParam(), start};
        ASSERT_TRUE(rig.producer().try_push(payload(0, 50)));
        rig.mine->last_pos.store(lie, std::memory_order_relaxed);
        const std::uint64_t before = rig.slots.hash();
        auto producer = rig.producer();
        ring::BytesView view;
        EXPECT_FALSE(producer.last_published(view));
        expect_broken(producer);
        EXPECT_EQ(rig.slots.hash(), before);
        EXPECT_TRUE(rig.guards_whole());
    }
}

TEST_P(BytesCorrupt, ASuccessorRefusesARingWithoutATail) {
    Rig rig{GetParam()};
    // Plausible frames all around: a walk without a bound would never end.
    for (std::uint64_t pos = 0; pos < rig.capacity(); pos += 64) {
        rig.word(pos).store(ring::FrameHeader{64, 0, 0}.word(), std::memory_order_relaxed);
    }
    auto producer = rig.producer();
    expect_broken(producer);
    rig.word(128).store(ring::FrameHeader{1, 0, 0}.word(), std::memory_order_relaxed);
    auto second = rig.producer();
    expect_broken(second);
}

TEST_P(BytesCorrupt, ASuccessorRefusesAnImpossibleReadPosAndLeavesFreePosAlone) {
    for (const std::uint64_t lie :
         {std::uint64_t{4}, std::uint64_t{1023}, kPositionLimit + 64, UINT64_MAX}) {
        Rig rig{GetParam()};
        ASSERT_TRUE(rig.producer().try_push(payload(0, 10)));
        rig.words->read_pos.store(lie, std::memory_order_relaxed);
        auto consumer = rig.consumer();
        expect_broken(consumer);
        EXPECT_EQ(rig.free_pos(), 0u) << "the producer is told nothing on the strength of it";
    }
}

TEST(BytesShape, RefusesWhatIsNoRing) {
    using ring::BytesShape;
    EXPECT_EQ(BytesShape::of(0, 64, 8).capacity(), 0u);
    EXPECT_EQ(BytesShape::of(0, 64, 8).bytes(), 0u);
    EXPECT_EQ(BytesShape::of(kMaxSlotsBytes + 1, 64, 8).capacity(), 0u);
    EXPECT_EQ(BytesShape::of(1 << 20, 32, 8).capacity(), 0u);
    EXPECT_EQ(BytesShape::of(1 << 20, 64, 4).capacity(), 0u);
    EXPECT_EQ(BytesShape::of(1 << 20, 64, 24).capacity(), 0u);
    EXPECT_EQ(BytesShape::of(1 << 20, 64, 128).capacity(), 0u);
    EXPECT_EQ(BytesShape::of(1 << 20, 8, 16).capacity(), 0u);
    EXPECT_EQ(BytesShape::of(1, 64, 8).capacity(), 1024u);
    EXPECT_EQ(BytesShape::of(1025, 64, 8).capacity(), 2048u);
    EXPECT_EQ(BytesShape::of(kMaxSlotsBytes, 64, 8).capacity(), kMaxSlotsBytes);
    EXPECT_EQ(BytesShape::of(kMaxSlotsBytes, 64, 8).max_message(), UINT32_MAX - 4096u);
    EXPECT_EQ(BytesShape::of(1024, 64, 8).bytes(), 1024 + kLinePairBytes);
}

TEST(FrameHeader, IsLengthFlagsTypeFromTheLowBitsUp) {
    const ring::FrameHeader header{0x11223344, 0x55, 0x667788};
    EXPECT_EQ(header.word(), 0x66778855'11223344u);
    const ring::FrameHeader back = ring::FrameHeader::of(header.word());
    EXPECT_EQ(back.length, header.length);
    EXPECT_EQ(back.flags, header.flags);
    EXPECT_EQ(back.type, header.type);
    EXPECT_FALSE(header.padding());
    EXPECT_TRUE((ring::FrameHeader{8, layout::kFramePadding, 0}).padding());
}

}  // namespace
}  // namespace shunt::test
