// SPDX-License-Identifier: MIT
//
// The bytes ring on one thread: frames, headers and room, at every offset and every size.
#include "bytes_rig.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <span>
#include <vector>

namespace shunt::test {
namespace {

template <class PagesKind>
class BytesRing : public testing::Test {
protected:
    using Rig = BytesRig<PagesKind>;
    void SetUp() override { SHUNT_NEEDS_PAGES(PagesKind); }
};
using PagesKinds = testing::Types<ArrayPages, HugePage>;
struct PagesName {
    template <class PagesKind>
    static std::string GetName(int) {
        return std::is_same_v<PagesKind, HugePage> ? "InHugePage" : "InArray";
    }
};
TYPED_TEST_SUITE(BytesRing, PagesKinds, PagesName);

TYPED_TEST(BytesRing, ZeroMemoryIsAnEmptyRing) {
    for (const Geometry& g : kGeometries) {
        for (const std::uint64_t start : {std::uint64_t{0}, std::uint64_t{640},
                                          (std::uint64_t{1} << 32) - 64, kPositionLimit - 4096}) {
            typename TestFixture::Rig rig{g, start};
            auto producer = rig.producer();
            auto consumer = rig.consumer();
            std::size_t size = 77;
            ring::BytesView view;
            EXPECT_EQ(consumer.try_pop({}, size), Status::empty);
            EXPECT_EQ(size, 77u);
            EXPECT_EQ(consumer.try_peek(view), Status::empty);
            EXPECT_FALSE(consumer.readable());
            EXPECT_TRUE(producer.writable(0) && producer.writable(rig.shape.max_message()));
            EXPECT_FALSE(producer.last_published(view));
            EXPECT_EQ(producer.position(), start);
            EXPECT_EQ(consumer.read_position(), start);
            EXPECT_FALSE(producer.broken() || consumer.broken());
        }
    }
}

// At every offset, every size: the frame, the padding before it, the cleared header behind it, and
// the position that follow from the format; nothing else.
TYPED_TEST(BytesRing, EveryFrameIsAtItsPlaceWithItsPadding) {
    for (const Geometry& g : kGeometries) {
        typename TestFixture::Rig rig{g};
        auto producer = rig.producer();
        auto consumer = rig.consumer();
        const std::uint64_t n = rig.capacity();
        const std::uint64_t first = n - rig.frame(rig.shape.max_message()) - g.frame_align;
        for (std::uint64_t length = 0; length <= rig.shape.max_message(); length += 3) {
            for (std::uint64_t offset = first / 64 * 64; offset < n; offset += g.frame_align) {
                ASSERT_NO_FATAL_FAILURE(rig.advance(producer, consumer, offset));
                const std::uint64_t pos = producer.position();
                const std::uint64_t pad = rig.padding(pos, length);
                const std::vector<std::byte> sent = payload(pos, length);
                ASSERT_TRUE(producer.try_push(sent, 5));
                if (pad != 0) {
                    ASSERT_EQ(rig.header(pos).flags, layout::kFramePadding);
                    ASSERT_EQ(rig.header(pos).length, pad);
                }
                const ring::FrameHeader header = rig.header(pos + pad);
                ASSERT_EQ(header.length, rig.shape.payload_offset() + length);
                ASSERT_EQ(header.flags, 0);
                ASSERT_EQ(header.type, 5u);
                ASSERT_EQ(rig.last_pos(), pos + pad) << "never the padding's";
                ASSERT_EQ(producer.position(), pos + pad + rig.frame(length));
                ASSERT_EQ(rig.word(producer.position()).load(std::memory_order_relaxed), 0u);
                ring::BytesView view;
                ASSERT_TRUE(consumer.try_peek(view));
                ASSERT_EQ(view.payload.data(),
                          rig.slots.data() + (pos + pad) % n + rig.shape.payload_offset());
                ASSERT_EQ((view.payload.data() - rig.slots.data()) % g.payload_align, 0);
                ASSERT_TRUE(same(view.payload, sent));
                ASSERT_EQ(view.position, pos + pad);
                ASSERT_EQ(view.type, 5u);
                consumer.release();
                ASSERT_EQ(rig.read_pos(), producer.position());
                ASSERT_FALSE(consumer.readable());
            }
        }
        EXPECT_TRUE(rig.guards_whole());
    }
}

// From every offset with every size: pushed until full. The room rule holds to the byte, and the
// oldest unread header, which a too generous rule would clear, stands.
TYPED_TEST(BytesRing, DrivenToExactlyFullItNeverHitsTheOldestFrame) {
    for (const Geometry& g : kGeometries) {
        const std::uint64_t n = g.capacity;
        for (std::uint64_t offset = 0; offset < n; offset += g.frame_align * (n / 1024)) {
            typename TestFixture::Rig rig{g};
            auto producer = rig.producer();
            auto consumer = rig.consumer();
            ASSERT_NO_FATAL_FAILURE(rig.advance(producer, consumer, offset));
            for (std::uint64_t length = offset % 3; length <= rig.shape.max_message();
                 length += g.frame_align == 8 ? 5 : 13) {
                const std::uint64_t oldest = producer.position();
                ASSERT_EQ(rig.free_pos(), oldest);
                std::uint64_t oldest_header = 0;
                std::deque<std::uint64_t> sent;
                for (;;) {
                    const std::uint64_t pos = producer.position();
                    const std::uint64_t need =
                        rig.padding(pos, length) + rig.frame(length) + g.frame_align;
                    const bool fits = pos + need <= oldest + n;
                    const std::uint64_t before = fits ? 0 : rig.slots.hash();
                    ASSERT_EQ(producer.try_push(payload(pos, length)),
                              fits ? Status::ok : Status::full);
                    if (!fits) {
                        ASSERT_EQ(rig.slots.hash(), before);
                        break;
                    }
                    sent.push_back(pos);
                    oldest_header = sent.size() == 1
                                        ? rig.word(oldest).load(std::memory_order_relaxed)
                                        : oldest_header;
                    ASSERT_EQ(rig.word(oldest).load(std::memory_order_relaxed), oldest_header);
                }
                for (const std::uint64_t pos : sent) {
                    ASSERT_TRUE(pops(consumer, payload(pos, length)));
                }
                std::size_t size = 0;
                ASSERT_EQ(consumer.try_pop({}, size), Status::empty);
            }
            ASSERT_TRUE(rig.guards_whole());
        }
    }
}

TYPED_TEST(BytesRing, AMessageFitsExactlyAtTheEnd) {
    for (const Geometry& g : kGeometries) {
        typename TestFixture::Rig rig{g};
        auto producer = rig.producer();
        auto consumer = rig.consumer();
        for (std::uint64_t left = g.frame_align; left <= 128; left += g.frame_align) {
            ASSERT_NO_FATAL_FAILURE(rig.advance(producer, consumer, rig.capacity() - left));
            const auto sent = payload(left, left - rig.shape.payload_offset());
            const std::uint64_t pos = producer.position();
            ASSERT_TRUE(producer.try_push(sent));
            ASSERT_EQ(producer.position(), pos + left) << "no padding";
            ASSERT_EQ(producer.position() % rig.capacity(), 0u);
            ASSERT_EQ(rig.word(0).load(std::memory_order_relaxed), 0u);
            ASSERT_TRUE(pops(consumer, sent));
        }
    }
}

TYPED_TEST(BytesRing, TooBigAndTooSmallAreSaidAndNothingIsTouched) {
    for (const Geometry& g : kGeometries) {
        typename TestFixture::Rig rig{g};
        auto producer = rig.producer();
        auto consumer = rig.consumer();
        const std::uint64_t max = rig.shape.max_message();
        EXPECT_EQ(max, g.capacity / 8);
        const std::uint64_t before = rig.slots.hash();
        std::span<std::byte> place;
        EXPECT_EQ(producer.try_push(payload(0, max + 1)), Status::too_big);
        EXPECT_EQ(producer.try_claim(UINT64_MAX, place), Status::too_big);
        EXPECT_FALSE(producer.writable(max + 1));
        EXPECT_EQ(rig.slots.hash(), before);
        const std::vector<std::byte> largest = payload(1, max);
        ASSERT_TRUE(producer.try_push(largest, 9));
        std::vector<std::byte> out(max - 1);
        std::size_t size = 0;
        EXPECT_EQ(consumer.try_pop(out, size), Status::too_small);
        EXPECT_EQ(size, max) << "what it takes";
        EXPECT_EQ(rig.read_pos(), 0u) << "the message stays";
        ASSERT_TRUE(pops(consumer, largest));
        EXPECT_EQ(consumer.type(), 9u);
    }
}

TYPED_TEST(BytesRing, AnEmptyMessageIsAMessage) {
    for (const Geometry& g : kGeometries) {
        typename TestFixture::Rig rig{g};
        auto producer = rig.producer();
        auto consumer = rig.consumer();
        for (std::uint64_t i = 0; i < 3 * rig.capacity() / g.frame_align; ++i) {
            ASSERT_TRUE(producer.try_push({}, ring::kMaxFrameType));
            ASSERT_TRUE(consumer.readable());
            std::size_t size = 1;
            ASSERT_TRUE(consumer.try_pop({}, size));
            ASSERT_EQ(size, 0u);
            ASSERT_EQ(consumer.type(), ring::kMaxFrameType);
        }
        EXPECT_TRUE(rig.guards_whole());
    }
}

TYPED_TEST(BytesRing, AClaimIsPublishedShorterOrNotAtAll) {
    for (const Geometry& g : kGeometries) {
        typename TestFixture::Rig rig{g};
        auto producer = rig.producer();
        auto consumer = rig.consumer();
        for (std::uint64_t i = 0; i < 400; ++i) {
            const std::uint64_t claimed = i * 7 % (rig.shape.max_message() + 1);
            const std::uint64_t used = claimed == 0 ? 0 : i * 13 % (claimed + 1);
            std::span<std::byte> place;
            ASSERT_TRUE(producer.try_claim(claimed, place));
            ASSERT_EQ(place.size(), claimed);
            std::fill(place.begin(), place.end(), std::byte{0xEE});
            const std::uint64_t pos = producer.position();
            producer.abandon();
            ASSERT_FALSE(consumer.readable());
            ASSERT_EQ(producer.position(), pos);
            ASSERT_TRUE(producer.try_claim(claimed, place));
            const std::vector<std::byte> sent = payload(i, used);
            std::copy(sent.begin(), sent.end(), place.begin());
            producer.publish(used, static_cast<std::uint32_t>(i));
            ASSERT_EQ(producer.position(), pos + rig.padding(pos, claimed) + rig.frame(used));
            ASSERT_TRUE(pops(consumer, sent));
            ASSERT_EQ(consumer.type(), i);
        }
        EXPECT_TRUE(rig.guards_whole());
    }
}

TYPED_TEST(BytesRing, PeekShowsUntilReleaseAndDrainReleasesEach) {
    for (const Geometry& g : kGeometries) {
        typename TestFixture::Rig rig{g};
        auto producer = rig.producer();
        auto consumer = rig.consumer();
        for (std::uint64_t i = 0; i < 200; ++i) {
            consumer.release();  // nothing is peeked at
            const std::vector<std::byte> sent = payload(i, i % 100);
            ASSERT_TRUE(producer.try_push(sent));
            ring::BytesView view;
            ASSERT_TRUE(consumer.try_peek(view));
            ASSERT_EQ(rig.peek_pos(), producer.position());
            ASSERT_TRUE(consumer.try_peek(view));
            ASSERT_TRUE(same(view.payload, sent));
            ASSERT_EQ(consumer.position(), view.position);
            ASSERT_EQ(consumer.read_position(), view.position);
            consumer.release();
            ASSERT_EQ(consumer.read_position(), producer.position());
            ASSERT_EQ(consumer.try_peek(view), Status::empty);
        }
        std::uint64_t sent = 0;
        std::uint64_t seen = 0;
        for (std::size_t max = 0; max < 9; ++max) {
            while (producer.try_push(payload(sent, sent % 60))) {
                ++sent;
            }
            const std::uint64_t there = sent - seen;
            const std::size_t drained = consumer.drain(
                [&](const ring::BytesView& view) {
                    ASSERT_TRUE(same(view.payload, payload(seen, seen % 60)));
                    ++seen;
                },
                max);
            ASSERT_EQ(drained, std::min<std::uint64_t>(max, there));
            ASSERT_EQ(rig.free_pos(), consumer.read_position()) << "a drain ends with free_pos";
        }
        EXPECT_GT(seen, 20u);
    }
}

TYPED_TEST(BytesRing, FreePosIsStoredEveryEighthOfTheBytesAndAtAnEmptyPoll) {
    for (const Geometry& g : kGeometries) {
        typename TestFixture::Rig rig{g};
        auto producer = rig.producer();
        auto consumer = rig.consumer();
        std::uint64_t sent = 0;
        while (producer.try_push(payload(sent, 20))) {
            ++sent;
        }
        std::uint64_t freed = 0;
        for (std::uint64_t i = 0; i < sent; ++i) {
            ASSERT_TRUE(pops(consumer, payload(i, 20)));
            const std::uint64_t read = consumer.read_position();
            freed = read - freed >= rig.capacity() / 8 ? read : freed;
            ASSERT_EQ(rig.free_pos(), freed);
            ASSERT_EQ(rig.read_pos(), read) << "read_pos is exact";
        }
        std::size_t size = 0;
        ASSERT_EQ(consumer.try_pop({}, size), Status::empty);
        EXPECT_EQ(rig.free_pos(), producer.position());
    }
}

TYPED_TEST(BytesRing, WarmingChangesNothing) {
    for (const Geometry& g : kGeometries) {
        typename TestFixture::Rig rig{g};
        auto producer = rig.producer();
        auto consumer = rig.consumer();
        std::uint64_t read = 0;
        for (std::uint64_t next = 0; producer.position() < 3 * rig.capacity(); ++next) {
            const std::vector<std::byte> before(rig.slots.data(),
                                                rig.slots.data() + rig.capacity());
            producer.warm();
            consumer.warm();
            ASSERT_TRUE(std::equal(before.begin(), before.end(), rig.slots.data())) << next;
            const std::vector<std::byte> sent = payload(next, next % 53);
            while (!producer.try_push(sent)) {
                ASSERT_TRUE(pops(consumer, payload(read, read % 53)));
                ++read;
                consumer.store_free();
            }
        }
        EXPECT_GT(read, 0u);
        EXPECT_TRUE(rig.guards_whole());
        EXPECT_FALSE(producer.broken() || consumer.broken());
    }
}

TYPED_TEST(BytesRing, NothingIsWrittenBeyondThePositionLimit) {
    for (const Geometry& g : kGeometries) {
        typename TestFixture::Rig rig{g, kPositionLimit - 640};
        auto producer = rig.producer();
        auto consumer = rig.consumer();
        std::uint64_t sent = 0;
        while (sent < 100 && producer.try_push(payload(sent, 40))) {
            ASSERT_TRUE(pops(consumer, payload(sent, 40)));
            ++sent;
        }
        EXPECT_GE(sent, 640 / rig.frame(40) - 1);
        EXPECT_LE(producer.position() + g.frame_align, kPositionLimit);
        const std::uint64_t before = rig.slots.hash();
        EXPECT_EQ(producer.try_push(payload(0, 40)), Status::broken);
        EXPECT_EQ(producer.try_push({}), Status::broken) << "permanent";
        EXPECT_TRUE(producer.broken());
        EXPECT_EQ(rig.slots.hash(), before);
        std::size_t size = 0;
        EXPECT_EQ(consumer.try_pop({}, size), Status::empty);
        EXPECT_TRUE(rig.guards_whole());
    }
}

TEST(BytesBatch, TakesWhatFitsAndStopsAtAMessageThatNeverCan) {
    BytesRig<ArrayPages> rig{{1024, 64, 8}};
    auto producer = rig.producer();
    auto consumer = rig.consumer();
    std::vector<std::vector<std::byte>> owned;
    for (std::uint64_t i = 0; i < 30; ++i) {
        owned.push_back(payload(i, i * 5 % 120));
    }
    std::vector<std::span<const std::byte>> all(owned.begin(), owned.end());
    const std::size_t pushed = producer.try_push_n(all);
    EXPECT_GT(pushed, 6u);
    EXPECT_LT(pushed, 16u);
    for (std::size_t i = 0; i < pushed; ++i) {
        ASSERT_TRUE(pops(consumer, owned[i]));
    }
    EXPECT_FALSE(consumer.readable());
    consumer.store_free();
    const std::vector<std::byte> huge(rig.shape.max_message() + 1);
    all = {owned[1], owned[2], huge, owned[3]};
    EXPECT_EQ(producer.try_push_n(all), 2u);
    EXPECT_TRUE(pops(consumer, owned[1]));
    EXPECT_TRUE(pops(consumer, owned[2]));
    EXPECT_FALSE(consumer.readable());
}

}  // namespace
}  // namespace shunt::test
