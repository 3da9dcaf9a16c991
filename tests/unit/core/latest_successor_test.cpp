// SPDX-License-Identifier: MIT
//
// A writer that dies before any of its accesses, and its successor: readers have the last whole
// value all the time, and versions never go back.
#include "latest_rig.hpp"
#include "log_death.hpp"
#include "stepping_policy.hpp"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>

namespace shunt::test {
namespace {

template <class Kind>
class LatestSuccessor : public testing::Test {
protected:
    using Act = void (*)(typename Kind::Writer&);

    // `before`: versions that there were for sure. One more where the store had come that far.
    static void account(typename Kind::Rig& rig, std::uint64_t before) {
        const std::uint64_t start = rig.start_pos;
        auto reader = rig.reader();
        bool right = false;
        const Status status = Kind::load(reader, right);
        const std::uint64_t seen = reader.version();
        if (before == start && seen == 0) {
            ASSERT_EQ(status, Status::empty);
        } else {
            ASSERT_TRUE(status && right);
            ASSERT_TRUE(seen == before || seen == before + 1);
        }
        auto successor = rig.writer();
        ASSERT_FALSE(successor.broken());
        const std::uint64_t now = successor.position();
        ASSERT_TRUE(now == before || now == before + 1);
        ASSERT_GE(now, seen);
        if (now != start) {
            ASSERT_TRUE(loads<Kind>(reader, now));
        }
        for (std::uint64_t v = now + 1; v < now + 7; ++v) {
            ASSERT_TRUE(Kind::store(successor));
            ASSERT_TRUE(loads<Kind>(reader, v));
        }
        ASSERT_FALSE(reader.broken());
        ASSERT_TRUE(rig.guards_whole());
    }

    static void die_anywhere(Act act, int at_least) {
        for (const std::uint64_t start : {std::uint64_t{0}, (std::uint64_t{1} << 32) - 3}) {
            for (const std::uint64_t buffers : {2u, 4u}) {
                for (const std::uint64_t before : {0u, 1u, 3u, 4u, 9u}) {
                    int points = 0;
                    for (int at = 0;; ++at) {
                        SCOPED_TRACE("behind " + std::to_string(before) + ", at " +
                                     std::to_string(at));
                        auto rig = Kind::rig(buffers, start);
                        auto writer = rig.writer();
                        ASSERT_TRUE(stores<Kind>(writer, start + before));
                        if (!dies(rig, at, [&] { act(writer); })) {
                            break;
                        }
                        ++points;
                        ASSERT_NO_FATAL_FAILURE(account(rig, start + before));
                    }
                    EXPECT_GE(points, at_least);
                }
            }
        }
    }
};
using Kinds =
    testing::Types<LatestTyped<Blob<24, 8>, SteppingPolicy>, LatestOfBytes<40, SteppingPolicy>>;
struct KindName {
    template <class Kind>
    static std::string GetName(int) {
        return Kind::kBytes == 24 ? "Typed" : "Bytes";
    }
};
TYPED_TEST_SUITE(LatestSuccessor, Kinds, KindName);

TYPED_TEST(LatestSuccessor, GoesOnWhereverItDied) {
    this->die_anywhere([](typename TypeParam::Writer& writer) { (void)TypeParam::store(writer); },
                       5);
}
TYPED_TEST(LatestSuccessor, GoesOnWhereverItDiedInAClaim) {
    this->die_anywhere(
        [](typename TypeParam::Writer& writer) {
            (void)TypeParam::claim(writer);
            TypeParam::publish(writer);
        },
        5);
}
TYPED_TEST(LatestSuccessor, WhatWasGivenUpIsNeverSeen) {
    this->die_anywhere(
        [](typename TypeParam::Writer& writer) {
            (void)TypeParam::claim(writer);
            writer.abandon();
        },
        3);
}

// It died between the two stores: nobody has seen that value, and then everybody does.
TYPED_TEST(LatestSuccessor, TellsOfTheValueThatItsPredecessorHadDone) {
    auto rig = TypeParam::rig(4);
    auto writer = rig.writer();
    auto reader = rig.reader();
    ASSERT_TRUE(stores<TypeParam>(writer, 3));
    rig.words->write_pos.store(2, std::memory_order_relaxed);
    ASSERT_TRUE(loads<TypeParam>(reader, 2));
    EXPECT_FALSE(reader.readable());
    auto successor = rig.writer();
    EXPECT_EQ(successor.position(), 3u);
    EXPECT_TRUE(reader.readable());
    EXPECT_TRUE(loads<TypeParam>(reader, 3));
}

}  // namespace
}  // namespace shunt::test
