// SPDX-License-Identifier: MIT
//
// Ends and deaths of the participants of a latest value, and what stays of it. Deaths are real: a
// process that is killed.
#include "readership.hpp"

#include <gtest/gtest.h>

#include <optional>

namespace shunt::latest {
namespace {

using Ends = LatestPorts;

TEST_F(Ends, AClosedWriterIsToldOnceAndItsValueStays) {
    std::optional<Writer<Quote>> writer{std::in_place, kName, small()};
    Reader<Quote> reader{kName};
    publish(*writer, 3);
    writer.reset();
    EXPECT_TRUE(loads(reader, 3));
    EXPECT_EQ(reader.wait_changed(3), Status::closed);
    EXPECT_EQ(reader.wait_changed(3, steady_clock::now()), Status::timeout);
    EXPECT_TRUE(loads(reader, 3)) << "as often as it is asked for";
    writer.emplace(kName);
    EXPECT_EQ(writer->version(), 3u) << "the successor goes on";
    publish(*writer, 4);
    EXPECT_TRUE(reader.wait_changed(3));
    EXPECT_TRUE(loads(reader, 4));
}

TEST_F(Ends, OneThatStoredNothingIsToldByLoadToo) {
    std::optional<Writer<Quote>> writer{std::in_place, kName, small()};
    Reader<Quote> reader{kName};
    Quote out{};
    EXPECT_EQ(reader.load(out), Status::empty);
    writer.reset();
    EXPECT_EQ(reader.load(out), Status::closed);
    EXPECT_EQ(reader.load(out), Status::empty);
}

TEST_F(Ends, OfADeadWriterTheLastWholeValueStays) {
    Writer<Quote> made{kName, small()};
    Reader<Quote> reader{kName};
    made.close();
    ASSERT_TRUE(lives_and_dies([] {
        Writer<Quote> victim{kName};
        publish(victim, 6);
        Quote* const place = victim.try_claim();
        ASSERT_NE(place, nullptr);
        place->words.fill(7);
        die();
    }));
    EXPECT_TRUE(loads(reader, 6));
    EXPECT_EQ(reader.wait_changed(6), Status::closed) << "of the first one";
    EXPECT_EQ(reader.wait_changed(6), Status::peer_dead);
    EXPECT_TRUE(loads(reader, 6));
    Reader<Quote> late{kName};
    EXPECT_TRUE(loads(late, 6));
    Writer<Quote> next{kName};
    EXPECT_EQ(next.version(), 6u) << "of the claim nothing is left";
    publish(next, 8);
    EXPECT_TRUE(loads(reader, 8));
    EXPECT_TRUE(loads(late, 8));
}

TEST_F(Ends, DeadReadersLeaveTheirSeatsAndStopNobody) {
    Options options = small();
    options.ports = 4;
    Writer<Quote> writer{kName, options};
    publish(writer, 1);
    for (std::uint64_t life = 1; life < 6; ++life) {
        ASSERT_TRUE(lives_and_dies([life] {
            Reader<Quote> one{kName};
            Reader<Quote> other{kName};
            const Quote* shown = nullptr;
            ASSERT_TRUE(loads(one, life));
            ASSERT_TRUE(other.try_peek(shown));
            die();
        }));
        publish(writer, life + 1);
    }
    EXPECT_EQ(writer.recover(), 2u);
    EXPECT_EQ(writer.peers().size(), 1u);
    Reader<Quote> reader{kName};
    EXPECT_TRUE(loads(reader, 6));
}

class Names : public LatestPorts {
protected:
    [[nodiscard]] bool there() const { return !files().empty(); }
};

TEST_F(Names, WhatNobodyHasLoadedStays) {
    {
        Writer<Quote> writer{kName, small()};
        publish(writer, 3);
    }
    EXPECT_TRUE(there());
    Reader<Quote> late{kName};
    EXPECT_TRUE(loads(late, 3));
    late.close();
    EXPECT_FALSE(there()) << "now somebody has";
}

TEST_F(Names, WhatIsToBeKeptStays) {
    Options keep = small();
    keep.linger = linger::keep;
    {
        Writer<Quote> writer{kName, keep};
        Reader<Quote> reader{kName};
        publish(writer, 3);
        EXPECT_TRUE(loads(reader, 3));
    }
    EXPECT_TRUE(there());
    Reader<Quote> later{kName};
    EXPECT_TRUE(loads(later, 3));
    const Writer<Quote> writer{kName};
    EXPECT_EQ(writer.version(), 3u);
}

TEST_F(Names, OneThatNothingWasStoredInGoes) {
    { const Writer<Quote> writer{kName, small()}; }
    EXPECT_FALSE(there());
}

}  // namespace
}  // namespace shunt::latest
