// SPDX-License-Identifier: MIT
//
// The owner-word ring with blocks on one thread: which word names what when, what a stopped
// producer holds back (nothing), which block is taken, and what recovery gives back.
#include "block_rig.hpp"

#include <shunt/core/ring/inspect.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <span>
#include <string>
#include <vector>

namespace shunt::test {
namespace {

using ring::BlockWord;
using ring::HolderWord;
using ring::SlotOwner;
using ring::SlotState;

constexpr std::uint64_t kLastLap = BlockWord::kLapMask;
constexpr SlotOwner kOut{2, 7};
constexpr SlotOwner kIn{3, 9};
constexpr SlotOwner kOther{4, 31};

template <class T>
class BlockRing : public testing::Test {
protected:
    using Rig = BlockRig<T>;
    static std::vector<std::uint64_t> laps() {
        return {0, 1, (std::uint64_t{1} << 29) - 1, kLastLap - 1};
    }
};
using Messages = testing::Types<Blob<1, 1>, Blob<8, 8>, Blob<56, 8>, Blob<64, 64>, Blob<200, 8>>;
TYPED_TEST_SUITE(BlockRing, Messages, BlobName);

template <class Consumer, class T>
[[nodiscard]] testing::AssertionResult pops(Consumer& consumer, const T& wanted,
                                            bool again = false) {
    T out{};
    if (const Status status = consumer.try_pop(out); !status) {
        return testing::AssertionFailure() << "wanted a message, got " << to_string(status);
    }
    if (consumer.redelivered() != again) {
        return testing::AssertionFailure() << (again ? "not flagged" : "flagged");
    }
    return out == wanted ? testing::AssertionSuccess()
                         : testing::AssertionFailure() << "it has other bytes";
}

template <class Rig>
ring::Recovered recover(Rig& rig, SlotOwner dead, ring::on_orphan policy = {}) {
    ring::Recovered done;
    EXPECT_TRUE(ring::recover_slots(
        rig.slots(), *rig.words, dead, policy, [] { return true; }, done));
    return done;
}

TYPED_TEST(BlockRing, FullAndEmptyAreExactOverTheEndOfTheLaps) {
    using T = TypeParam;
    for (const std::uint64_t lap : this->laps()) {
        typename TestFixture::Rig rig{4, lap};
        auto producer = rig.producer(kOut);
        auto consumer = rig.consumer(kIn);
        std::uint64_t next = 0;
        for (int round = 0; round < 4; ++round) {
            const std::uint64_t first = next;
            for (; next < first + rig.capacity(); ++next) {
                EXPECT_TRUE(producer.writable());
                ASSERT_TRUE(producer.try_push(message<T>(next)));
                EXPECT_EQ(producer.position(), rig.start + next);
            }
            EXPECT_FALSE(producer.writable());
            EXPECT_EQ(producer.try_push(message<T>(next)), Status::full);
            EXPECT_EQ(rig.held(), 4) << "a push that is refused takes no block";
            for (std::uint64_t n = first; n < next; ++n) {
                ASSERT_TRUE(pops(consumer, message<T>(n))) << "lap " << lap;
                EXPECT_EQ(consumer.position(), rig.start + n);
            }
            T out{};
            EXPECT_EQ(consumer.try_pop(out), Status::empty);
            EXPECT_FALSE(consumer.readable());
        }
        EXPECT_EQ(rig.held(), 0);
        EXPECT_TRUE(rig.guards_whole());
    }
}

TYPED_TEST(BlockRing, TheWordsNameWhoHasABlockAndWhoHasASlot) {
    using T = TypeParam;
    typename TestFixture::Rig rig{2, 5};
    auto producer = rig.producer(kOut);
    auto consumer = rig.consumer(kIn);
    T* const place = producer.try_claim();
    ASSERT_NE(place, nullptr);
    EXPECT_EQ(producer.try_claim(), place) << "claiming again gives the same";
    EXPECT_EQ(rig.word(rig.start).word(), BlockWord{5}.word()) << "a claim is of no slot";
    ASSERT_EQ(rig.held(), 1);
    *place = message<T>(0);
    ASSERT_TRUE(producer.publish());
    const std::uint32_t block = rig.word(rig.start).block;
    EXPECT_EQ(rig.word(rig.start).word(), (BlockWord{5, 0, block, {}, SlotState::ready}.word()));
    EXPECT_EQ(rig.holder(block).word(), (HolderWord{1, kOut, true}.word()));
    EXPECT_EQ(bytes_of(*place), rig.slots().block(block) + ring::MpmcShape<T>::kPlaceOffset);
    const T* shown = nullptr;
    ASSERT_TRUE(consumer.try_peek(shown));
    EXPECT_EQ(shown, place);
    EXPECT_EQ(*shown, message<T>(0));
    EXPECT_EQ(rig.word(rig.start).word(),
              (BlockWord{5, 0, block, {kIn.index, 0}, SlotState::taken}.word()));
    consumer.release();
    EXPECT_EQ(rig.word(rig.start).word(), BlockWord{6}.word());
    EXPECT_EQ(rig.holder(block).word(), HolderWord{1}.word()) << "nobody's, its version stays";
}

TYPED_TEST(BlockRing, AStoppedProducerHoldsNobodyBack) {
    using T = TypeParam;
    typename TestFixture::Rig rig{2};
    auto stopped = rig.producer(kOut);
    auto producer = rig.producer(kOther);
    auto consumer = rig.consumer(kIn);
    T* const place = stopped.try_claim();
    ASSERT_NE(place, nullptr);
    for (std::uint64_t n = 1; n < 20; ++n) {
        ASSERT_TRUE(producer.try_push(message<T>(n)));
        ASSERT_TRUE(pops(consumer, message<T>(n)));
    }
    ASSERT_TRUE(producer.try_push(message<T>(20)));
    ASSERT_TRUE(producer.try_push(message<T>(21)));
    *place = message<T>(0);
    EXPECT_EQ(stopped.publish(), Status::full);
    EXPECT_TRUE(stopped.claims()) << "what is full is published later";
    ASSERT_TRUE(pops(consumer, message<T>(20)));
    ASSERT_TRUE(stopped.publish());
    ASSERT_TRUE(pops(consumer, message<T>(21)));
    EXPECT_TRUE(pops(consumer, message<T>(0)));
}

TYPED_TEST(BlockRing, WhatIsAbandonedLeavesNoGap) {
    using T = TypeParam;
    typename TestFixture::Rig rig{2};
    auto producer = rig.producer(kOut);
    auto consumer = rig.consumer(kIn);
    ASSERT_NE(producer.try_claim(), nullptr);
    producer.abandon();
    EXPECT_EQ(rig.held(), 0);
    T out{};
    EXPECT_EQ(consumer.try_pop(out), Status::empty);
    ASSERT_TRUE(producer.try_push(message<T>(0)));
    EXPECT_TRUE(pops(consumer, message<T>(0)));
    EXPECT_EQ(consumer.position(), 0u);
}

// The one that has been away longest of its last four, which is free, is in the caches.
TYPED_TEST(BlockRing, AProducerUsesItsLastBlocksAgain) {
    using T = TypeParam;
    typename TestFixture::Rig rig{16, 0, 8};
    auto producer = rig.producer(kOut);
    auto consumer = rig.consumer(kIn);
    std::vector<std::uint64_t> used(rig.geometry.blocks);
    for (std::uint64_t n = 0; n < 100; ++n) {
        ASSERT_TRUE(producer.try_push(message<T>(n)));
        ++used[rig.word(n).block];
        ASSERT_TRUE(pops(consumer, message<T>(n)));
    }
    EXPECT_LE(std::count_if(used.begin(), used.end(), [](std::uint64_t n) { return n != 0; }), 5);
}

// As many participants as there may be, each with all that it can have: there is still one.
TYPED_TEST(BlockRing, WhereASlotIsFreeThereIsABlock) {
    using T = TypeParam;
    typename TestFixture::Rig rig{2, 0, 4};
    auto producer = rig.producer(kOut);
    auto consumer = rig.consumer(kIn);
    std::vector<typename TestFixture::Rig::Producer> stopped;
    for (std::uint32_t seat = 5; seat < 7; ++seat) {
        stopped.push_back(rig.producer({seat, 1}));
        ASSERT_NE(stopped.back().try_claim(), nullptr);
    }
    for (std::uint64_t n = 0; n < 20; ++n) {
        ASSERT_TRUE(producer.try_push(message<T>(n)));
        ASSERT_TRUE(producer.try_push(message<T>(n + 1)));
        EXPECT_EQ(rig.held(), 4);
        EXPECT_EQ(producer.try_push(message<T>(n)), Status::full);
        const T* shown = nullptr;
        ASSERT_TRUE(consumer.try_peek(shown));
        ASSERT_TRUE(pops(consumer, message<T>(n + 1))) << "beside what is shown";
        consumer.release();
    }
}

TYPED_TEST(BlockRing, ADeadProducersBlockIsGivenBackAndItsMessagesStay) {
    using T = TypeParam;
    typename TestFixture::Rig rig{4, kLastLap};
    auto dead = rig.producer(kOut);
    auto producer = rig.producer(kOther);
    auto consumer = rig.consumer(kIn);
    ASSERT_TRUE(dead.try_push(message<T>(0)));
    ASSERT_NE(dead.try_claim(), nullptr);
    ASSERT_TRUE(producer.try_push(message<T>(1)));
    ASSERT_EQ(rig.held(), 3);
    (void)recover(rig, SlotOwner{kOut.index, 8});
    EXPECT_EQ(rig.held(), 3) << "another of that index";
    (void)recover(rig, kOut);
    EXPECT_EQ(rig.held(), 2) << "what a slot names stays";
    EXPECT_TRUE(pops(consumer, message<T>(0)));
    EXPECT_TRUE(pops(consumer, message<T>(1)));
    EXPECT_EQ(rig.held(), 0);
    T out{};
    EXPECT_EQ(consumer.try_pop(out), Status::empty);
}

TYPED_TEST(BlockRing, ADeadConsumersMessageGoesToAnotherFlagged) {
    using T = TypeParam;
    typename TestFixture::Rig rig{4};
    auto producer = rig.producer(kOut);
    auto dead = rig.consumer(kIn);
    auto consumer = rig.consumer(kOther);
    for (std::uint64_t n = 0; n < 3; ++n) {
        ASSERT_TRUE(producer.try_push(message<T>(n)));
    }
    const T* seen = nullptr;
    ASSERT_TRUE(dead.try_peek(seen));
    EXPECT_TRUE(pops(consumer, message<T>(1)));
    EXPECT_EQ(recover(rig, kIn).orphaned, 1u);
    EXPECT_TRUE(consumer.readable());
    EXPECT_TRUE(pops(consumer, message<T>(0), true));
    EXPECT_TRUE(pops(consumer, message<T>(2)));
    EXPECT_FALSE(consumer.readable());
    EXPECT_TRUE(producer.writable());
    EXPECT_EQ(rig.held(), 0);
}

// Between the two last stores of a release.
TYPED_TEST(BlockRing, ABlockWhoseSlotIsFreeIsGivenBackForADeadConsumer) {
    using T = TypeParam;
    typename TestFixture::Rig rig{2};
    auto producer = rig.producer(kOut);
    auto consumer = rig.consumer(kIn);
    ASSERT_TRUE(producer.try_push(message<T>(0)));
    const std::uint32_t block = rig.word(0).block;
    ASSERT_TRUE(pops(consumer, message<T>(0)));
    // relaxed: nobody else is here
    rig.slots().holder(block).store(HolderWord{1, kIn, true}.word(), std::memory_order_relaxed);
    (void)recover(rig, kIn);
    EXPECT_EQ(rig.holder(block).word(), HolderWord{1}.word());
}

TYPED_TEST(BlockRing, WhatIsDroppedGivesItsBlockBack) {
    using T = TypeParam;
    typename TestFixture::Rig rig{2};
    auto producer = rig.producer(kOut);
    auto dead = rig.consumer(kIn);
    auto consumer = rig.consumer(kOther);
    ASSERT_TRUE(producer.try_push(message<T>(0)));
    const T* seen = nullptr;
    ASSERT_TRUE(dead.try_peek(seen));
    EXPECT_EQ(recover(rig, kIn, ring::on_orphan::drop).dropped, 1u);
    T out{};
    EXPECT_EQ(consumer.try_pop(out), Status::empty);
    EXPECT_EQ(rig.word(0).word(), BlockWord{1}.word());
    EXPECT_EQ(rig.held(), 0);
}

TYPED_TEST(BlockRing, APoisonMessageIsDroppedInTheEnd) {
    using T = TypeParam;
    typename TestFixture::Rig rig{2};
    auto producer = rig.producer(kOut);
    ASSERT_TRUE(producer.try_push(message<T>(0)));
    ASSERT_TRUE(producer.try_push(message<T>(1)));
    for (std::uint32_t tries = 0; tries <= BlockWord::kMostTries; ++tries) {
        auto victim = rig.consumer(ring::slot_owner(kIn.index, tries));
        const T* seen = nullptr;
        ASSERT_TRUE(victim.try_peek(seen));
        EXPECT_EQ(victim.position(), 0u);
        EXPECT_EQ(victim.redelivered(), tries != 0);
        const ring::Recovered done = recover(rig, ring::slot_owner(kIn.index, tries));
        EXPECT_EQ(done.dropped, tries == BlockWord::kMostTries ? 1u : 0u);
        EXPECT_EQ(done.orphaned + done.dropped, 1u);
    }
    auto consumer = rig.consumer(kOther);
    EXPECT_TRUE(pops(consumer, message<T>(1)));
    T out{};
    EXPECT_EQ(consumer.try_pop(out), Status::empty);
    EXPECT_EQ(rig.held(), 0);
}

TYPED_TEST(BlockRing, RecoveryChangesNothingOnceTheEntryIsSomebodyElses) {
    using T = TypeParam;
    typename TestFixture::Rig rig{2};
    auto living = rig.producer(kOut);
    ASSERT_NE(living.try_claim(), nullptr);
    ring::Recovered done;
    EXPECT_FALSE(ring::recover_slots(
        rig.slots(), *rig.words, kOut, {}, [] { return false; }, done));
    EXPECT_EQ(rig.held(), 1);
    *living.try_claim() = message<T>(0);
    ASSERT_TRUE(living.publish());
    auto consumer = rig.consumer(kIn);
    EXPECT_TRUE(pops(consumer, message<T>(0)));
}

// More blocks in a dead one's name than recovery looks at in one go.
TEST(BlockRecovery, GoesThroughAllBlocks) {
    using T = Blob<8, 8>;
    BlockRig<T> rig{512, 0, 100};
    auto dead = rig.producer(kOut);
    auto consumer = rig.consumer(kIn);
    for (std::uint64_t n = 0; n < 300; ++n) {
        ASSERT_TRUE(dead.try_push(message<T>(n)));
    }
    ASSERT_NE(dead.try_claim(), nullptr);
    ASSERT_EQ(rig.held(), 301);
    (void)recover(rig, kOut);
    EXPECT_EQ(rig.held(), 300);
    for (std::uint64_t n = 0; n < 300; ++n) {
        ASSERT_TRUE(pops(consumer, message<T>(n)));
    }
    EXPECT_EQ(rig.held(), 0);
}

// A producer that was alone, and then slept while the ring went around more than half of its laps.
TEST(BlockLaps, WhoComesBackAfterHalfOfThemFindsItsPlace) {
    using T = Blob<8, 8>;
    BlockRig<T> rig{2};
    auto sleeper = rig.producer(kOut);
    auto reader = rig.consumer(kIn);
    ASSERT_TRUE(sleeper.try_push(message<T>(0)));
    ASSERT_TRUE(pops(reader, message<T>(0)));
    const std::uint64_t now = (kLastLap / 2 + 10) * rig.capacity();
    for (std::uint64_t p = now; p < now + rig.capacity(); ++p) {
        // relaxed: nobody else is here
        rig.slots().word(p).store(BlockWord{p / rig.capacity()}.word(), std::memory_order_relaxed);
    }
    rig.words->write_hint.store(now, std::memory_order_relaxed);
    rig.words->read_hint.store(now, std::memory_order_relaxed);
    T out{};
    EXPECT_EQ(sleeper.try_push(message<T>(1)), Status::full) << "once";
    ASSERT_TRUE(sleeper.try_push(message<T>(1)));
    EXPECT_EQ(reader.try_pop(out), Status::empty) << "once";
    EXPECT_TRUE(pops(reader, message<T>(1)));
    EXPECT_EQ(reader.position(), now);
}

// No participant writes such words.
TEST(BlockRingOfNonsense, IsBrokenAndNobodyReadsBesideTheBlocks) {
    using T = Blob<8, 8>;
    for (const SlotState state : {SlotState::claimed, SlotState::ready, SlotState::voided,
                                  SlotState::orphan, SlotState::taken}) {
        BlockRig<T> rig{2};
        const auto blocks = static_cast<std::uint32_t>(rig.geometry.blocks);
        for (const std::uint32_t block : {blocks, std::uint32_t{0xffff}}) {
            // relaxed: nobody else is here
            rig.slots().word(0).store(BlockWord{0, 0, block, kIn, state}.word(),
                                      std::memory_order_relaxed);
            rig.words->orphan_epoch.store(block, std::memory_order_relaxed);
            auto consumer = rig.consumer(kOther);
            T out{};
            EXPECT_EQ(consumer.try_pop(out),
                      state == SlotState::taken ? Status::empty : Status::broken);
            EXPECT_EQ(consumer.holds(), false);
            ring::Recovered done;
            EXPECT_TRUE(ring::recover_slots(
                rig.slots(), *rig.words, {kIn.index, 0}, ring::on_orphan::drop, [] { return true; },
                done));
            EXPECT_EQ(done.dropped, state == SlotState::taken ? 1u : 0u);
        }
        EXPECT_TRUE(rig.guards_whole());
    }
}

TEST(BlockRingOfNonsense, WhereAllBlocksAreSaidToBeHeldEachCallEnds) {
    using T = Blob<8, 8>;
    BlockRig<T> rig{2};
    for (std::uint32_t b = 0; b < rig.geometry.blocks; ++b) {
        // relaxed: nobody else is here
        rig.slots().holder(b).store(HolderWord{0, kOther, true}.word(), std::memory_order_relaxed);
    }
    auto producer = rig.producer(kOut);
    EXPECT_FALSE(producer.writable());
    EXPECT_EQ(producer.try_push(message<T>(0)), Status::full);
    EXPECT_EQ(producer.try_claim(), nullptr);
    (void)recover(rig, kOther);
    EXPECT_TRUE(producer.try_push(message<T>(0)));
}

TEST(BlockBytesRing, MessagesOfAnyLengthAndTheirTypes) {
    BlockBytesRig<> rig{4, 100, 32, kLastLap};
    auto producer = rig.producer(kOut);
    auto consumer = rig.consumer(kIn);
    std::array<std::byte, 100> sent{};
    std::array<std::byte, 100> got{};
    for (std::size_t n = 0; n <= sent.size(); ++n) {
        sent.fill(static_cast<std::byte>(n));
        ASSERT_TRUE(producer.try_push(std::span{sent}.first(n), static_cast<std::uint32_t>(n)));
        std::size_t size = 0;
        if (n != 0) {
            EXPECT_EQ(consumer.try_pop(std::span{got}.first(n - 1), size), Status::too_small);
            EXPECT_EQ(size, n);
        }
        ASSERT_TRUE(consumer.try_pop(got, size));
        EXPECT_EQ(size, n);
        EXPECT_EQ(consumer.type(), n);
        EXPECT_EQ(std::memcmp(got.data(), sent.data(), n), 0);
    }
    std::array<std::byte, 101> large{};
    EXPECT_EQ(producer.try_push(large), Status::too_big);
    std::span<std::byte> place;
    ASSERT_TRUE(producer.try_claim(50, place));
    EXPECT_EQ((place.data() - rig.memory.data()) % 32, 0);
    std::memset(place.data(), 7, 50);
    ASSERT_TRUE(producer.publish(30, 9));
    ring::BytesView view;
    ASSERT_TRUE(consumer.try_peek(view));
    EXPECT_EQ(view.payload.size(), 30u);
    EXPECT_EQ(view.type, 9u);
    consumer.release();
    EXPECT_EQ(rig.held(), 0);
    EXPECT_TRUE(rig.guards_whole());
}

TEST(BlockBytesRing, ASizeThatNoProducerWritesIsBroken) {
    BlockBytesRig<> rig{2, 16};
    auto producer = rig.producer(kOut);
    auto consumer = rig.consumer(kIn);
    std::array<std::byte, 16> out{};
    std::size_t size = 0;
    ASSERT_TRUE(producer.try_push(out));
    // relaxed: nobody else is here
    rig.size_word(0).store(ring::FrameHeader{17, 0, 0}.word(), std::memory_order_relaxed);
    EXPECT_EQ(consumer.try_pop(out, size), Status::broken);
    ring::BytesView view;
    EXPECT_EQ(consumer.try_peek(view), Status::broken);
}

TEST(InspectBlocks, TellsPositionsAndWhoHasWhatInHand) {
    using T = Blob<8, 8>;
    BlockRig<T> rig{4, 5};
    auto producer = rig.producer(kOut);
    auto consumer = rig.consumer(kIn);
    for (int n = 0; n < 3; ++n) {
        ASSERT_TRUE(producer.try_push(T{}));
    }
    ASSERT_NE(producer.try_claim(), nullptr);
    const T* shown = nullptr;
    ASSERT_TRUE(consumer.try_peek(shown));
    const auto word_at = [&](std::uint64_t offset) {
        return rig.slots().word(offset / 8).load(std::memory_order_relaxed);
    };
    std::vector<ring::Holding> holdings;
    const ring::RingState state = ring::inspect_blocks(
        word_at, rig.capacity(), [&](const ring::Holding& one) { holdings.push_back(one); });
    EXPECT_TRUE(state.plausible);
    EXPECT_EQ(state.write_pos, rig.start + 3);
    EXPECT_EQ(state.read_pos, rig.start + 1);
    EXPECT_EQ(state.free_pos, rig.start);
    EXPECT_EQ(state.unread(), 2u) << "a block that is being filled is no message yet";
    ASSERT_EQ(holdings.size(), 1u);
    EXPECT_EQ(holdings[0].owner.index, kIn.index);
    EXPECT_FALSE(holdings[0].claim);
    for (const std::uint64_t nonsense : {1u, 4u, 7u}) {
        EXPECT_FALSE(ring::inspect_blocks([&](std::uint64_t) { return nonsense; }, 4,
                                          [](const ring::Holding&) {})
                         .plausible);
    }
}

TEST(BlockGeometry, HasABlockForEachSlotAndEachParticipant) {
    using T = Blob<8, 8>;
    const auto geometry = ring::block_geometry<T>(100, 7);
    EXPECT_EQ(geometry.capacity, 128u);
    EXPECT_EQ(geometry.blocks, 135u);
    EXPECT_EQ(geometry.blocks_offset(), 1024u);
    EXPECT_EQ(geometry.bytes(), 1024u + 135 * 16);
    EXPECT_EQ(ring::block_geometry<T>(0, 7).capacity, 0u);
    EXPECT_EQ(ring::block_geometry<T>(1, 7).capacity, 2u);
    EXPECT_EQ(ring::block_geometry<T>(1u << 15, 4095).capacity, 1u << 15);
    EXPECT_EQ(ring::block_geometry<T>((1u << 15) + 1, 7).capacity, 0u);
    EXPECT_EQ(ring::block_geometry(2, 2, 0).capacity, 0u);
    EXPECT_EQ(ring::block_geometry(1u << 15, 2, kMaxSlotsBytes).capacity, 0u);
}

TEST(BlockWord, IsStateOwnerBlockTriesLapFromTheLowBitsUp) {
    const BlockWord word{0x2bcdef01, 5, 0xfedc, {0xabc, 0}, SlotState::orphan};
    EXPECT_EQ(word.word(), std::uint64_t{0x2bcdef01} << 34 | std::uint64_t{5} << 31 |
                               0xfedcu << 15 | 0xabcu << 3 | 5u);
    const BlockWord back = BlockWord::of(word.word());
    EXPECT_EQ(back.lap, word.lap);
    EXPECT_EQ(back.tries, 5u);
    EXPECT_EQ(back.block, 0xfedcu);
    EXPECT_EQ(back.owner.index, 0xabcu);
    EXPECT_EQ(back.state, SlotState::orphan);
    EXPECT_TRUE(back.names({0xabc, 9}) && !back.names({0xabd, 0}));
    EXPECT_EQ(BlockWord::freed(BlockWord{kLastLap, 7, 3}.word()), 0u) << "the lap begins again";
}

TEST(HolderWord, IsHeldOwnerGenerationVersionFromTheLowBitsUp) {
    const HolderWord word{0x123456789ab, {0xabc, 21}, true};
    EXPECT_EQ(word.word(), std::uint64_t{0x123456789ab} << 20 | 21u << 15 | 0xabcu << 3 | 1u);
    EXPECT_EQ(HolderWord::of(word.word()).version, word.version);
    EXPECT_EQ(HolderWord::of(word.word()).owner, word.owner);
    EXPECT_EQ(HolderWord::freed(word.word()), HolderWord{word.version}.word());
    EXPECT_EQ(HolderWord::taken(HolderWord{7}.word(), HolderWord::naming(kOut)),
              (HolderWord{8, kOut, true}.word()));
    EXPECT_EQ(HolderWord::moved(word.word(), HolderWord::naming(kIn)),
              (HolderWord{word.version, kIn, true}.word()));
}

}  // namespace
}  // namespace shunt::test
