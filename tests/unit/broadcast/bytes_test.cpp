// SPDX-License-Identifier: MIT
//
// Broadcast ports of byte messages of any length up to the channel's greatest.
#include "audience.hpp"

#include <gtest/gtest.h>

#include <array>
#include <bit>
#include <string>
#include <string_view>

namespace shunt::broadcast {
namespace {

using Bytes = BroadcastPorts;

[[nodiscard]] Options of_bytes(std::uint64_t most = 100) {
    Options options = small();
    options.max_message = most;
    return options;
}

[[nodiscard]] std::string next_of(BytesSubscriber& subscriber) {
    std::array<std::byte, 256> to{};
    std::size_t size = 0;
    const Status status = subscriber.try_pop(to, size);
    return status ? std::string{object_at<char>(to.data()), size} : std::string{to_string(status)};
}

TEST_F(Bytes, OfEveryLengthAndOfNone) {
    BytesPublisher publisher{kName, of_bytes()};
    BytesSubscriber subscriber{kName};
    for (std::size_t length = 0; length <= 100; ++length) {
        const std::string text(length, static_cast<char>('a' + length % 26));
        ASSERT_TRUE(publisher.publish(as_bytes(text), static_cast<std::uint32_t>(length)));
        EXPECT_EQ(next_of(subscriber), text);
        EXPECT_EQ(subscriber.type(), length);
    }
    EXPECT_EQ(value(publisher.stats().payload_bytes), 5050u);
    EXPECT_EQ(publisher.max_message(), 100u);
    EXPECT_EQ(subscriber.max_message(), 100u);
}

TEST_F(Bytes, OneTooGreatIsRefusedAndOneTooGreatForItsPlaceStays) {
    BytesPublisher publisher{kName, of_bytes()};
    BytesSubscriber subscriber{kName};
    EXPECT_EQ(publisher.publish(as_bytes(std::string(101, 'x'))), Status::too_big);
    std::span<std::byte> place;
    EXPECT_EQ(publisher.try_claim(101, place), Status::too_big);
    ASSERT_TRUE(publisher.publish(as_bytes(std::string(20, 'y'))));
    std::array<std::byte, 19> little{};
    std::size_t size = 0;
    EXPECT_EQ(subscriber.try_pop(little, size), Status::too_small);
    EXPECT_EQ(size, 20u);
    EXPECT_EQ(next_of(subscriber), std::string(20, 'y'));
}

TEST_F(Bytes, InPlaceBothWays) {
    BytesPublisher publisher{kName, of_bytes()};
    BytesSubscriber subscriber{kName};
    std::span<std::byte> place;
    ASSERT_TRUE(publisher.try_claim(50, place));
    EXPECT_EQ(place.size(), 50u);
    EXPECT_EQ(std::bit_cast<std::uintptr_t>(place.data()) % kLineBytes, 0u);
    std::fill(place.begin(), place.end(), std::byte{'z'});
    publisher.publish(std::uint64_t{10}, 3);
    BytesView view;
    ASSERT_TRUE(subscriber.try_peek(view));
    EXPECT_EQ(view.payload.size(), 10u);
    EXPECT_EQ(view.payload[9], std::byte{'z'});
    EXPECT_EQ(view.type, 3u);
    EXPECT_TRUE(subscriber.still_valid());
    EXPECT_TRUE(subscriber.release());
    ASSERT_TRUE(publisher.publish(as_bytes(std::string_view{"a"})));
    ASSERT_TRUE(subscriber.try_peek(view));
    for (int i = 0; i < 16; ++i) {
        ASSERT_TRUE(publisher.publish(as_bytes(std::string_view{"b"})));
    }
    EXPECT_FALSE(subscriber.still_valid());
    EXPECT_EQ(subscriber.release(), Status::lapped);
    EXPECT_EQ(next_of(subscriber), "b");
}

TEST_F(Bytes, WhatIsOvertakenIsCountedByMessages) {
    BytesPublisher publisher{kName, of_bytes()};
    BytesSubscriber subscriber{kName};
    for (int i = 0; i < 60; ++i) {
        ASSERT_TRUE(publisher.publish(as_bytes(std::to_string(i))));
    }
    EXPECT_EQ(next_of(subscriber), "lapped");
    EXPECT_EQ(subscriber.lost(), 46u);
    EXPECT_EQ(next_of(subscriber), "46");
}

TEST_F(Bytes, ALengthThatNoPublisherWritesIsFoundOut) {
    BytesPublisher publisher{kName, of_bytes()};
    BytesSubscriber subscriber{kName};
    ASSERT_TRUE(publisher.publish(as_bytes(std::string_view{"hello"})));
    const ring::LogGeometry geometry = channel::log_geometry(publisher.header());
    auto* const header =
        object_at<ring::FrameWord>(publisher.participant().region(layout::RegionId::slots) +
                                   geometry.slot_bytes - ring::LogBytesShape::kTailBytes);
    // relaxed: one thread; somebody has written over the log
    header->store(ring::FrameHeader{101, 0, 0}.word(), std::memory_order_relaxed);
    EXPECT_EQ(next_of(subscriber), "broken");
}

TEST_F(Bytes, WhatCannotBeIsRefused) {
    for (const std::uint32_t align : {3u, 128u}) {
        Options odd = of_bytes();
        odd.payload_align = align;
        EXPECT_TRUE(is_error(caught([&] {
                                 BytesPublisher{kName, odd};
                             }),
                             Errc::bad_argument,
                             {"aligned to " + std::to_string(align), ".payload_align"}));
    }
    Options aligned = of_bytes();
    aligned.payload_align = 16;
    const BytesPublisher publisher{kName, aligned};
    const BytesSubscriber subscriber{kName, aligned};
    EXPECT_TRUE(is_error(caught([] {
                             BytesSubscriber{kName, of_bytes(200)};
                         }),
                         Errc::wrong_geometry, {"greatest message", "200"}));
    EXPECT_TRUE(is_error(caught([] { Subscriber<Number>{kName}; }), Errc::wrong_geometry,
                         {"broadcast_bytes"}));
}

}  // namespace
}  // namespace shunt::broadcast
