// SPDX-License-Identifier: MIT
//
// The owner-word ring on one thread: what is written where, what is full, empty and busy, and what
// recovery makes of what each participant held.
#include "mpmc_rig.hpp"

#include <shunt/core/ring/inspect.hpp>

#include <gtest/gtest.h>

#include <vector>

namespace shunt::test {
namespace {

using ring::OwnerWord;
using ring::SlotOwner;
using ring::SlotState;

constexpr std::uint64_t kLastLap = OwnerWord::kLapMask;
constexpr SlotOwner kOut{2, 7};
constexpr SlotOwner kIn{3, 9};
constexpr SlotOwner kOther{4, 31};

template <class T>
class MpmcRing : public testing::Test {
protected:
    using Rig = MpmcRig<T>;
    // The last two reach the end of the laps, and of 32 bits, on their way.
    static std::vector<std::uint64_t> laps() {
        return {0, 1, (std::uint64_t{1} << 31) - 1, kLastLap - 1};
    }
};
using Messages = testing::Types<Blob<1, 1>, Blob<8, 8>, Blob<56, 8>, Blob<64, 64>, Blob<200, 8>>;
TYPED_TEST_SUITE(MpmcRing, Messages, BlobName);

template <class T>
[[nodiscard]] testing::AssertionResult pops(ring::MpmcConsumer<T>& consumer, std::uint64_t position,
                                            bool again = false) {
    T out{};
    if (const Status status = consumer.try_pop(out); !status) {
        return testing::AssertionFailure()
               << "wanted message " << position << ", got " << to_string(status);
    }
    if (consumer.position() != position || consumer.redelivered() != again) {
        return testing::AssertionFailure() << "wanted position " << position << ", got "
                                           << consumer.position() << ", flagged or not";
    }
    return out == message<T>(position)
               ? testing::AssertionSuccess()
               : testing::AssertionFailure() << "message " << position << " has other bytes";
}

TYPED_TEST(MpmcRing, ZeroMemoryIsAnEmptyRing) {
    typename TestFixture::Rig rig{3};
    EXPECT_EQ(rig.capacity(), 4u);
    std::fill_n(rig.memory.data(), rig.memory.size(), std::byte{0});
    auto producer = rig.producer(kOut);
    auto consumer = rig.consumer(kIn);
    TypeParam out{};
    EXPECT_EQ(consumer.try_pop(out), Status::empty);
    EXPECT_FALSE(consumer.holds() || consumer.readable());
    EXPECT_TRUE(producer.writable());
    EXPECT_TRUE(producer.try_push(message<TypeParam>(0)));
    EXPECT_TRUE(pops(consumer, 0));
}

TYPED_TEST(MpmcRing, FullAndEmptyAreExactOverTheEndOfTheLaps) {
    using T = TypeParam;
    for (const std::uint64_t lap : this->laps()) {
        typename TestFixture::Rig rig{4, lap};
        auto producer = rig.producer(kOut);
        auto consumer = rig.consumer(kIn);
        std::uint64_t next = rig.start;
        for (int round = 0; round < 4; ++round) {
            const std::uint64_t first = next;
            for (; next < first + rig.capacity(); ++next) {
                ASSERT_TRUE(producer.try_push(message<T>(next)));
                EXPECT_EQ(producer.position(), next);
            }
            EXPECT_FALSE(producer.writable());
            EXPECT_EQ(producer.try_push(message<T>(next)), Status::full);
            for (std::uint64_t p = first; p < next; ++p) {
                ASSERT_TRUE(pops(consumer, p)) << "lap " << lap;
            }
            T out{};
            EXPECT_EQ(consumer.try_pop(out), Status::empty);
            EXPECT_FALSE(consumer.readable());
        }
        EXPECT_TRUE(rig.guards_whole());
    }
}

TYPED_TEST(MpmcRing, EveryWordNamesWhoHoldsTheSlot) {
    using T = TypeParam;
    typename TestFixture::Rig rig{2, 5};
    auto producer = rig.producer(kOut);
    auto consumer = rig.consumer(kIn);
    const auto state = [&] { return rig.word(rig.start).state; };
    T* const place = producer.try_claim();
    ASSERT_NE(place, nullptr);
    EXPECT_EQ(producer.try_claim(), place) << "claiming again gives the same";
    EXPECT_EQ(bytes_of(*place), rig.memory.data() + ring::MpmcShape<T>::kPlaceOffset);
    EXPECT_EQ(state(), SlotState::claimed);
    EXPECT_EQ(rig.word(rig.start).owner, kOut);
    EXPECT_EQ(rig.word(rig.start).lap, 5u);
    T out{};
    EXPECT_EQ(consumer.try_pop(out), Status::busy);
    EXPECT_EQ(consumer.busy_owner(), kOut);
    EXPECT_FALSE(consumer.readable());
}

TYPED_TEST(MpmcRing, AStoppedClaimHoldsBackWhatIsBehindIt) {
    using T = TypeParam;
    typename TestFixture::Rig rig{4};
    auto first = rig.producer(kOut);
    auto second = rig.producer(kOther);
    auto consumer = rig.consumer(kIn);
    T* const place = first.try_claim();
    ASSERT_NE(place, nullptr);
    ASSERT_TRUE(second.try_push(message<T>(1)));
    T out{};
    EXPECT_EQ(consumer.try_pop(out), Status::busy);
    *place = message<T>(0);
    first.publish();
    EXPECT_TRUE(pops(consumer, 0));
    EXPECT_TRUE(pops(consumer, 1));
}

TYPED_TEST(MpmcRing, AnAbandonedClaimIsAGapThatOneConsumerIsToldOf) {
    using T = TypeParam;
    for (const std::uint64_t lap : this->laps()) {
        typename TestFixture::Rig rig{2, lap};
        auto producer = rig.producer(kOut);
        auto consumer = rig.consumer(kIn);
        auto other = rig.consumer(kOther);
        ASSERT_NE(producer.try_claim(), nullptr);
        producer.abandon();
        ASSERT_TRUE(producer.try_push(message<T>(rig.start + 1)));
        T out{};
        EXPECT_TRUE(consumer.readable());
        EXPECT_EQ(consumer.try_pop(out), Status::gap);
        EXPECT_EQ(consumer.last_gap().position, rig.start);
        EXPECT_EQ(consumer.last_gap().owner, kOut);
        EXPECT_TRUE(pops(other, rig.start + 1));
        EXPECT_EQ(other.try_pop(out), Status::empty);
        EXPECT_EQ(rig.word(rig.start).state, SlotState::free);
    }
}

TYPED_TEST(MpmcRing, MessagesAreReleasedInAnyOrder) {
    using T = TypeParam;
    typename TestFixture::Rig rig{2};
    auto producer = rig.producer(kOut);
    auto one = rig.consumer(kIn);
    auto two = rig.consumer(kOther);
    ASSERT_TRUE(producer.try_push(message<T>(0)));
    ASSERT_TRUE(producer.try_push(message<T>(1)));
    const T* first = nullptr;
    const T* second = nullptr;
    ASSERT_TRUE(one.try_peek(first));
    ASSERT_TRUE(two.try_peek(second));
    EXPECT_EQ(*first, message<T>(0));
    EXPECT_EQ(*second, message<T>(1));
    two.release();
    EXPECT_EQ(producer.try_push(message<T>(2)), Status::full)
        << "the slot before by one lap is still held, though another is free";
    EXPECT_EQ(two.try_peek(second), Status::empty);
    one.release();
    EXPECT_TRUE(producer.try_push(message<T>(2)));
    EXPECT_TRUE(pops(two, 2));
}

// Recovery of one that is dead for good.
template <class Rig>
ring::Recovered recover(Rig& rig, SlotOwner dead, ring::on_orphan policy = {}) {
    ring::Recovered done;
    EXPECT_TRUE(ring::recover_slots(
        rig.slots(), *rig.words, dead, policy, [] { return true; }, done));
    return done;
}

TYPED_TEST(MpmcRing, ADeadProducersClaimIsAGap) {
    using T = TypeParam;
    typename TestFixture::Rig rig{4, kLastLap};
    auto dead = rig.producer(kOut);
    auto producer = rig.producer(kOther);
    auto consumer = rig.consumer(kIn);
    ASSERT_TRUE(dead.try_push(message<T>(rig.start)));
    ASSERT_NE(dead.try_claim(), nullptr);
    ASSERT_TRUE(producer.try_push(message<T>(rig.start + 2)));
    EXPECT_EQ(recover(rig, SlotOwner{kOut.index, 8}).voided, 0u) << "another of that index";
    EXPECT_EQ(recover(rig, kOut).voided, 1u);
    EXPECT_EQ(recover(rig, kOut).voided, 0u) << "nothing is left of it";
    EXPECT_TRUE(pops(consumer, rig.start)) << "what was published stays";
    T out{};
    EXPECT_EQ(consumer.try_pop(out), Status::gap);
    EXPECT_EQ(consumer.last_gap().owner, kOut);
    EXPECT_TRUE(pops(consumer, rig.start + 2));
}

TYPED_TEST(MpmcRing, ADeadConsumersMessageGoesToAnotherFlagged) {
    using T = TypeParam;
    typename TestFixture::Rig rig{4};
    auto producer = rig.producer(kOut);
    auto dead = rig.consumer(kIn);
    auto consumer = rig.consumer(kOther);
    for (std::uint64_t p = 0; p < 3; ++p) {
        ASSERT_TRUE(producer.try_push(message<T>(p)));
    }
    const T* seen = nullptr;
    ASSERT_TRUE(dead.try_peek(seen));
    EXPECT_TRUE(pops(consumer, 1));
    EXPECT_EQ(recover(rig, kIn).orphaned, 1u);
    EXPECT_TRUE(consumer.readable());
    EXPECT_TRUE(pops(consumer, 0, true));
    EXPECT_TRUE(pops(consumer, 2));
    T out{};
    EXPECT_EQ(consumer.try_pop(out), Status::empty);
    EXPECT_FALSE(consumer.readable());
    EXPECT_TRUE(producer.writable());
}

TYPED_TEST(MpmcRing, AnOrphanIsDroppedWhereThatIsThePolicy) {
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
    EXPECT_EQ(rig.word(0).word(), OwnerWord{1}.word());
}

// A message that kills whoever reads it.
TYPED_TEST(MpmcRing, APoisonMessageIsADeadLetterInTheEnd) {
    using T = TypeParam;
    typename TestFixture::Rig rig{2};
    auto producer = rig.producer(kOut);
    ASSERT_TRUE(producer.try_push(message<T>(0)));
    ASSERT_TRUE(producer.try_push(message<T>(1)));
    for (std::uint32_t tries = 0; tries <= layout::kMostTries; ++tries) {
        auto victim = rig.consumer(ring::slot_owner(kIn.index, tries));
        const T* seen = nullptr;
        ASSERT_TRUE(victim.try_peek(seen));
        EXPECT_EQ(victim.position(), 0u);
        EXPECT_EQ(victim.redelivered(), tries != 0);
        EXPECT_EQ(recover(rig, ring::slot_owner(kIn.index, tries)).orphaned, 1u);
    }
    auto consumer = rig.consumer(kOther);
    EXPECT_TRUE(pops(consumer, 1));
    EXPECT_EQ(consumer.dead_letters(), 1u);
    T out{};
    EXPECT_EQ(consumer.try_pop(out), Status::empty);
}

TYPED_TEST(MpmcRing, RecoveryChangesNothingOnceTheEntryIsSomebodyElses) {
    using T = TypeParam;
    typename TestFixture::Rig rig{2};
    auto living = rig.producer(kOut);
    ASSERT_NE(living.try_claim(), nullptr);
    ring::Recovered done;
    EXPECT_FALSE(ring::recover_slots(
        rig.slots(), *rig.words, kOut, {}, [] { return false; }, done));
    EXPECT_EQ(done.voided, 0u);
    EXPECT_EQ(rig.word(0).state, SlotState::claimed);
    *living.try_claim() = message<T>(0);
    living.publish();
    auto consumer = rig.consumer(kIn);
    EXPECT_TRUE(pops(consumer, 0));
}

// Hints that are behind by anything up to all that happened: nothing but longer ways.
TYPED_TEST(MpmcRing, StaleHintsCostAWayAndNoMore) {
    using T = TypeParam;
    for (const std::uint64_t lap : this->laps()) {
        typename TestFixture::Rig rig{4, lap};
        std::uint64_t next = rig.start;
        for (std::uint64_t back = 0; back < 3 * rig.capacity(); ++back) {
            auto producer = rig.producer(kOut);
            auto consumer = rig.consumer(kIn);
            const std::uint64_t hint = next - std::min(back, next - rig.start);
            rig.words->write_hint.store(hint, std::memory_order_relaxed);
            rig.words->read_hint.store(hint, std::memory_order_relaxed);
            for (int n = 0; n < 3; ++n) {
                ASSERT_TRUE(producer.try_push(message<T>(next + static_cast<std::uint64_t>(n))));
            }
            rig.words->read_hint.store(hint, std::memory_order_relaxed);
            for (int n = 0; n < 3; ++n) {
                ASSERT_TRUE(pops(consumer, next++)) << "hint " << hint << " behind by " << back;
            }
            T out{};
            EXPECT_EQ(consumer.try_pop(out), Status::empty);
        }
    }
}

// No port writes such words. Each is ahead of the one before, round and round.
TEST(MpmcRingOfNonsense, LapsAllAroundTheCircleAreNeitherMessageNorRoomAndEndEachCall) {
    using T = Blob<8, 8>;
    for (const SlotState state : {SlotState::free, SlotState::taken, SlotState::ready}) {
        MpmcRig<T> rig{4};
        for (std::uint64_t i = 0; i < 4; ++i) {
            const OwnerWord word{(kLastLap + 1) / 4 * i + 1, 0, kOther, state};
            // relaxed: nobody else is here
            rig.slots().word(i).store(word.word(), std::memory_order_relaxed);
        }
        auto producer = rig.producer(kOut);
        auto consumer = rig.consumer(kIn);
        T out{};
        (void)consumer.try_pop(out);
        (void)consumer.try_pop_copy(out);
        (void)consumer.readable();
        (void)producer.writable();
        (void)producer.try_push(message<T>(0));
        EXPECT_TRUE(rig.guards_whole());
    }
}

TEST(InspectMpmc, TellsPositionsAndWhoHasWhatInHand) {
    using T = Blob<8, 8>;
    MpmcRig<T> rig{4, 5};
    auto producer = rig.producer({2, 1});
    auto stuck = rig.producer({3, 2});
    auto consumer = rig.consumer({4, 3});
    for (std::uint64_t n = 0; n < 2; ++n) {
        ASSERT_TRUE(producer.try_push(T{}));
    }
    ASSERT_NE(stuck.try_claim(), nullptr);
    ASSERT_TRUE(producer.try_push(T{}));
    const T* shown = nullptr;
    ASSERT_TRUE(consumer.try_peek(shown));
    const auto word_at = [&](std::uint64_t offset) {
        return rig.slots()
            .word(offset / ring::MpmcShape<T>::kSlotBytes)
            .load(std::memory_order_relaxed);
    };
    std::vector<ring::Holding> holdings;
    const ring::RingState state =
        ring::inspect_mpmc(word_at, rig.capacity(), ring::MpmcShape<T>::kSlotBytes,
                           [&](const ring::Holding& one) { holdings.push_back(one); });
    EXPECT_TRUE(state.plausible);
    EXPECT_EQ(state.write_pos, rig.start + 4);
    EXPECT_EQ(state.read_pos, rig.start + 1);
    EXPECT_EQ(state.free_pos, rig.start);
    EXPECT_EQ(state.unread(), 3u) << "a claim is to be waited for";
    ASSERT_EQ(holdings.size(), 2u);
    EXPECT_EQ(holdings[0].position, rig.start);
    EXPECT_EQ(holdings[0].owner, (SlotOwner{4, 3}));
    EXPECT_FALSE(holdings[0].claim);
    EXPECT_EQ(holdings[1].position, rig.start + 2);
    EXPECT_EQ(holdings[1].owner, (SlotOwner{3, 2}));
    EXPECT_TRUE(holdings[1].claim);

    ring::Recovered done;
    ASSERT_TRUE(ring::recover_slots(
        rig.slots(), *rig.words, {4, 3}, ring::on_orphan::inherit, [] { return true; }, done));
    const auto now = ring::inspect_mpmc(word_at, rig.capacity(), ring::MpmcShape<T>::kSlotBytes,
                                        [](const ring::Holding&) {});
    EXPECT_EQ(now.orphans, 1u);
    EXPECT_EQ(now.unread(), 4u);
    const auto nonsense = ring::inspect_mpmc([](std::uint64_t) { return std::uint64_t{7}; }, 4, 16,
                                             [](const ring::Holding&) {});
    EXPECT_FALSE(nonsense.plausible);
}

TEST(MpmcGeometry, IsAPowerOfTwoFromTwoToSixteenMillion) {
    using T = Blob<8, 8>;
    EXPECT_EQ(ring::mpmc_geometry<T>(0).capacity, 0u);
    EXPECT_EQ(ring::mpmc_geometry<T>(1).capacity, 2u);
    EXPECT_EQ(ring::mpmc_geometry<T>(257).capacity, 512u);
    EXPECT_EQ(ring::mpmc_geometry<T>(257).bytes, 512u * 16);
    EXPECT_EQ(ring::mpmc_geometry<T>(1u << 24).capacity, 1u << 24);
    EXPECT_EQ(ring::mpmc_geometry<T>((1u << 24) + 1).capacity, 0u);
}

TEST(MpmcGeometry, ASlotIsAPartOfALineOrWholeLines) {
    EXPECT_EQ(ring::mpmc_slot_bytes(1, 1), 16u);
    EXPECT_EQ(ring::mpmc_slot_bytes(8, 8), 16u);
    EXPECT_EQ(ring::mpmc_slot_bytes(16, 16), 32u) << "from offset 16 on";
    EXPECT_EQ(ring::mpmc_slot_bytes(24, 8), 32u);
    EXPECT_EQ(ring::mpmc_slot_bytes(25, 1), 64u);
    EXPECT_EQ(ring::mpmc_slot_bytes(56, 8), 64u);
    EXPECT_EQ(ring::mpmc_slot_bytes(57, 1), 128u);
    EXPECT_EQ(ring::mpmc_slot_bytes(64, 64), 128u);
    EXPECT_EQ(ring::mpmc_slot_bytes(200, 8), 256u);
}

TEST(OwnerWord, IsStateOwnerGenerationTriesLapFromTheLowBitsUp) {
    const OwnerWord word{0x9876543210, 11, {0xabc, 21}, SlotState::orphan};
    EXPECT_EQ(word.word(), 0x9876543210u << 24 | 11u << 20 | 21u << 15 | 0xabcu << 3 | 5u);
    const OwnerWord back = OwnerWord::of(word.word());
    EXPECT_EQ(back.lap, word.lap);
    EXPECT_EQ(back.tries, 11u);
    EXPECT_EQ(back.owner, word.owner);
    EXPECT_EQ(back.state, SlotState::orphan);
    EXPECT_EQ(OwnerWord::freed(OwnerWord{kLastLap}.word()), 0u) << "the lap begins again";
}

TEST(Laps, TellHowFarAWordIsAheadAlsoOverTheirEnd) {
    const ring::Laps laps{4};
    EXPECT_EQ(laps.ahead(OwnerWord{5}.word(), 5 * 4 + 3), 0);
    EXPECT_EQ(laps.ahead(OwnerWord{7}.word(), 5 * 4 + 3), 2);
    EXPECT_EQ(laps.ahead(OwnerWord{4}.word(), 5 * 4), -1);
    EXPECT_EQ(laps.ahead(OwnerWord{0}.word(), kLastLap * 4), 1);
    EXPECT_EQ(laps.ahead(OwnerWord{kLastLap}.word(), 0), -1);
    EXPECT_EQ(laps.half(), std::uint64_t{1} << 41);
}

}  // namespace
}  // namespace shunt::test
