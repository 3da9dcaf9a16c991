// SPDX-License-Identifier: MIT
//
// What an observer says of a ring that it only looks at.
#include "bytes_rig.hpp"
#include "line_types.hpp"

#include <shunt/core/ring/inspect.hpp>

#include <gtest/gtest.h>

namespace shunt::test {
namespace {

template <class Case>
class InspectLine : public testing::Test {
protected:
    using Message = typename Case::Message;
    using Rig = typename Case::Rig;
    void SetUp() override { SHUNT_NEEDS_PAGES(Case::PagesKind); }
    static ring::RingState look(const Rig& rig) {
        return ring::inspect_line(rig.slots.data(), rig.capacity(), sizeof(Message), *rig.words,
                                  rig.start_pos);
    }
};
TYPED_TEST_SUITE(InspectLine, FewLineCases, LineCaseName);

TYPED_TEST(InspectLine, SaysWhatThePortsSayAtEveryPoint) {
    using T = typename TestFixture::Message;
    for (const std::uint64_t start : start_positions(10'000)) {
        typename TestFixture::Rig rig{20, start};
        auto producer = rig.producer();
        auto consumer = rig.consumer();
        for (std::uint64_t i = 0; i < 4 * rig.capacity(); ++i) {
            if (i % 3 != 2) {
                (void)producer.try_push(message<T>(i));
            } else {
                T out{};
                (void)consumer.try_pop(out);
            }
            const ring::RingState state = TestFixture::look(rig);
            ASSERT_TRUE(state.plausible);
            ASSERT_EQ(state.write_pos, producer.position());
            ASSERT_EQ(state.read_pos, consumer.read_position());
            ASSERT_EQ(state.free_pos, consumer.freed() == 0 ? start : consumer.freed());
            ASSERT_EQ(state.unread(), producer.position() - consumer.read_position());
        }
    }
}

TYPED_TEST(InspectLine, SaysImplausibleOfWordsThatContradictEachOther) {
    typename TestFixture::Rig rig{20, 100};
    EXPECT_TRUE(TestFixture::look(rig).plausible);
    EXPECT_EQ(TestFixture::look(rig).unread(), 0u);
    rig.stamp(0).store(kPositionLimit + 1, std::memory_order_relaxed);
    EXPECT_FALSE(TestFixture::look(rig).plausible);
    rig.stamp(0).store(101 + rig.capacity(), std::memory_order_relaxed);
    EXPECT_FALSE(TestFixture::look(rig).plausible);
    rig.stamp(0).store(0, std::memory_order_relaxed);
    rig.words->read_pos.store(102, std::memory_order_relaxed);
    EXPECT_FALSE(TestFixture::look(rig).plausible) << "more read than written";
}

class InspectBytes : public testing::TestWithParam<Geometry> {
protected:
    using Rig = BytesRig<ArrayPages>;
    static ring::RingState look(const Rig& rig) {
        return ring::inspect_bytes(rig.slots.data(), rig.shape, *rig.mine, *rig.words,
                                   rig.start_pos);
    }
};
INSTANTIATE_TEST_SUITE_P(Geometries, InspectBytes, testing::ValuesIn(kGeometries),
                         testing::PrintToStringParamName());

TEST_P(InspectBytes, SaysWhatThePortsSayAtEveryPoint) {
    Rig rig{GetParam(), 448};
    auto producer = rig.producer();
    auto consumer = rig.consumer();
    for (std::uint64_t i = 0; i < 500; ++i) {
        if (i % 5 < 3) {
            (void)producer.try_push(payload(i, i % 120));
        } else {
            ring::BytesView view;
            (void)consumer.try_peek(view);
            consumer.release();
        }
        const ring::RingState state = look(rig);
        ASSERT_TRUE(state.plausible);
        ASSERT_EQ(state.write_pos, producer.position());
        ASSERT_EQ(state.read_pos, consumer.read_position());
        ASSERT_EQ(state.unread(), producer.position() - consumer.read_position());
    }
}

TEST_P(InspectBytes, SaysImplausibleOfImpossibleWordsAndStaysInside) {
    for (const std::uint64_t lie :
         {std::uint64_t{452}, kPositionLimit + 64, UINT64_MAX - 63, UINT64_MAX}) {
        Rig rig{GetParam(), 448};
        rig.mine->last_pos.store(lie, std::memory_order_relaxed);
        EXPECT_FALSE(look(rig).plausible) << lie;
    }
    Rig rig{GetParam(), 448};
    rig.word(448).store(ring::FrameHeader{UINT32_MAX, 0, 0}.word(), std::memory_order_relaxed);
    EXPECT_FALSE(look(rig).plausible);
    for (std::uint64_t pos = 0; pos < rig.capacity(); pos += 64) {
        rig.word(pos).store(ring::FrameHeader{64, 0, 0}.word(), std::memory_order_relaxed);
    }
    EXPECT_FALSE(look(rig).plausible) << "frames all around: no tail";
}

}  // namespace
}  // namespace shunt::test
