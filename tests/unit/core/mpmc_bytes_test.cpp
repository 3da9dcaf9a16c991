// SPDX-License-Identifier: MIT
//
// The owner-word ring of byte messages on one thread: what a slot holds, messages of every length,
// claims of which a part is published, what is too big or too small, and sizes that no producer
// writes.
#include "mpmc_bytes_rig.hpp"

#include <shunt/core/ring/inspect.hpp>

#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <random>
#include <span>
#include <vector>

namespace shunt::test {
namespace {

using ring::BytesView;
using ring::FrameHeader;
using ring::MpmcBytesShape;
using ring::OwnerWord;
using ring::SlotOwner;
using ring::SlotState;

constexpr SlotOwner kOut{2, 7};
constexpr SlotOwner kIn{3, 9};
constexpr SlotOwner kOther{4, 31};
constexpr std::byte kUntouched{0x5C};

[[nodiscard]] std::vector<std::byte> message_of(std::uint64_t position, std::size_t length) {
    std::vector<std::byte> bytes(length);
    std::uint64_t state = position * 0x9e3779b97f4a7c15u + length;
    for (std::byte& b : bytes) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        b = static_cast<std::byte>(state >> 56);
    }
    return bytes;
}

// The ways to get a message, each into memory with a margin that stays as it was.
enum class Way { pop, copy, peek };
constexpr std::array kWays{Way::pop, Way::copy, Way::peek};

template <class Consumer>
std::optional<std::vector<std::byte>> get(Consumer& consumer, Way way, std::size_t room) {
    if (way == Way::peek) {
        BytesView view;
        if (!consumer.try_peek(view)) {
            return std::nullopt;
        }
        std::vector<std::byte> bytes{view.payload.begin(), view.payload.end()};
        EXPECT_EQ(view.position, consumer.position());
        consumer.release();
        return bytes;
    }
    std::vector<std::byte> bytes(room + 64, kUntouched);
    std::size_t size = 0;
    const std::span to = std::span{bytes}.first(room);
    if (!(way == Way::copy ? consumer.try_pop_copy(to, size) : consumer.try_pop(to, size))) {
        return std::nullopt;
    }
    for (std::size_t i = size; i < bytes.size(); ++i) {
        EXPECT_EQ(bytes[i], kUntouched) << "byte " << i << " behind a message of " << size;
    }
    bytes.resize(size);
    return bytes;
}

TEST(MpmcBytes, EveryLengthUpToTheMaximumComesThroughInEachWay) {
    for (const std::uint64_t align : {8u, 16u, 32u, 64u}) {
        for (const std::uint64_t most : {1u, 8u, 17u, 48u, 49u, 200u}) {
            MpmcBytesRig<> rig{2, most, align, OwnerWord::kLapMask};
            auto producer = rig.producer(kOut);
            auto consumer = rig.consumer(kIn);
            std::uint64_t position = rig.start;
            for (std::size_t length = 0; length <= most; ++length) {
                for (const Way way : kWays) {
                    const auto sent = message_of(position, length);
                    ASSERT_TRUE(producer.try_push(sent, 5));
                    ASSERT_EQ(rig.size_word(position).load(std::memory_order_relaxed),
                              (FrameHeader{static_cast<std::uint32_t>(length), 0, 5}.word()));
                    ASSERT_EQ(get(consumer, way, most), sent) << length << " of " << most;
                    ASSERT_EQ(consumer.position(), position);
                    ++position;
                }
            }
            EXPECT_TRUE(rig.guards_whole());
        }
    }
}

TEST(MpmcBytes, PayloadsLieAtTheirAlignment) {
    for (const std::uint64_t align : {8u, 16u, 32u, 64u}) {
        MpmcBytesRig<> rig{4, 40, align};
        auto producer = rig.producer(kOut);
        for (int i = 0; i < 4; ++i) {
            std::span<std::byte> place;
            ASSERT_TRUE(producer.try_claim(40, place));
            EXPECT_EQ(static_cast<std::uint64_t>(place.data() - rig.memory.data()) % align, 0u);
            EXPECT_EQ(place.size(), 40u);
            producer.publish(40);
        }
    }
}

TEST(MpmcBytes, OfAClaimThePartThatIsPublishedIsTheMessage) {
    MpmcBytesRig<> rig{2, 64};
    auto producer = rig.producer(kOut);
    auto consumer = rig.consumer(kIn);
    std::span<std::byte> place;
    ASSERT_TRUE(producer.try_claim(64, place));
    const std::byte* const first = place.data();
    ASSERT_TRUE(producer.try_claim(48, place));
    EXPECT_EQ(place.data(), first) << "claiming again gives the same place";
    EXPECT_EQ(place.size(), 48u);
    const auto sent = message_of(0, 10);
    std::copy(sent.begin(), sent.end(), place.begin());
    producer.publish(10, 7);
    BytesView view;
    ASSERT_TRUE(consumer.try_peek(view));
    EXPECT_EQ(std::vector<std::byte>(view.payload.begin(), view.payload.end()), sent);
    EXPECT_EQ(view.type, 7u);
    BytesView again;
    ASSERT_TRUE(consumer.try_peek(again));
    EXPECT_EQ(again.payload.data(), view.payload.data());
    consumer.release();
    ASSERT_TRUE(producer.try_claim(1, place));
    producer.abandon();
    std::array<std::byte, 64> to{};
    std::size_t size = 0;
    EXPECT_EQ(consumer.try_pop(to, size), Status::gap);
    EXPECT_EQ(consumer.last_gap().owner, kOut);
}

TEST(MpmcBytes, WhatIsTooBigIsNotWritten) {
    MpmcBytesRig<> rig{2, 24};
    auto producer = rig.producer(kOut);
    std::span<std::byte> place;
    EXPECT_EQ(producer.try_push(message_of(0, 25)), Status::too_big);
    EXPECT_EQ(producer.try_claim(25, place), Status::too_big);
    EXPECT_FALSE(producer.claims());
    EXPECT_EQ(rig.word(0).word(), 0u);
    EXPECT_TRUE(producer.try_push(message_of(0, 24)));
    EXPECT_TRUE(producer.try_push({}));
    EXPECT_EQ(producer.try_push(message_of(2, 1)), Status::full);
}

TEST(MpmcBytes, AMessageStaysWhereThePlaceForItIsTooSmall) {
    for (const bool by_copy : {false, true}) {
        MpmcBytesRig<> rig{2, 100};
        auto producer = rig.producer(kOut);
        auto consumer = rig.consumer(kIn);
        auto other = rig.consumer(kOther);
        const auto sent = message_of(0, 90);
        ASSERT_TRUE(producer.try_push(sent));
        std::array<std::byte, 89> to;
        to.fill(kUntouched);
        std::size_t size = 0;
        EXPECT_EQ(by_copy ? consumer.try_pop_copy(to, size) : consumer.try_pop(to, size),
                  Status::too_small);
        EXPECT_EQ(size, 90u);
        EXPECT_EQ(to[0], kUntouched);
        EXPECT_EQ(rig.word(0).state, SlotState::ready);
        EXPECT_EQ(get(other, Way::pop, 90), sent) << "another may have it meanwhile";
    }
}

TEST(MpmcBytes, WhatADeadOneHeldComesAgainWithItsSize) {
    for (const Way way : kWays) {
        MpmcBytesRig<> rig{4, 100};
        auto producer = rig.producer(kOut);
        auto dead = rig.consumer(kOther);
        auto consumer = rig.consumer(kIn);
        const auto sent = message_of(0, 77);
        ASSERT_TRUE(producer.try_push(sent, 3));
        ASSERT_TRUE(producer.try_push(message_of(1, 5)));
        BytesView view;
        ASSERT_TRUE(dead.try_peek(view));
        ring::Recovered done;
        ASSERT_TRUE(ring::recover_slots(
            rig.slots(), *rig.words, kOther, {}, [] { return true; }, done));
        EXPECT_EQ(done.orphaned, 1u);
        std::array<std::byte, 8> little{};
        std::size_t size = 0;
        EXPECT_EQ(consumer.try_pop(little, size), Status::too_small);
        EXPECT_EQ(rig.word(0).state, SlotState::orphan) << "it stays one";
        EXPECT_EQ(get(consumer, way, 100), sent);
        EXPECT_TRUE(consumer.redelivered());
        EXPECT_EQ(get(consumer, way, 100), message_of(1, 5));
        EXPECT_FALSE(consumer.redelivered());
    }
}

// Every value that a size word could have been changed into: nothing beyond the slot is read, and
// nobody gets beyond it.
TEST(MpmcBytes, ASizeThatNoProducerWritesIsBroken) {
    std::vector<std::uint64_t> words{
        41, 42, 63, 64, 0x7fffffff, 0xffffffff, std::uint64_t{1} << 32, ~std::uint64_t{0}};
    for (unsigned bit = 6; bit < 40; ++bit) {
        words.push_back(std::uint64_t{1} << bit | 8);
    }
    for (const std::uint64_t wrong : words) {
        MpmcBytesRig<> rig{2, 40};
        auto producer = rig.producer(kOut);
        auto consumer = rig.consumer(kIn);
        auto other = rig.consumer(kOther);
        ASSERT_TRUE(producer.try_push(message_of(0, 8)));
        ASSERT_TRUE(producer.try_push(message_of(1, 8)));
        rig.size_word(0).store(wrong, std::memory_order_relaxed);
        std::vector<std::byte> to(200, kUntouched);
        std::size_t size = 77;
        BytesView view;
        for (int i = 0; i < 2; ++i) {
            ASSERT_EQ(consumer.try_pop(to, size), Status::broken) << std::hex << wrong;
            ASSERT_EQ(consumer.try_pop_copy(to, size), Status::broken);
            ASSERT_EQ(other.try_peek(view), Status::broken);
        }
        EXPECT_EQ(size, 77u);
        EXPECT_EQ(to, std::vector<std::byte>(200, kUntouched));
        EXPECT_EQ(rig.word(0).state, SlotState::ready);
        EXPECT_FALSE(other.holds());
    }
}

// Whatever a size word holds: a message that fits into its slot, or `broken`; and nothing beyond.
TEST(MpmcBytes, AnySizeWordIsAMessageThatFitsOrBroken) {
    std::mt19937_64 random{7};
    MpmcBytesRig<> rig{2, 40};
    auto producer = rig.producer(kOut);
    auto consumer = rig.consumer(kIn);
    std::uint64_t delivered = 0;
    for (int i = 0; i < 20'000; ++i) {
        const std::uint64_t position = delivered;
        if (rig.word(position).state == SlotState::free) {
            ASSERT_TRUE(producer.try_push(message_of(position, 40)));
        }
        const std::uint64_t word = random() >> random() % 64;
        const FrameHeader header = FrameHeader::of(word);
        rig.size_word(position).store(word, std::memory_order_relaxed);
        const auto got = get(consumer, kWays[random() % kWays.size()], 40);
        ASSERT_EQ(got.has_value(), header.flags == 0 && header.length <= 40) << std::hex << word;
        if (got) {
            ASSERT_EQ(got->size(), header.length);
            ++delivered;
        }
    }
    EXPECT_GT(delivered, 100u);
    EXPECT_TRUE(rig.guards_whole());
}

TEST(MpmcBytes, TheTypeHasTwentyFourBits) {
    MpmcBytesRig<> rig{2, 8};
    auto producer = rig.producer(kOut);
    auto consumer = rig.consumer(kIn);
    ASSERT_TRUE(producer.try_push(message_of(0, 4), 0xffffff));
    std::array<std::byte, 8> to{};
    std::size_t size = 0;
    ASSERT_TRUE(consumer.try_pop(to, size));
    EXPECT_EQ(consumer.type(), 0xffffffu);
    EXPECT_EQ(size, 4u);
}

TEST(MpmcBytes, AreInspectedBySlotsOfTheirSize) {
    MpmcBytesRig<> rig{4, 100, 8, 3};
    auto producer = rig.producer(kOut);
    auto consumer = rig.consumer(kIn);
    for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(producer.try_push(message_of(0, 50)));
    }
    BytesView view;
    ASSERT_TRUE(consumer.try_peek(view));
    const ring::RingState state =
        ring::inspect_mpmc(rig.memory.data(), rig.capacity(), rig.shape.slot_bytes());
    EXPECT_TRUE(state.plausible);
    EXPECT_EQ(state.write_pos, rig.start + 3);
    EXPECT_EQ(state.unread(), 2u);
}

TEST(MpmcBytesGeometry, ASlotIsAPartOfALineOrWholeLines) {
    const auto slot = [](std::uint64_t most, std::uint64_t align) {
        return MpmcBytesShape::of(1, most, align).slot_bytes();
    };
    EXPECT_EQ(slot(1, 8), 32u);
    EXPECT_EQ(slot(16, 8), 32u);
    EXPECT_EQ(slot(17, 8), 64u);
    EXPECT_EQ(slot(48, 16), 64u);
    EXPECT_EQ(slot(49, 8), 128u);
    EXPECT_EQ(slot(16, 64), 128u) << "from offset 64 on";
    EXPECT_EQ(slot(1024, 8), 1088u);
}

TEST(MpmcBytesGeometry, WhatCannotBeHasNoCapacity) {
    const auto capacity = [](std::uint64_t wanted, std::uint64_t most, std::uint64_t align) {
        return MpmcBytesShape::of(wanted, most, align).capacity();
    };
    EXPECT_EQ(capacity(1, 8, 8), 2u);
    EXPECT_EQ(capacity(100, 8, 8), 128u);
    EXPECT_EQ(capacity(1u << 24, 1008, 8), 1u << 24);
    EXPECT_EQ(capacity(0, 8, 8), 0u);
    EXPECT_EQ(capacity((1u << 24) + 1, 8, 8), 0u);
    EXPECT_EQ(capacity(4, 0, 8), 0u);
    EXPECT_EQ(capacity(4, MpmcBytesShape::kMostMessage + 1, 8), 0u);
    EXPECT_EQ(capacity(4, MpmcBytesShape::kMostMessage, 8), 4u);
    EXPECT_EQ(capacity(1u << 24, 1u << 20, 8), 0u) << "2^40 bytes and more";
    for (const std::uint64_t align : {0u, 4u, 12u, 128u}) {
        EXPECT_EQ(capacity(4, 8, align), 0u) << align;
    }
}

}  // namespace
}  // namespace shunt::test
