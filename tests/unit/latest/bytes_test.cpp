// SPDX-License-Identifier: MIT
//
// Ports of a latest value of bytes, of any length up to a greatest.
#include "readership.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace shunt::latest {
namespace {

using Bytes = LatestPorts;

[[nodiscard]] std::span<const std::byte> as_bytes(std::string_view text) {
    return std::as_bytes(std::span{text});
}
[[nodiscard]] Options of_bytes(std::uint64_t max_message = 100) {
    Options options = small();
    options.max_message = max_message;
    return options;
}
// The newest value as text, or why there is none.
[[nodiscard]] std::string newest_of(BytesReader& reader) {
    std::string out(100, '?');
    std::size_t size = 0;
    const Status status = reader.load(std::as_writable_bytes(std::span{out}), size);
    out.resize(size);
    return status ? out : std::string{to_string(status)};
}

TEST_F(Bytes, EveryReaderHasTheNewestOfItsLengthAndType) {
    BytesWriter writer{kName, of_bytes()};
    BytesReader reader{kName};
    EXPECT_EQ(reader.max_message(), 100u);
    EXPECT_EQ(newest_of(reader), "empty");
    for (const std::string_view text : {"one", "", "three and some more", "4"}) {
        ASSERT_TRUE(writer.publish(as_bytes(text), static_cast<std::uint32_t>(text.size())));
        EXPECT_EQ(newest_of(reader), text);
        EXPECT_EQ(reader.type(), text.size());
        EXPECT_EQ(reader.version(), writer.version());
    }
    EXPECT_EQ(writer.version(), 4u);
    EXPECT_EQ(value(writer.stats().payload_bytes), 3u + 0 + 19 + 1);
    std::array<std::byte, 8> out;
    std::size_t size = 0;
    std::uint64_t version = 0;
    EXPECT_TRUE(reader.load(out, size, version));
    EXPECT_EQ(version, 4u);
}

TEST_F(Bytes, WhatDoesNotFit) {
    BytesWriter writer{kName, of_bytes()};
    BytesReader reader{kName};
    EXPECT_EQ(writer.publish(std::vector<std::byte>(101)), Status::too_big);
    EXPECT_EQ(newest_of(reader), "empty");
    ASSERT_TRUE(writer.publish(as_bytes("hello")));
    std::array<std::byte, 4> out;
    std::size_t size = 0;
    EXPECT_EQ(reader.load(out, size), Status::too_small);
    EXPECT_EQ(size, 5u);
    EXPECT_EQ(newest_of(reader), "hello");
}

TEST_F(Bytes, InPlaceOnBothSides) {
    BytesWriter writer{kName, of_bytes()};
    BytesReader reader{kName};
    std::span<std::byte> place;
    ASSERT_TRUE(writer.try_claim(10, place));
    std::copy_n(as_bytes("in place").begin(), 8, place.begin());
    writer.publish(8, 7);
    BytesView view;
    ASSERT_TRUE(reader.try_peek(view));
    EXPECT_EQ(view.payload.size(), 8u);
    EXPECT_EQ(view.type, 7u);
    EXPECT_TRUE(reader.still_valid());
    EXPECT_TRUE(reader.release());
    EXPECT_EQ(newest_of(reader), "in place");
    ASSERT_TRUE(writer.try_claim(10, place));
    writer.publish_quiet(0);
    ASSERT_TRUE(writer.publish_quiet(as_bytes("quiet")));
    writer.notify();
    EXPECT_EQ(newest_of(reader), "quiet");
    EXPECT_EQ(reader.version(), 3u);
}

TEST_F(Bytes, ALengthThatNoWriterStoresIsFoundOut) {
    BytesWriter writer{kName, of_bytes()};
    BytesReader reader{kName};
    ASSERT_TRUE(writer.publish(as_bytes("hello")));
    const ring::LogGeometry geometry = channel::log_geometry(writer.header());
    auto* const header =
        object_at<ring::FrameWord>(writer.participant().region(layout::RegionId::slots) +
                                   geometry.slot_bytes - ring::LogBytesShape::kTailBytes);
    // relaxed: one thread; somebody has written over the buffer
    header->store(ring::FrameHeader{101, 0, 0}.word(), std::memory_order_relaxed);
    EXPECT_EQ(newest_of(reader), "broken");
}

TEST_F(Bytes, WhatCannotBeIsRefused) {
    const BytesWriter writer{kName, of_bytes()};
    EXPECT_TRUE(is_error(caught([] {
                             BytesReader{kName, of_bytes(200)};
                         }),
                         Errc::wrong_geometry, {"greatest message", "200"}));
    EXPECT_TRUE(
        is_error(caught([] { Reader<Quote>{kName}; }), Errc::wrong_geometry, {"latest_bytes"}));
}

}  // namespace
}  // namespace shunt::latest
