// SPDX-License-Identifier: MIT
//
// Ports of a latest value of fixed size in one process: every reader has the newest value and its
// version; and what is not a reader's own to write it cannot write.
#include "readership.hpp"

#include "unit/allocators/sandbox.hpp"

#include <shunt/core/ring/latest.hpp>

#include <atomic>
#include <csignal>
#include <string>

namespace shunt::latest {
namespace {

using Fixed = LatestPorts;

TEST_F(Fixed, EveryReaderHasTheNewestValueAndItsVersion) {
    Writer<Quote> writer{kName, small()};
    EXPECT_EQ(writer.capacity(), ring::kLatestBuffers);
    Reader<Quote> often{kName};
    Reader<Quote> seldom{kName};
    Quote out{};
    EXPECT_EQ(often.load(out), Status::empty);
    EXPECT_EQ(often.version() + often.newest() + writer.version(), 0u);
    EXPECT_FALSE(often.changed_since(0) || often.ready());
    for (std::uint64_t v = 1; v < 30; ++v) {
        publish(writer, v);
        EXPECT_EQ(writer.version(), v);
        EXPECT_TRUE(often.ready() && often.changed_since(v - 1));
        EXPECT_FALSE(often.changed_since(v));
        EXPECT_EQ(often.newest(), v);
        EXPECT_TRUE(loads(often, v));
        EXPECT_TRUE(loads(often, v)) << "as often as it is asked for";
        EXPECT_FALSE(often.ready());
    }
    EXPECT_TRUE(loads(seldom, 29));
}

TEST_F(Fixed, InPlaceOnBothSides) {
    Writer<Quote> writer{kName, small()};
    Reader<Quote> reader{kName};
    *writer.try_claim() = Quote::of(1);
    EXPECT_FALSE(reader.changed_since(0));
    writer.publish();
    *writer.try_claim() = Quote::of(9);
    writer.abandon();
    const Quote* shown = nullptr;
    ASSERT_TRUE(reader.try_peek(shown));
    EXPECT_EQ(*shown, Quote::of(1));
    EXPECT_TRUE(reader.still_valid());
    EXPECT_TRUE(reader.release());
    EXPECT_EQ(reader.version(), 1u);
    ASSERT_TRUE(reader.try_peek(shown));
    publish(writer, 5);
    EXPECT_FALSE(reader.still_valid());
    EXPECT_EQ(reader.release(), Status::lapped);
    EXPECT_EQ(value(reader.stats().gaps), 1u);
    EXPECT_TRUE(loads(reader, 5));
}

TEST_F(Fixed, AsManyBuffersAsAreAskedFor) {
    Options two = small();
    two.capacity = 1;
    Writer<Quote> writer{kName, two};
    EXPECT_EQ(writer.capacity(), 2u);
    Reader<Quote> reader{kName};
    publish(writer, 3);
    EXPECT_TRUE(loads(reader, 3));
    EXPECT_EQ(reader.capacity(), 2u);
}

TEST_F(Fixed, VersionsEndBeforeTheLimitAndTheLastValueStays) {
    Options late = small();
    late.start_pos = kPositionLimit - 3;
    Writer<Quote> writer{kName, late};
    Reader<Quote> reader{kName};
    EXPECT_EQ(writer.version() + reader.newest(), 0u);
    publish(writer, kPositionLimit - 1);
    EXPECT_EQ(writer.publish(Quote::of(0)), Status::broken);
    EXPECT_EQ(writer.try_claim(), nullptr);
    EXPECT_TRUE(loads(reader, kPositionLimit - 1));
}

// In a child, which the kernel ends.
TEST_F(Fixed, AReaderCannotWriteTheValueNorItsVersion) {
    Writer<Quote> writer{kName, small()};
    publish(writer, 1);
    for (const layout::RegionId id : {layout::RegionId::slots, layout::RegionId::producer_words}) {
        const std::string end = sandbox::in_child([id] {
            std::signal(SIGSEGV, SIG_DFL);
            Reader<Quote> reader{kName};
            if (!loads(reader, 1)) {
                return std::string{"read nothing"};
            }
            auto* const word =
                object_at<std::atomic<std::uint64_t>>(reader.participant().region(id));
            // relaxed: a store that must not happen
            word->store(1, std::memory_order_relaxed);
            return std::string{"wrote"};
        });
        EXPECT_EQ(end, "died of signal " + std::to_string(SIGSEGV));
    }
    Reader<Quote> another{kName};
    EXPECT_TRUE(loads(another, 1));
    EXPECT_EQ(writer.version(), 1u);
}

TEST_F(Fixed, BothPrepareForRealTimeToo) {
    Writer<Quote> writer{kName, small()};
    Reader<Quote> reader{kName};
    writer.prepare_rt();
    reader.prepare_rt();
    publish(writer, 3);
    EXPECT_TRUE(loads(reader, 3));
}

TEST_F(Fixed, WhatCannotBeIsRefused) {
    Options lanes = small();
    lanes.lanes = 2;
    EXPECT_TRUE(is_error(caught([&] {
                             Writer<Quote>{kName, lanes};
                         }),
                         Errc::bad_argument, {"2 lanes", "one writer"}));
    Options none = small();
    none.capacity = 0;
    EXPECT_TRUE(is_error(caught([&] {
                             Writer<Quote>{kName, none};
                         }),
                         Errc::bad_argument, {"capacity of 0", ".capacity"}));
    Options hasty;
    hasty.open_timeout = 0ms;
    EXPECT_TRUE(is_error(caught([&] { Reader<Quote>{kName, hasty}; }), Errc::not_found, {}));
    Writer<Quote> writer{kName, small()};
    EXPECT_TRUE(is_error(caught([] { Reader<std::uint32_t>{kName}; }), Errc::wrong_type, {}));
    EXPECT_TRUE(
        is_error(caught([] { BytesReader{kName}; }), Errc::wrong_geometry, {"latest_bytes"}));
    Options brief;
    brief.seat_timeout = 0ms;
    EXPECT_TRUE(is_error(caught([&] {
                             Writer<Quote>{kName, brief};
                         }),
                         Errc::already_exists, {"one writer at a time"}));
}

TEST_F(Fixed, AnImpossibleVersionEndsTheReaderAndNobodyElse) {
    Writer<Quote> writer{kName, small()};
    Reader<Quote> reader{kName};
    publish(writer, 4);
    EXPECT_TRUE(loads(reader, 4));
    // relaxed: one thread; somebody has written over the words
    broadcast::publisher_words(writer.participant()).write_pos.store(2, std::memory_order_relaxed);
    Quote out{};
    EXPECT_EQ(reader.load(out), Status::broken);
    EXPECT_EQ(reader.load(out), Status::broken) << "for good";
    EXPECT_TRUE(reader.wait_changed(4)) << "there is something to be told";
    // relaxed: for display
    EXPECT_EQ(writer.participant().control().broken.load(std::memory_order_relaxed), 1u);
}

}  // namespace
}  // namespace shunt::latest
