// SPDX-License-Identifier: MIT
//
// The ports of a channel with blocks: what they share with mpmc ports is tested there; here is what
// differs. A producer that is stopped, or dies, with a claim holds nobody up and leaves no gap;
// publish() may find the ring full; and the channel is of a kind of its own.
#include "many.hpp"

#include <shunt/channel/header.hpp>
#include <shunt/core/ring/block_slots.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <optional>
#include <span>
#include <string>

namespace shunt::mpmc {
namespace {

using layout::RegionId;
using Out = BlockProducer<Number>;
using In = BlockConsumer<Number>;
using Blocks = MpmcPorts;

// Blocks that somebody has, or a slot names.
template <class Port>
int held(const Port& port) {
    const channel::Participant& place = port.participant();
    const ring::BlockSlots slots{place.region(RegionId::slots), block_geometry(place)};
    int all = 0;
    for (std::uint32_t b = 0; b < slots.blocks(); ++b) {
        all += ring::HolderWord::is_held(slots.holder(b).load(std::memory_order_acquire)) ? 1 : 0;
    }
    return all;
}

template <class F>
std::string refusal_of(F&& wrong) {
    try {
        wrong();
    } catch (const Error& error) {
        return error.what();
    }
    return "nothing was refused";
}

TEST_F(Blocks, EveryVerbCarriesMessages) {
    Out out{kName, small()};
    In in{kName, small()};
    Number got = 0;
    EXPECT_TRUE(out.try_push(1));
    EXPECT_TRUE(out.try_push_quiet(2));
    EXPECT_TRUE(out.push(3));
    *out.try_claim() = 4;
    EXPECT_TRUE(out.publish());
    EXPECT_EQ(out.try_push(5), Status::full);
    EXPECT_EQ(in.size_approx(), 4u);
    EXPECT_TRUE(in.try_pop(got));
    EXPECT_EQ(got, 1u);
    EXPECT_TRUE(in.try_pop_quiet(got));
    EXPECT_EQ(got, 2u);
    const Number* const shown = in.try_peek();
    ASSERT_NE(shown, nullptr);
    EXPECT_EQ(*shown, 3u);
    in.release();
    EXPECT_EQ(in.drain([&](const Number& each) { got = each; }, 8), 1u);
    EXPECT_EQ(got, 4u);
    const std::array<Number, 3> batch{6, 7, 8};
    EXPECT_EQ(out.try_push_n(batch), 3u);
    std::array<Number, 8> all{};
    EXPECT_EQ(in.try_pop_n(all), 3u);
    EXPECT_EQ(in.try_pop(got), Status::empty);
    EXPECT_EQ(held(in), 0);
}

TEST_F(Blocks, AClaimHoldsNobodyUpAndIsPublishedWhenThereIsRoom) {
    Out slow{kName, small()};
    Out quick{kName, small()};
    In in{kName, small()};
    Number* const place = slow.try_claim();
    ASSERT_NE(place, nullptr);
    Number got = 0;
    for (Number n = 0; n < 100; ++n) {
        ASSERT_TRUE(quick.try_push(n));
        ASSERT_TRUE(in.try_pop(got));
        EXPECT_EQ(got, n);
    }
    while (quick.try_push(7)) {
    }
    *place = 1000;
    EXPECT_EQ(slow.publish(), Status::full);
    EXPECT_EQ(slow.publish_quiet(), Status::full);
    EXPECT_TRUE(in.try_pop(got));
    EXPECT_TRUE(slow.publish_until(steady_clock::now() + 10s));
    for (int n = 0; n < 3; ++n) {
        ASSERT_TRUE(in.try_pop(got));
        EXPECT_EQ(got, 7u);
    }
    EXPECT_TRUE(in.try_pop(got));
    EXPECT_EQ(got, 1000u);
}

TEST_F(Blocks, WhatIsGivenUpIsNoGap) {
    Out out{kName, small()};
    In in{kName, small()};
    Number got = 0;
    ASSERT_NE(out.try_claim(), nullptr);
    out.abandon();
    EXPECT_EQ(in.try_pop(got), Status::empty);
    EXPECT_EQ(held(in), 0);
    {
        Out leaves{kName, small()};
        ASSERT_NE(leaves.try_claim(), nullptr);
        EXPECT_EQ(held(in), 1);
    }
    EXPECT_EQ(held(in), 0) << "who leaves gives its block back";
    EXPECT_TRUE(out.try_push(1));
    EXPECT_TRUE(in.try_pop(got));
    EXPECT_EQ(value(in.stats().gaps), 0u);
}

TEST_F(Blocks, ADeadProducersBlockIsGivenBackAndNobodyIsToldOfAGap) {
    In in{kName, small()};
    Out out{kName, small()};
    ASSERT_TRUE(lives_and_dies([] {
        Out dead{kName, small()};
        EXPECT_TRUE(dead.try_push(1));
        EXPECT_NE(dead.try_claim(), nullptr);
        die();
    }));
    EXPECT_TRUE(out.try_push(2));
    EXPECT_EQ(held(in), 3);
    Number got = 0;
    EXPECT_TRUE(in.try_pop(got));
    EXPECT_EQ(got, 1u);
    EXPECT_TRUE(in.try_pop(got));
    EXPECT_EQ(got, 2u) << "nobody had to be recovered for that";
    EXPECT_EQ(in.recover(), 1u);
    EXPECT_EQ(held(in), 0);
    EXPECT_EQ(in.try_pop(got), Status::empty);
}

TEST_F(Blocks, ADeadConsumersMessageComesToAnotherOrIsDropped) {
    for (const on_orphan policy : {on_orphan::inherit, on_orphan::drop}) {
        Options options = small();
        options.on_orphan = policy;
        Out out{kName, options};
        In in{kName, options};
        ASSERT_TRUE(out.try_push(1));
        ASSERT_TRUE(lives_and_dies([&] {
            In dead{kName, options};
            EXPECT_NE(dead.try_peek(), nullptr);
            die();
        }));
        Number got = 0;
        EXPECT_EQ(in.try_pop(got), Status::empty);
        EXPECT_EQ(in.recover(), 1u);
        EXPECT_EQ(bool{in.try_pop(got)}, policy == on_orphan::inherit);
        EXPECT_EQ(in.redelivered(), policy == on_orphan::inherit);
        EXPECT_EQ(held(in), 0);
        for (Number n = 0; n < 8; ++n) {
            ASSERT_TRUE(out.try_push(n));
            ASSERT_TRUE(in.try_pop(got));
        }
    }
}

// Each sleep ends by itself soon, so what is counted is wake-ups that were made (park_test.cpp).
TEST_F(Blocks, PublishingAndRoomWakeWhoSleeps) {
    std::uint64_t by_publishing = 0;
    std::uint64_t by_room = 0;
    for (int tries = 0; tries < 20 && (by_publishing == 0 || by_room == 0); ++tries) {
        Out out{kName, small()};
        In in{kName, small()};
        Number got = 0;
        Number* const place = out.try_claim();
        ASSERT_NE(place, nullptr);
        {
            Caller caller{[&] { return in.pop(got); }};
            ASSERT_TRUE(eventually([&] {
                return spsc::registered(in, RegionId::wake_data, in.participant().index());
            }));
            *place = 1;
            EXPECT_TRUE(out.publish());
            EXPECT_TRUE(caller.result());
        }
        EXPECT_EQ(got, 1u);
        by_publishing += value(out.stats().wakes);
        while (out.try_push(1)) {
        }
        Caller caller{[&] { return out.push(2); }};
        ASSERT_TRUE(eventually(
            [&] { return spsc::registered(out, RegionId::wake_room, out.participant().index()); }));
        EXPECT_TRUE(in.try_pop(got));
        EXPECT_TRUE(caller.result());
        by_room += value(in.stats().wakes);
        while (in.try_pop(got)) {
        }
    }
    EXPECT_NE(by_publishing, 0u);
    EXPECT_NE(by_room, 0u);
}

TEST_F(Blocks, TheEndOfTheLastProducerIsToldOnce) {
    In in{kName, small()};
    std::optional<Out> out{std::in_place, kName, small()};
    ASSERT_TRUE(out->try_push(1));
    ASSERT_NE(out->try_claim(), nullptr);
    out.reset();
    Number got = 0;
    EXPECT_TRUE(in.pop(got));
    EXPECT_EQ(in.pop(got), Status::closed);
    EXPECT_EQ(in.try_pop(got), Status::empty);
}

TEST_F(Blocks, AreAKindOfTheirOwnWithABlockForEachSlotAndPort) {
    Options options = small();
    options.ports = 10;
    Out out{kName, options};
    EXPECT_EQ(out.header().kind, static_cast<std::uint32_t>(layout::Kind::mpmc_blocks));
    const ring::BlockGeometry geometry = channel::block_geometry(out.header());
    EXPECT_EQ(geometry.capacity, 4u);
    EXPECT_EQ(geometry.blocks, 14u);
    EXPECT_EQ(geometry.block_bytes, 16u);
    EXPECT_EQ(channel::region_of(out.header(), RegionId::slots).bytes, 128u + 14 * 16);
    const auto contains = [](const std::string& text, const char* part) {
        return text.find(part) != std::string::npos;
    };
    EXPECT_TRUE(contains(refusal_of([] {
                             Producer<Number>{kName, small()};
                         }),
                         "its kind is mpmc_blocks, wanted mpmc"));
    EXPECT_TRUE(contains(refusal_of([] {
                             BlockBytesProducer{kName, small()};
                         }),
                         "its kind is mpmc_blocks, wanted mpmc_blocks_bytes"));
    const std::string copies = refusal_of([] { In{kName, popping(pop::copy)}; });
    EXPECT_TRUE(contains(copies, "pop::copy")) << copies;
    options.capacity = (1u << 15) + 1;
    const std::string large = refusal_of([&] { Out{"large", options}; });
    EXPECT_TRUE(contains(large, "wanted a capacity of 32769 messages in blocks")) << large;
}

// No participant says so. A call that waits ends at its deadline all the same.
TEST_F(Blocks, ThatAreAllSaidToBeHeldEndNoCallLater) {
    Out out{kName, small()};
    const channel::Participant& place = out.participant();
    const ring::BlockSlots slots{place.region(RegionId::slots), block_geometry(place)};
    for (std::uint32_t b = 0; b < slots.blocks(); ++b) {
        slots.holder(b).store(ring::HolderWord{0, {100, 0}, true}.word(),
                              std::memory_order_release);
    }
    EXPECT_EQ(out.push_until(1, steady_clock::now() + 1ms), Status::timeout);
    EXPECT_EQ(out.wait(steady_clock::now() + 1ms), Status::timeout);
    EXPECT_FALSE(out.ready());
}

TEST_F(Blocks, OfBytesCarryMessagesOfAnyLength) {
    Options options = small();
    options.max_message = 100;
    BlockBytesProducer out{kName, options};
    BlockBytesConsumer in{kName, options};
    EXPECT_EQ(out.header().kind, static_cast<std::uint32_t>(layout::Kind::mpmc_blocks_bytes));
    std::array<std::byte, 100> sent{};
    std::array<std::byte, 100> got{};
    for (std::size_t n = 0; n <= sent.size(); ++n) {
        sent.fill(static_cast<std::byte>(n));
        ASSERT_TRUE(out.try_push(std::span{sent}.first(n), static_cast<std::uint32_t>(n)));
        std::size_t size = 0;
        ASSERT_TRUE(in.try_pop(got, size));
        EXPECT_EQ(size, n);
        EXPECT_EQ(in.type(), n);
        EXPECT_EQ(std::memcmp(got.data(), sent.data(), n), 0);
    }
    std::span<std::byte> place;
    ASSERT_TRUE(out.try_claim(10, place));
    std::memset(place.data(), 9, 10);
    ASSERT_TRUE(out.publish(7, 3));
    BytesView view;
    ASSERT_TRUE(in.try_peek(view));
    EXPECT_EQ(view.payload.size(), 7u);
    EXPECT_EQ(view.type, 3u);
    in.release();
    std::array<std::byte, 101> large{};
    EXPECT_EQ(out.try_push(large), Status::too_big);
    EXPECT_EQ(held(in), 0);
    EXPECT_EQ(value(in.stats().payload_bytes), 100u * 101 / 2);
}

}  // namespace
}  // namespace shunt::mpmc
