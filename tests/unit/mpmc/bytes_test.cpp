// SPDX-License-Identifier: MIT
//
// The mpmc ports of byte messages: every call, what is refused, sizes that no producer writes, and
// what joiners of another form are told.
#include "many.hpp"

#include <shunt/channel/header.hpp>
#include <shunt/channel/list.hpp>
#include <shunt/core/error.hpp>

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <thread>

namespace shunt::mpmc {
namespace {

using ring::FrameHeader;
using ring::FrameWord;
using Bytes = MpmcPorts;

[[nodiscard]] Options of_most(std::uint64_t most) {
    Options options = small();
    options.max_message = most;
    return options;
}
[[nodiscard]] std::span<const std::byte> text(std::string_view text) {
    return as_bytes(text);
}
[[nodiscard]] std::uint32_t broken(const BytesConsumer& consumer) {
    return consumer.participant().control().broken.load(std::memory_order_relaxed);
}
// What try_pop gives, or its status.
[[nodiscard]] std::string pop_text(BytesConsumer& consumer) {
    std::array<std::byte, 64> to{};
    std::size_t size = 0;
    const Status status = consumer.try_pop(to, size);
    return status ? std::string{as_text(std::span{to}.first(size))}
                  : "(" + std::string{to_string(status)} + ")";
}

TEST_F(Bytes, EachMessageGoesToOneConsumerWithItsLengthAndType) {
    for (const pop how : {pop::in_place, pop::copy}) {
        BytesProducer producer{kName, of_most(40)};
        Options options = of_most(0);
        options.pop = how;
        BytesConsumer one{kName, options};
        BytesConsumer other{kName, options};
        EXPECT_EQ(one.max_message(), 40u) << "as it is";
        ASSERT_TRUE(producer.try_push(text("first"), 7));
        ASSERT_TRUE(producer.push(text("")));
        ASSERT_TRUE(
            producer.try_push_quiet(text("a third, of forty bytes, the most there ar").first(40)));
        EXPECT_EQ(pop_text(one), "first");
        EXPECT_EQ(one.type(), 7u);
        EXPECT_EQ(pop_text(other), "");
        EXPECT_EQ(other.position(), 1u);
        std::array<std::byte, 64> to{};
        std::size_t size = 0;
        ASSERT_TRUE(one.try_pop_quiet(to, size));
        EXPECT_EQ(size, 40u);
        EXPECT_EQ(pop_text(other), "(empty)");
        EXPECT_EQ(value(producer.stats().payload_bytes), 45u);
        EXPECT_EQ(value(one.stats().payload_bytes) + value(other.stats().payload_bytes), 45u);
    }
}

TEST_F(Bytes, WhatIsTooBigOrTooSmallIsSaidAndNothingIsTouched) {
    BytesProducer producer{kName, of_most(8)};
    BytesConsumer consumer{kName, of_most(8)};
    std::span<std::byte> place;
    EXPECT_EQ(producer.try_push(text("nine byte")), Status::too_big);
    EXPECT_EQ(producer.push(text("nine byte")), Status::too_big);
    EXPECT_EQ(producer.try_claim(9, place), Status::too_big);
    EXPECT_EQ(producer.claim_until(9, place, channel::kNoDeadline), Status::too_big);
    EXPECT_EQ(pop_text(consumer), "(empty)");
    ASSERT_TRUE(producer.try_push(text("eight by")));
    std::array<std::byte, 7> to{};
    std::size_t size = 0;
    EXPECT_EQ(consumer.try_pop(to, size), Status::too_small);
    EXPECT_EQ(size, 8u);
    EXPECT_EQ(consumer.pop(to, size), Status::too_small) << "nor does it wait";
    EXPECT_EQ(value(consumer.stats().empty_polls), 1u) << "that is no empty poll";
    EXPECT_EQ(pop_text(consumer), "eight by");
}

TEST_F(Bytes, ClaimsArePublishedInPartOrGivenUp) {
    BytesProducer producer{kName, of_most(32)};
    BytesConsumer consumer{kName, of_most(32)};
    std::span<std::byte> place;
    ASSERT_TRUE(producer.try_claim(32, place));
    ASSERT_EQ(place.size(), 32u);
    EXPECT_EQ(pop_text(consumer), "(busy)");
    std::memcpy(place.data(), "half", 4);
    producer.publish(4, 3);
    ASSERT_TRUE(producer.try_claim(1, place));
    producer.abandon();
    ASSERT_TRUE(producer.try_claim(1, place));
    place[0] = std::byte{'q'};
    producer.publish_quiet(1);
    BytesView view;
    ASSERT_TRUE(consumer.try_peek(view));
    EXPECT_EQ(as_text(view.payload), "half");
    EXPECT_EQ(view.type, 3u);
    EXPECT_EQ(view.position, 0u);
    consumer.release();
    EXPECT_EQ(pop_text(consumer), "(gap)");
    EXPECT_EQ(consumer.last_gap().position, 1u);
    EXPECT_EQ(value(consumer.stats().gaps), 1u);
    ASSERT_TRUE(consumer.try_peek_quiet(view));
    EXPECT_EQ(as_text(view.payload), "q");
    consumer.release_quiet();
    EXPECT_EQ(pop_text(consumer), "(empty)");
}

TEST_F(Bytes, BatchesGoInAndAreDrainedInPlace) {
    BytesProducer producer{kName, of_most(8)};
    BytesConsumer consumer{kName, of_most(8)};
    const std::array batch{text("a"), text("bb"), text("far too big"), text("c")};
    EXPECT_EQ(producer.try_push_n(batch), 2u) << "one that is too big ends it";
    EXPECT_EQ(producer.try_push_n(std::array{text("d"), text("e"), text("f")}), 2u) << "full";
    std::string got;
    const auto take = [&](const BytesView& view) { got += as_text(view.payload); };
    EXPECT_EQ(consumer.drain(take, 3), 3u);
    EXPECT_EQ(consumer.drain(take, 3), 1u);
    EXPECT_EQ(got, "abbde");
}

TEST_F(Bytes, BlockingCallsWaitAndEndsAreToldOnce) {
    BytesConsumer consumer{kName, of_most(8)};
    std::thread beside{[] {
        BytesProducer producer{kName, of_most(8)};
        for (int i = 0; i < 200; ++i) {
            EXPECT_TRUE(producer.push(text("message").first(static_cast<std::size_t>(i % 8))));
        }
    }};
    std::array<std::byte, 8> to{};
    std::size_t size = 0;
    BytesView view;
    for (std::size_t i = 0; i < 200; ++i) {
        if (i % 2 == 0) {
            ASSERT_TRUE(consumer.pop(to, size));
        } else {
            ASSERT_TRUE(consumer.peek_until(view, channel::kNoDeadline));
            size = view.payload.size();
            consumer.release();
        }
        ASSERT_EQ(size, i % 8);
    }
    beside.join();
    EXPECT_EQ(consumer.wait(channel::kNoDeadline), Status::closed);
    EXPECT_EQ(consumer.try_pop(to, size), Status::empty) << "told once";
}

TEST_F(Bytes, WhatADeadConsumerHadInHandComesAgainFlagged) {
    BytesProducer producer{kName, of_most(8)};
    BytesConsumer consumer{kName, of_most(8)};
    ASSERT_TRUE(producer.try_push(text("again")));
    ASSERT_TRUE(lives_and_dies([] {
        BytesConsumer victim{kName, of_most(8)};
        BytesView view;
        ASSERT_TRUE(victim.try_peek(view));
        die();
    }));
    EXPECT_EQ(consumer.recover(), 1u);
    EXPECT_EQ(pop_text(consumer), "again");
    EXPECT_TRUE(consumer.redelivered());
    EXPECT_EQ(value(consumer.stats().redelivered), 1u);
}

TEST_F(Bytes, ASizeThatNoProducerWritesIsBrokenAndNoted) {
    for (const pop how : {pop::in_place, pop::copy}) {
        Options options = of_most(8);
        options.linger = linger::none;
        options.pop = how;
        BytesProducer producer{kName, options};
        BytesConsumer consumer{kName, options};
        ASSERT_TRUE(producer.try_push(text("good")));
        std::byte* const slots = producer.participant().region(layout::RegionId::slots);
        object_at<FrameWord>(slots + ring::MpmcBytesShape::kSizeOffset)
            ->store(FrameHeader{9, 0, 0}.word(), std::memory_order_relaxed);
        std::array<std::byte, 64> to{};
        std::size_t size = 0;
        BytesView view;
        EXPECT_EQ(broken(consumer), 0u);
        EXPECT_EQ(consumer.try_pop(to, size), Status::broken);
        EXPECT_EQ(consumer.pop(to, size), Status::broken);
        EXPECT_EQ(consumer.try_peek(view), Status::broken);
        EXPECT_EQ(consumer.drain([](const BytesView&) {}, 4), 0u);
        EXPECT_EQ(broken(consumer), 1u);
    }
}

// Joiners of another form, or another maximum, get neither a port nor a wrong one.
TEST_F(Bytes, OtherFormsAndMaximaAreRefused) {
    const auto refused = [](Errc code, const std::string& with, auto&& open) {
        EXPECT_TRUE(channel::is_error(channel::caught(open), make_error_code(code), {with}));
    };
    const BytesProducer keeper{kName, of_most(100)};
    refused(Errc::wrong_geometry, "its kind is mpmc_bytes, wanted mpmc", [] {
        const Consumer<Number> typed{kName, small()};
    });
    refused(Errc::wrong_geometry, "its greatest message in bytes is 100, wanted 99", [] {
        const BytesConsumer other{kName, of_most(99)};
    });
    Options aligned = of_most(100);
    aligned.payload_align = 64;
    refused(Errc::wrong_geometry, "its payload alignment is 8, wanted 64", [&] {
        const BytesConsumer other{kName, aligned};
    });
    for (const std::uint64_t most : {(std::uint64_t{1} << 30) + 1, ~std::uint64_t{0}}) {
        refused(Errc::bad_argument, ".max_message 1 to 2^30", [&] {
            const BytesProducer absurd{"absurd", of_most(most)};
        });
    }
    aligned.payload_align = 12;
    refused(Errc::bad_argument, ".payload_align", [&] {
        const BytesProducer absurd{"absurd", aligned};
    });
    const Producer<Number> typed{"typed", small()};
    refused(Errc::wrong_geometry, "its kind is mpmc, wanted mpmc_bytes", [] {
        const BytesConsumer bytes{"typed", small()};
    });
}

TEST_F(Bytes, TheHeaderSaysFormAndGreatestMessage) {
    Options options = of_most(100);
    options.payload_align = 32;
    const BytesProducer producer{kName, options};
    EXPECT_EQ(producer.header().kind, static_cast<std::uint32_t>(layout::Kind::mpmc_bytes));
    EXPECT_EQ(producer.header().element_bytes, 100u);
    EXPECT_EQ(producer.header().element_align, 32u);
    EXPECT_EQ(producer.capacity(), 4u);
    EXPECT_EQ(channel::mpmc_slot_bytes(producer.header()), 192u);
    const BytesConsumer usual{"usual"};
    EXPECT_EQ(usual.max_message(), kDefaultMaxMessage);
}

}  // namespace
}  // namespace shunt::mpmc
