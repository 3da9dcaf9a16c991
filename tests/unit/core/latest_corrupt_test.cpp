// SPDX-License-Identifier: MIT
//
// Words of a latest value that no writer of ours writes: every reader refuses them, for good;
// nothing outside of the buffers is touched, and every call ends.
#include "latest_rig.hpp"

#include <gtest/gtest.h>

#include <random>
#include <vector>

namespace shunt::test {
namespace {

template <class Kind>
class LatestCorrupt : public testing::Test {
protected:
    using Rig = typename Kind::Rig;

    LatestCorrupt() {
        EXPECT_TRUE(stores<Kind>(writer, 6));
        EXPECT_TRUE(loads<Kind>(reader, 6));
    }
    void write_pos(std::uint64_t lie) {
        rig.words->write_pos.store(lie, std::memory_order_relaxed);
    }
    void stamp(std::uint64_t position, std::uint64_t lie) {
        rig.stamp(position).store(lie, std::memory_order_relaxed);
    }
    // Whatever stands there afterwards.
    void expect_broken() {
        bool right = false;
        std::vector<std::byte> seen;
        EXPECT_EQ(Kind::load(reader, right), Status::broken);
        EXPECT_TRUE(reader.broken());
        write_pos(6);
        stamp(5, 2 * 5 + 2);
        EXPECT_EQ(Kind::load(reader, right), Status::broken);
        EXPECT_EQ(Kind::peek(reader, seen), Status::broken);
        EXPECT_TRUE(reader.changed_since(UINT64_MAX)) << "so that nobody sleeps on it";
        EXPECT_EQ(reader.version(), 6u);
        EXPECT_TRUE(rig.guards_whole());
    }

    Rig rig = Kind::rig(4);
    typename Kind::Writer writer = rig.writer();
    typename Kind::Reader reader = rig.reader();
};
using Kinds = testing::Types<LatestTyped<Blob<24, 8>>, LatestOfBytes<40>>;
struct KindName {
    template <class Kind>
    static std::string GetName(int) {
        return Kind::kBytes == 24 ? "Typed" : "Bytes";
    }
};
TYPED_TEST_SUITE(LatestCorrupt, Kinds, KindName);

TYPED_TEST(LatestCorrupt, AVersionThatGoesBack) {
    this->write_pos(5);
    this->expect_broken();
}
TYPED_TEST(LatestCorrupt, AVersionThatIsGone) {
    this->write_pos(0);
    this->expect_broken();
}
TYPED_TEST(LatestCorrupt, AVersionBeyondTheLimit) {
    this->write_pos(kPositionLimit);
    EXPECT_TRUE(this->reader.changed_since(6));
    this->expect_broken();
    this->write_pos(UINT64_MAX);
    EXPECT_TRUE(this->rig.reader(1).broken());
}
TYPED_TEST(LatestCorrupt, AVersionOfAValueThatIsNotThere) {
    this->write_pos(7);
    this->expect_broken();
}
TYPED_TEST(LatestCorrupt, AStampOfAnotherBuffer) {
    this->stamp(5, 2 * 6 + 2);
    this->expect_broken();
}
TYPED_TEST(LatestCorrupt, AnEarlierStamp) {
    this->stamp(5, 2 * 5 + 1);
    this->expect_broken();
}
TYPED_TEST(LatestCorrupt, AStampBeyondTheLimit) {
    this->stamp(5, UINT64_MAX);
    this->expect_broken();
}
// B4: with a later stamp comes a write_pos as late.
TYPED_TEST(LatestCorrupt, AStampThatIsAheadOfWritePos) {
    this->stamp(5, 2 * 9 + 1);
    this->expect_broken();
}
TYPED_TEST(LatestCorrupt, AStampThatGoesBackUnderAPeek) {
    std::vector<std::byte> seen;
    ASSERT_TRUE(TypeParam::peek(this->reader, seen));
    this->stamp(5, 0);
    EXPECT_FALSE(this->reader.still_valid());
    EXPECT_EQ(this->reader.release(), Status::broken);
    this->expect_broken();
}

TEST(LatestCorruptBytes, LengthsAndFlagsThatNoWriterStores) {
    constexpr std::uint64_t kLongest = 40;
    for (const std::uint64_t lie :
         {kLongest + 1, std::uint64_t{UINT32_MAX}, std::uint64_t{1} << 32 | 8, UINT64_MAX}) {
        LatestBytesRig<> rig{4, kLongest};
        auto writer = rig.writer();
        auto reader = rig.reader();
        ASSERT_TRUE(writer.try_push(payload(0, 8)));
        rig.header(0).store(lie, std::memory_order_relaxed);
        std::vector<std::byte> out(4096);
        std::size_t size = 0;
        ring::BytesView view;
        EXPECT_EQ(reader.load(out, size), Status::broken) << lie;
        rig.header(0).store(8, std::memory_order_relaxed);
        EXPECT_EQ(reader.load(out, size), Status::broken);
        EXPECT_EQ(reader.try_peek(view), Status::broken);
        EXPECT_EQ(reader.version(), 0u);
    }
}

// Any bytes at all, other ones at each call.
template <class Kind>
void scribbled() {
    std::mt19937_64 random{1};
    auto rig = Kind::rig(4);
    for (int port = 0; port < 500; ++port) {
        auto reader = rig.reader();
        std::uint64_t version = 0;
        for (int i = 0; i < 60; ++i) {
            const std::uint64_t near = version + random() % 9;
            rig.words->write_pos.store(random() % 4 == 0 ? random() : near,
                                       std::memory_order_relaxed);
            for (const std::uint64_t p : {near - 1, random()}) {
                rig.stamp(p).store(random() % 4 == 0 ? random() : 2 * near + random() % 9,
                                   std::memory_order_relaxed);
                rig.header(p).store(random() % 2 == 0 ? random() : random() % 60,
                                    std::memory_order_relaxed);
            }
            const bool was_broken = reader.broken();
            bool right = false;
            std::vector<std::byte> seen;
            if (random() % 2 == 0) {
                (void)Kind::load(reader, right);
            } else if (Kind::peek(reader, seen)) {
                ASSERT_LE(seen.size(), Kind::kBytes);
                (void)reader.still_valid();
                (void)reader.release();
            }
            (void)reader.readable();
            ASSERT_GE(reader.version(), version);
            ASSERT_TRUE(!was_broken || (reader.broken() && reader.version() == version));
            version = reader.version();
        }
        ASSERT_TRUE(rig.guards_whole());
    }
}
TEST(LatestScribbled, AnyBytesAtAllLeadNowhereElse) {
    scribbled<LatestTyped<Blob<24, 8>>>();
    scribbled<LatestOfBytes<40>>();
}

}  // namespace
}  // namespace shunt::test
