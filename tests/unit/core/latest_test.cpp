// SPDX-License-Identifier: MIT
//
// The latest value on one thread: which value a reader gets, what its version says, what happens to
// one that the writer laps, and words that no writer of ours writes.
#include "latest_rig.hpp"
#include "log_death.hpp"
#include "stepping_policy.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <vector>

namespace shunt::test {
namespace {

template <class Kind>
class LatestValue : public testing::Test {};
using Kinds =
    testing::Types<LatestTyped<Blob<1, 1>>, LatestTyped<Blob<8, 8>>, LatestTyped<Blob<28, 4>>,
                   LatestTyped<Blob<56, 8>>, LatestTyped<Blob<64, 64>>, LatestTyped<Blob<1000, 8>>,
                   LatestOfBytes<1>, LatestOfBytes<100>>;
struct KindName {
    template <class Kind>
    static std::string GetName(int) {
        const bool bytes = std::is_same_v<Kind, LatestOfBytes<Kind::kBytes>>;
        return (bytes ? "Bytes" : "Size") + std::to_string(Kind::kBytes);
    }
};
TYPED_TEST_SUITE(LatestValue, Kinds, KindName);

TYPED_TEST(LatestValue, OfZeroMemoryThereIsNone) {
    for (const std::uint64_t start : start_positions(100)) {
        auto rig = TypeParam::rig(4, start);
        EXPECT_EQ(rig.writer().position(), start);
        auto reader = rig.reader();
        bool right = false;
        std::vector<std::byte> seen;
        EXPECT_EQ(TypeParam::load(reader, right), Status::empty);
        EXPECT_EQ(TypeParam::peek(reader, seen), Status::empty);
        EXPECT_EQ(reader.version(), 0u);
        EXPECT_EQ(reader.newest(), 0u);
        EXPECT_FALSE(reader.changed_since(0) || reader.readable() || reader.broken());
    }
}

TYPED_TEST(LatestValue, EveryReaderGetsTheNewestAndItsVersion) {
    for (const std::uint64_t start : start_positions(100)) {
        for (const std::uint64_t buffers : {1u, 2u, 4u, 8u}) {
            auto rig = TypeParam::rig(buffers, start);
            ASSERT_EQ(rig.capacity(), std::max<std::uint64_t>(2, buffers));
            auto writer = rig.writer();
            auto often = rig.reader(0);
            auto seldom = rig.reader(1);
            for (std::uint64_t v = start + 1; v < start + 40; ++v) {
                ASSERT_FALSE(often.changed_since(v - 1));
                if (v % 3 == 0) {
                    ASSERT_TRUE(TypeParam::claim(writer));
                    ASSERT_FALSE(often.changed_since(v - 1)) << "not before it is published";
                    TypeParam::publish(writer);
                } else {
                    ASSERT_TRUE(TypeParam::store(writer));
                }
                ASSERT_EQ(rig.write_pos(), v);
                ASSERT_TRUE(often.readable() && often.changed_since(v - 1));
                ASSERT_FALSE(often.changed_since(v) || often.changed_since(UINT64_MAX));
                ASSERT_EQ(often.newest(), v);
                ASSERT_TRUE(loads<TypeParam>(often, v));
                ASSERT_TRUE(loads<TypeParam>(often, v)) << "again, as it stays";
                ASSERT_FALSE(often.readable());
                ASSERT_EQ(rig.read_pos(0), v);
                if (v % 7 == 0) {
                    ASSERT_TRUE(seldom.readable());
                    ASSERT_TRUE(loads<TypeParam>(seldom, v));
                }
            }
            EXPECT_TRUE(rig.guards_whole());
        }
    }
}

// Whatever has become of a claim, the newest value stands where it stood.
TYPED_TEST(LatestValue, AClaimHurtsNoValueThatCanBeRead) {
    for (const std::uint64_t buffers : {2u, 4u}) {
        auto rig = TypeParam::rig(buffers);
        auto writer = rig.writer();
        auto reader = rig.reader();
        ASSERT_TRUE(TypeParam::claim(writer));
        bool right = false;
        EXPECT_EQ(TypeParam::load(reader, right), Status::empty);
        writer.abandon();
        EXPECT_EQ(TypeParam::load(reader, right), Status::empty);
        for (std::uint64_t v = 1; v < 12; ++v) {
            ASSERT_TRUE(TypeParam::store(writer));
            ASSERT_TRUE(TypeParam::claim(writer));
            ASSERT_TRUE(loads<TypeParam>(reader, v));
            if (v % 2 == 0) {
                writer.abandon();
                ASSERT_TRUE(loads<TypeParam>(reader, v));
            }
        }
    }
}

TYPED_TEST(LatestValue, InPlaceItIsValidUntilTheWriterComesAround) {
    for (const std::uint64_t buffers : {2u, 4u}) {
        for (std::uint64_t more = 0; more <= buffers; ++more) {
            auto rig = TypeParam::rig(buffers, 5);
            auto writer = rig.writer();
            auto reader = rig.reader();
            ASSERT_TRUE(stores<TypeParam>(writer, 9));
            std::vector<std::byte> seen;
            ASSERT_TRUE(TypeParam::peek(reader, seen));
            EXPECT_TRUE(TypeParam::is(seen, 9));
            EXPECT_TRUE(reader.still_valid());
            EXPECT_EQ(reader.version(), 0u) << "delivered once it is released";
            ASSERT_TRUE(stores<TypeParam>(writer, 9 + more));
            EXPECT_EQ(reader.still_valid(), more < buffers);
            EXPECT_EQ(reader.release(), more < buffers ? Status::ok : Status::lapped);
            EXPECT_EQ(reader.version(), more < buffers ? 9u : 0u);
            EXPECT_FALSE(reader.broken());
            ASSERT_TRUE(loads<TypeParam>(reader, 9 + more));
        }
    }
}

TYPED_TEST(LatestValue, ALoadBesideAPeekTakesNothingFromIt) {
    auto rig = TypeParam::rig(4);
    auto writer = rig.writer();
    auto reader = rig.reader();
    ASSERT_TRUE(stores<TypeParam>(writer, 1));
    std::vector<std::byte> seen;
    ASSERT_TRUE(TypeParam::peek(reader, seen));
    ASSERT_TRUE(stores<TypeParam>(writer, 3));
    ASSERT_TRUE(loads<TypeParam>(reader, 3));
    EXPECT_TRUE(reader.still_valid());
    EXPECT_EQ(reader.release(), Status::ok);
    EXPECT_EQ(reader.version(), 3u) << "versions never go back";
}

TYPED_TEST(LatestValue, VersionsEndAtTheLimit) {
    const std::uint64_t start = kPositionLimit - 4;
    auto rig = TypeParam::rig(4, start);
    auto writer = rig.writer();
    auto reader = rig.reader();
    for (std::uint64_t v = start + 1; v < kPositionLimit; ++v) {
        ASSERT_TRUE(TypeParam::store(writer));
        ASSERT_TRUE(loads<TypeParam>(reader, v));
    }
    EXPECT_EQ(TypeParam::store(writer), Status::broken);
    EXPECT_FALSE(TypeParam::claim(writer));
    EXPECT_TRUE(loads<TypeParam>(reader, kPositionLimit - 1)) << "and the last value stays";
    EXPECT_FALSE(reader.broken());
    EXPECT_FALSE(rig.writer().broken());
}

TEST(LatestBytes, WhatDoesNotFitSaysWhatItTakes) {
    using Kind = LatestOfBytes<100>;
    auto rig = Kind::rig(4);
    auto writer = rig.writer();
    auto reader = rig.reader();
    EXPECT_EQ(writer.try_push(std::vector<std::byte>(101)), Status::too_big);
    std::span<std::byte> place;
    EXPECT_EQ(writer.try_claim(101, place), Status::too_big);
    ASSERT_TRUE(writer.try_push(payload(1, 100), 7));
    std::vector<std::byte> out(99);
    std::size_t size = 0;
    EXPECT_EQ(reader.load(out, size), Status::too_small);
    EXPECT_EQ(size, 100u);
    EXPECT_EQ(reader.version(), 0u);
    out.resize(size);
    ASSERT_TRUE(reader.load(out, size));
    EXPECT_TRUE(same(out, payload(1, 100)));
    EXPECT_EQ(reader.type(), 7u);
    ASSERT_TRUE(writer.try_push({}));
    ASSERT_TRUE(reader.load({}, size)) << "a value may be empty";
    EXPECT_EQ(size, 0u);
    EXPECT_EQ(reader.version(), 2u);
    EXPECT_EQ(reader.max_message(), 100u);
}

// The writer stores `more` values before access number `at` of a load.
template <class Kind>
class LatestLapped : public testing::Test {};
using Stepped =
    testing::Types<LatestTyped<Blob<24, 8>, SteppingPolicy>, LatestOfBytes<40, SteppingPolicy>>;
struct SteppedName {
    template <class Kind>
    static std::string GetName(int) {
        return Kind::kBytes == 24 ? "Typed" : "Bytes";
    }
};
TYPED_TEST_SUITE(LatestLapped, Stepped, SteppedName);

TYPED_TEST(LatestLapped, BeginsAnewAndGetsTheNewestWhole) {
    for (const std::uint64_t buffers : {2u, 4u}) {
        for (std::uint64_t more = 0; more <= buffers + 1; ++more) {
            bool over = false;
            for (int at = 0; !over; ++at) {
                auto rig = TypeParam::rig(buffers);
                auto writer = rig.writer();
                auto reader = rig.reader();
                ASSERT_TRUE(stores<TypeParam>(writer, 9));
                over = true;
                SteppingPolicy::other_side = [&] {
                    over = false;
                    ASSERT_TRUE(stores<TypeParam>(writer, 9 + more));
                };
                SteppingPolicy::at = at;
                bool right = false;
                const Status status = TypeParam::load(reader, right);
                SteppingPolicy::at = -1;
                ASSERT_TRUE(status && right) << at;
                ASSERT_TRUE(reader.version() == 9 ||
                            (reader.version() == 9 + more && !over && (more >= buffers || at == 0)))
                    << "begun anew only where the writer came around";
            }
        }
    }
}

// A reader whose every copy is undone.
struct Pursued : SteppingPolicy {
    inline static std::function<void()> between;
    static void copy_out_ordered(std::byte* to, const std::byte* from, std::size_t n) {
        between();
        DefaultPolicy::copy_out_ordered(to, from, n);
    }
    template <std::size_t N>
    static void copy_out_ordered(std::byte* to, const std::byte* from) {
        copy_out_ordered(to, from, N);
    }
};

template <class Kind>
void is_told(int undone) {
    auto rig = Kind::rig(4);
    auto writer = rig.writer();
    auto reader = rig.reader();
    ASSERT_TRUE(stores<Kind>(writer, 9));
    int copies = 0;
    Pursued::between = [&] {
        if (++copies <= undone) {
            ASSERT_TRUE(stores<Kind>(writer, writer.position() + 4));
        }
    };
    bool right = false;
    const Status status = Kind::load(reader, right);
    const int most = Kind::Reader::kMostTries;
    EXPECT_EQ(status, undone < most ? Status::ok : Status::lapped);
    EXPECT_EQ(copies, std::min(undone + 1, most));
    EXPECT_EQ(right, undone < most);
    Pursued::between = [] {};
    EXPECT_FALSE(reader.broken());
    EXPECT_TRUE(loads<Kind>(reader, writer.position())) << "later it goes on";
    EXPECT_TRUE(rig.guards_whole());
}

TEST(LatestPursued, IsToldSoAfterAsManyCopiesAndNeverSpins) {
    for (const int undone : {0, 1, 7, 8, 9}) {
        is_told<LatestTyped<Blob<24, 8>, Pursued>>(undone);
        is_told<LatestOfBytes<40, Pursued>>(undone);
    }
}

// Each access in its order. What weaker ones would allow no test on x86 shows.
TEST(LatestOrders, OfEachAccessAreThoseOfItsEdge) {
    using Value = Blob<24, 8>;
    LatestRig<Value, Written> rig{4};
    auto writer = rig.writer();
    auto reader = rig.reader();
    EXPECT_EQ(Written::taken(), "load relaxed, load relaxed, look acquire, store relaxed");

    ASSERT_TRUE(writer.try_push(message<Value>(0)));
    EXPECT_EQ(Written::taken(), "store release, in, store release, store release");
    ASSERT_TRUE(writer.try_push<std::memory_order_seq_cst>(message<Value>(1)));
    EXPECT_EQ(Written::taken(), "store release, in, store release, store seq_cst")
        << "the word that a sleeper looks at";
    *writer.try_claim() = message<Value>(2);
    EXPECT_EQ(Written::taken(), "store release, fence release");
    writer.publish<std::memory_order_seq_cst>();
    EXPECT_EQ(Written::taken(), "store release, store seq_cst");

    EXPECT_TRUE(reader.readable());
    EXPECT_EQ(Written::taken(), "look seq_cst");
    Value out{};
    ASSERT_TRUE(reader.load(out));
    EXPECT_EQ(Written::taken(), "look acquire, look acquire, out, look acquire, store relaxed");
    const Value* shown = nullptr;
    ASSERT_TRUE(reader.try_peek(shown));
    EXPECT_EQ(Written::taken(), "look acquire, look acquire");
    EXPECT_TRUE(reader.still_valid());
    EXPECT_EQ(Written::taken(), "fence acquire, look acquire");
    ASSERT_TRUE(reader.release());
    EXPECT_EQ(Written::taken(), "fence acquire, look acquire, store relaxed");
}

}  // namespace
}  // namespace shunt::test
