// SPDX-License-Identifier: MIT
//
// Subscribers that the publisher of a broadcast log waits for, or evicts, and those that are given
// the newest message only.
#include "broadcast_rig.hpp"
#include "stepping_policy.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <random>
#include <vector>

namespace shunt::test {
namespace {

using Message = Blob<24, 8>;
using Rig = BroadcastRig<Message>;
using Subscriber = Rig::Subscriber;
using Publisher = Rig::Publisher;

Status push(Publisher& publisher) {
    return publisher.try_push(message<Message>(publisher.position()));
}
// As many as it takes, up to `most`.
std::uint64_t fill(Publisher& publisher, std::uint64_t most = 1000) {
    std::uint64_t pushed = 0;
    while (pushed < most && push(publisher)) {
        ++pushed;
    }
    return pushed;
}

TEST(BroadcastGate, WithoutAGateNothingIsEverFull) {
    Rig rig{8};
    auto publisher = rig.publisher(rig.gates());
    for (std::uint64_t p = 0; p < 100; ++p) {
        ASSERT_TRUE(push(publisher));
        ASSERT_TRUE(publisher.writable());
        ASSERT_GE(rig.gate_limit(), rig.write_pos());
        ASSERT_LE(rig.gate_limit(), p + 2) << "a quarter of the log";
    }
    EXPECT_TRUE(rig.guards_whole());
}

TEST(BroadcastGate, ThePublisherWaitsForAGateAndForNothingElse) {
    for (const std::uint64_t start : start_positions(200)) {
        for (const std::uint64_t slots : {2u, 4u, 8u, 64u}) {
            Rig rig{slots, start};
            auto publisher = rig.publisher(rig.gates());
            auto gate = rig.gated(2);
            auto lossy = rig.subscriber(0);
            ASSERT_TRUE(gate.gated());
            ASSERT_EQ(fill(publisher), slots);
            for (std::uint64_t p = start; p < start + 100; ++p) {
                ASSERT_EQ(push(publisher), Status::full);
                ASSERT_FALSE(publisher.writable());
                ASSERT_EQ(publisher.try_claim(), nullptr);
                ASSERT_EQ(rig.gate_limit(), rig.write_pos());
                ASSERT_TRUE(pops(gate, p));
                gate.tell();
                ASSERT_EQ(rig.cursor(2), p + 1);
                ASSERT_TRUE(publisher.writable());
                ASSERT_EQ(fill(publisher), 1u);
            }
            EXPECT_EQ(gate.lost(), 0u);
            Message out{};
            EXPECT_EQ(lossy.try_pop(out), Status::lapped);
            EXPECT_TRUE(rig.guards_whole());
        }
    }
}

TEST(BroadcastGate, WhatIsReadIsToldByEighthsAndWhenNothingIsLeft) {
    Rig rig{64};
    auto publisher = rig.publisher(rig.gates());
    auto gate = rig.gated();
    ASSERT_EQ(fill(publisher, 20), 20u);
    for (std::uint64_t p = 0; p < 20; ++p) {
        ASSERT_TRUE(pops(gate, p));
        ASSERT_EQ(rig.cursor(), (p + 1) / 8 * 8);
        ASSERT_EQ(gate.told(), rig.cursor());
    }
    Message out{};
    ASSERT_EQ(gate.try_pop(out), Status::empty);
    EXPECT_EQ(rig.cursor(), 20u);
}

TEST(BroadcastGate, ABatchEndsWhereAGateStands) {
    Rig rig{8};
    auto publisher = rig.publisher(rig.gates());
    auto gate = rig.gated();
    std::vector<Message> batch;
    for (std::uint64_t p = 0; p < 12; ++p) {
        batch.push_back(message<Message>(p));
    }
    EXPECT_EQ(publisher.try_push_n(batch), 8u);
    for (std::uint64_t p = 0; p < 3; ++p) {
        ASSERT_TRUE(pops(gate, p));
    }
    EXPECT_EQ(publisher.try_push_n(std::span{batch}.subspan(8)), 3u);
    EXPECT_EQ(publisher.try_push_n(std::span{batch}.subspan(11)), 0u);
    for (std::uint64_t p = 3; p < 11; ++p) {
        ASSERT_TRUE(pops(gate, p));
    }
    Message* const place = publisher.try_claim();
    ASSERT_NE(place, nullptr);
    *place = message<Message>(11);
    publisher.publish();
    EXPECT_TRUE(pops(gate, 11));
}

TEST(BroadcastGate, ReadsInPlaceHoldThePublisherUntilTheRelease) {
    Rig rig{4};
    auto publisher = rig.publisher(rig.gates());
    auto gate = rig.gated();
    ASSERT_EQ(fill(publisher), 4u);
    const Message* shown = nullptr;
    ASSERT_TRUE(gate.try_peek(shown));
    EXPECT_EQ(push(publisher), Status::full);
    EXPECT_EQ(*shown, message<Message>(0));
    EXPECT_TRUE(gate.still_valid());
    EXPECT_TRUE(gate.release());
    EXPECT_EQ(fill(publisher), 1u);
}

TEST(BroadcastGate, LateGatesBeginWhereNothingIsLostAnyMore) {
    for (const std::uint64_t published : {9u, 10u, 11u, 12u, 16u, 100u}) {
        Rig rig{8};
        auto publisher = rig.publisher(rig.gates());
        ASSERT_EQ(fill(publisher, published), published);
        auto oldest = rig.gated(0);
        auto latest = rig.gated(1, ring::from::latest);
        auto yet_to_come = rig.gated(2, published + 20);
        EXPECT_EQ(oldest.next_position(), rig.gate_limit() - 8);
        EXPECT_EQ(latest.next_position(), published);
        EXPECT_EQ(yet_to_come.next_position(), published + 20);
        for (std::uint64_t p = oldest.next_position(); p < published + 40; ++p) {
            (void)fill(publisher);
            ASSERT_TRUE(pops(oldest, p));
            ASSERT_TRUE(p < published || pops(latest, p));
            ASSERT_TRUE(p < published + 20 || pops(yet_to_come, p));
        }
        EXPECT_EQ(oldest.lost() + latest.lost() + yet_to_come.lost(), 0u);
    }
}

TEST(BroadcastGate, APositionThatIsGoneIsToldAsALossOfExactlyThat) {
    Rig rig{8};
    auto publisher = rig.publisher(rig.gates());
    ASSERT_EQ(fill(publisher, 20), 20u);
    auto gate = rig.gated(0, 3);
    Message out{};
    ASSERT_EQ(gate.try_pop(out), Status::lapped);
    EXPECT_EQ(gate.next_position(), rig.gate_limit() - 8);
    EXPECT_EQ(gate.lost(), gate.next_position() - 3);
    EXPECT_TRUE(gate.gated());
    const std::uint64_t lost = gate.lost();
    for (std::uint64_t p = gate.next_position(); p < 60; ++p) {
        (void)fill(publisher);
        ASSERT_TRUE(pops(gate, p));
    }
    EXPECT_EQ(gate.lost(), lost);
}

TEST(BroadcastGate, ASlowGateIsEvictedAndLearnsItsGap) {
    for (const std::uint64_t start : start_positions(200)) {
        Rig rig{8, start};
        auto publisher = rig.publisher(rig.gates(true));
        auto slow = rig.gated(0, ring::from::oldest, 7);
        auto quick = rig.gated(1, ring::from::oldest, 8);
        for (std::uint64_t p = start; p < start + 50; ++p) {
            ASSERT_TRUE(push(publisher));
            ASSERT_TRUE(pops(quick, p));
            ASSERT_EQ(slow.gated(), p < start + 8);
            ASSERT_EQ(publisher.evictions(), p < start + 8 ? 0u : 1u);
        }
        EXPECT_EQ(rig.evicted->of[0].load(std::memory_order_relaxed), 7u);
        EXPECT_EQ(rig.evicted->of[1].load(std::memory_order_relaxed), 0u);
        Message out{};
        ASSERT_EQ(slow.try_pop(out), Status::lapped);
        EXPECT_EQ(slow.lost(), slow.next_position() - start);
        EXPECT_EQ(rig.gate(0), 0u) << "closed";
        std::uint64_t received = 0;
        while (slow.try_pop(out)) {
            ++received;
        }
        EXPECT_EQ(received + slow.lost(), 50u);
        EXPECT_EQ(quick.lost(), 0u);
        EXPECT_TRUE(quick.gated());
    }
}

TEST(BroadcastGate, WhoIsEvictedAndHasLostNothingLearnsItTooAndANewTokenIsWaitedForAgain) {
    Rig rig{8};
    auto publisher = rig.publisher(rig.gates(true));
    auto slow = rig.gated(0, ring::from::oldest, 7);
    ASSERT_EQ(fill(publisher, 8), 8u);
    ASSERT_NE(publisher.try_claim(), nullptr);
    publisher.abandon();
    EXPECT_FALSE(slow.gated());
    Message out{};
    EXPECT_EQ(slow.try_pop(out), Status::lapped) << "the claim took one message's place";
    auto again = rig.gated(0, ring::from::latest, 9);
    EXPECT_TRUE(again.gated());
    auto waits = rig.publisher(rig.gates());
    EXPECT_EQ(fill(waits), 8u);
    EXPECT_TRUE(again.gated());
    for (std::uint64_t p = 8; p < 16; ++p) {
        ASSERT_TRUE(pops(again, p));
    }
}

TEST(BroadcastGate, ADeadOnesGateIsClosedByItsTokenAlone) {
    Rig rig{4};
    auto publisher = rig.publisher(rig.gates());
    (void)rig.gated(1, ring::from::oldest, 5);
    ASSERT_EQ(fill(publisher), 4u);
    ring::close_gate(*rig.own[1], 4);
    EXPECT_EQ(push(publisher), Status::full);
    ring::close_gate(*rig.own[1], 5);
    EXPECT_EQ(rig.gate(1), 0u);
    EXPECT_EQ(fill(publisher, 10), 10u);
}

TEST(BroadcastGate, ASuccessorBelievesNoLimitAndCountsWhatItsPredecessorHadBegun) {
    for (const std::uint64_t lie : {std::uint64_t{0}, std::uint64_t{21}, kPositionLimit}) {
        for (const bool begun : {false, true}) {
            Rig rig{8};
            {
                auto predecessor = rig.publisher(rig.gates());
                ASSERT_EQ(fill(predecessor, 20), 20u);
                if (begun) {
                    ASSERT_NE(predecessor.try_claim(), nullptr);
                }
            }
            rig.words->gate_limit.store(lie, std::memory_order_relaxed);
            auto publisher = rig.publisher(rig.gates());
            EXPECT_EQ(rig.gate_limit(), begun ? 21u : 20u);
            auto gate = rig.gated();
            EXPECT_EQ(gate.next_position(), begun ? 13u : 12u);
            EXPECT_EQ(fill(publisher), begun ? 1u : 0u);
            for (std::uint64_t p = gate.next_position(); p < 40; ++p) {
                ASSERT_TRUE(pops(gate, p));
                gate.tell();
                (void)fill(publisher);
            }
            EXPECT_EQ(gate.lost(), 0u);
        }
    }
}

// Words that no subscriber of ours writes hold nobody up for longer than an honest one would.
TEST(BroadcastGate, WordsThatLieHoldNobodyUp) {
    for (const bool evicts : {false, true}) {
        for (const std::uint64_t cursor :
             {std::uint64_t{0}, std::uint64_t{11}, kPositionLimit + 1, UINT64_MAX}) {
            Rig rig{8};
            auto publisher = rig.publisher(rig.gates(evicts));
            ASSERT_EQ(fill(publisher, 20), 20u);
            rig.gate_words->high.store(UINT64_MAX, std::memory_order_relaxed);
            rig.own[3]->gate.store(ring::gate_word(6), std::memory_order_relaxed);
            rig.own[3]->cursor.store(cursor, std::memory_order_relaxed);
            rig.own[2]->gate.store(ring::gate_word(0), std::memory_order_relaxed);
            rig.own[2]->cursor.store(12, std::memory_order_relaxed);
            EXPECT_EQ(fill(publisher, 100), 100u) << cursor;
            EXPECT_EQ(publisher.evictions(), cursor > kPositionLimit ? 1u : 0u);
            EXPECT_TRUE(rig.guards_whole());
        }
    }
}
TEST(BroadcastGate, AGateThatGoesBackIsNotWaitedFor) {
    Rig rig{8};
    auto publisher = rig.publisher(rig.gates());
    auto honest = rig.gated(0);
    ASSERT_EQ(fill(publisher), 8u);
    for (std::uint64_t p = 0; p < 8; ++p) {
        ASSERT_TRUE(pops(honest, p));
    }
    ASSERT_EQ(fill(publisher, 4), 4u);
    rig.own[0]->cursor.store(2, std::memory_order_relaxed);
    EXPECT_EQ(fill(publisher, 50), 50u);
    Message out{};
    EXPECT_EQ(honest.try_pop(out), Status::lapped) << "and what it lost by that it is told";
    EXPECT_EQ(honest.lost(), honest.next_position() - 8);
    EXPECT_FALSE(honest.gated());
}
TEST(BroadcastGate, ALimitThatNoPublisherTellsBreaksTheJoiner) {
    for (const std::uint64_t lie : {std::uint64_t{29}, kPositionLimit, UINT64_MAX}) {
        Rig rig{8};
        auto publisher = rig.publisher(rig.gates());
        ASSERT_EQ(fill(publisher, 20), 20u);
        rig.words->gate_limit.store(lie, std::memory_order_relaxed);
        auto gate = rig.gated();
        EXPECT_TRUE(gate.broken()) << lie;
        EXPECT_EQ(rig.gate(), 0u);
        Message out{};
        EXPECT_EQ(gate.try_pop(out), Status::broken);
    }
    Rig rig{8};
    auto publisher = rig.publisher(rig.gates());
    ASSERT_EQ(fill(publisher, 20), 20u);
    rig.words->gate_limit.store(28, std::memory_order_relaxed);
    EXPECT_FALSE(rig.gated().broken()) << "the greatest that is right";
}

TEST(BroadcastConflate, TheNewestIsGivenAndTheRestIsCounted) {
    for (const std::uint64_t start : start_positions(200)) {
        Rig rig{8, start};
        auto publisher = rig.publisher(rig.gates());
        auto newest =
            rig.subscriber(0, ring::from::oldest, ring::resume::oldest, ring::policy::conflate);
        Message out{};
        ASSERT_EQ(newest.try_pop(out), Status::empty);
        std::uint64_t received = 0;
        for (const std::uint64_t more : {1u, 2u, 3u, 7u, 8u, 9u, 30u}) {
            ASSERT_EQ(fill(publisher, more), more);
            ASSERT_TRUE(newest.readable());
            ASSERT_TRUE(pops(newest, publisher.position() - 1));
            ++received;
            ASSERT_EQ(received + newest.lost(), publisher.position() - start);
            ASSERT_EQ(rig.lost(), newest.lost());
            ASSERT_EQ(newest.try_pop(out), Status::empty);
            ASSERT_EQ(newest.lag(), 0u);
        }
        ASSERT_EQ(fill(publisher, 3), 3u);
        const Message* shown = nullptr;
        ASSERT_TRUE(newest.try_peek(shown));
        ASSERT_EQ(fill(publisher, 2), 2u);
        EXPECT_EQ(*shown, message<Message>(publisher.position() - 3));
        EXPECT_TRUE(newest.release());
        EXPECT_EQ(rig.gate(), 0u) << "nobody waits for it";
    }
}
TEST(BroadcastConflate, BrokenByAWritePosBeyondTheLimit) {
    Rig rig{8};
    auto newest =
        rig.subscriber(0, ring::from::oldest, ring::resume::oldest, ring::policy::conflate);
    rig.words->write_pos.store(kPositionLimit, std::memory_order_relaxed);
    Message out{};
    EXPECT_EQ(newest.try_pop(out), Status::broken);
}

TEST(BroadcastGate, OfByteMessagesToo) {
    BroadcastBytesRig<> rig{4, 40};
    auto publisher = rig.publisher(rig.gates());
    auto gate = rig.gated();
    auto newest =
        rig.subscriber(1, ring::from::oldest, ring::resume::oldest, ring::policy::conflate);
    ASSERT_TRUE(publishes(publisher, 4));
    EXPECT_EQ(publisher.try_push(sent(4, 40)), Status::full);
    std::span<std::byte> place;
    EXPECT_EQ(publisher.try_claim(40, place), Status::full);
    EXPECT_EQ(publisher.try_push(std::vector<std::byte>(41)), Status::too_big);
    EXPECT_TRUE(pops(newest, 3));
    EXPECT_EQ(newest.lost(), 3u);
    for (std::uint64_t p = 0; p < 30; ++p) {
        ASSERT_TRUE(pops(gate, p));
        ASSERT_TRUE(publishes(publisher, p + 5));
        ASSERT_EQ(publisher.try_push(sent(p + 5, 40)), Status::full);
    }
    EXPECT_EQ(gate.lost(), 0u);
}

// At random: three gates that come, read, are evicted, leave and die, on one seat each.
class Audience {
public:
    explicit Audience(Rig& rig) : rig_{rig} {}

    void step(std::size_t seat, std::uint64_t random, bool evicts) {
        Place& place = places_[seat];
        if (!place.gate) {
            if (random % 4 == 0) {
                place.gate.emplace(rig_.gated(
                    seat, random % 8 == 0 ? ring::from::oldest : ring::from::latest, ++tokens_));
                place.token = tokens_;
                place.began = place.gate->next_position();
                place.received = 0;
            }
            return;
        }
        if (random % 16 == 0) {
            ring::close_gate(*rig_.own[seat], place.token);
            place.gate.reset();
            return;
        }
        Message out{};
        const std::uint64_t next = place.gate->next_position();
        const Status status = place.gate->try_pop(out);
        if (status) {
            ASSERT_EQ(out, message<Message>(next));
            ++place.received;
        } else if (status == Status::lapped) {
            ASSERT_TRUE(evicts);
            ASSERT_FALSE(place.gate->gated());
        } else {
            ASSERT_EQ(status, Status::empty);
            ASSERT_EQ(next, rig_.write_pos());
        }
        ASSERT_EQ(place.began + place.received + place.gate->lost(), place.gate->next_position());
    }
    // The least position that a gate needs.
    [[nodiscard]] std::uint64_t needed() const {
        std::uint64_t least = UINT64_MAX;
        for (const Place& place : places_) {
            if (place.gate && place.gate->gated()) {
                least = std::min(least, place.gate->next_position());
            }
        }
        return least;
    }

private:
    struct Place {
        std::optional<Subscriber> gate;
        std::uint64_t token = 0;
        std::uint64_t began = 0;
        std::uint64_t received = 0;
    };
    Rig& rig_;
    std::array<Place, 3> places_;
    std::uint64_t tokens_ = 0;
};

TEST(BroadcastGate, AtRandomNothingThatAGateNeedsIsOverwritten) {
    for (const std::uint64_t slots : {2u, 4u, 8u, 32u}) {
        for (const bool evicts : {false, true}) {
            std::mt19937_64 random{slots};
            Rig rig{slots};
            auto publisher = rig.publisher(rig.gates(evicts));
            Audience audience{rig};
            std::uint64_t refused = 0;
            for (int i = 0; i < 20'000; ++i) {
                const std::uint64_t choice = random();
                if (choice % 3 == 0) {
                    const Status status = push(publisher);
                    ASSERT_TRUE(status || (!evicts && status == Status::full));
                    refused += status ? 0u : 1u;
                    ASSERT_LE(rig.write_pos() - std::min(rig.write_pos(), audience.needed()),
                              slots);
                } else {
                    audience.step(choice / 4 % 3, choice >> 32, evicts);
                    if (testing::Test::HasFatalFailure()) {
                        return;
                    }
                }
            }
            EXPECT_EQ(refused != 0, !evicts);
            EXPECT_EQ(publisher.evictions() != 0, evicts);
            EXPECT_TRUE(rig.guards_whole());
        }
    }
}

}  // namespace
}  // namespace shunt::test
