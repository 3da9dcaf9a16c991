// SPDX-License-Identifier: MIT
//
// The mpsc ports among themselves: opening in any order, lanes, whose message it was, batches, what
// is refused; of structs and of bytes.
#include "lanes.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace shunt::mpsc {
namespace {

class Fixed : public MpscPorts {
protected:
    [[nodiscard]] bool there_is_one() const { return !files().empty(); }
};
using Numbers = std::vector<Number>;

TEST_F(Fixed, WhoeverComesFirstMakesTheChannel) {
    {
        const Consumer<Number> consumer{kName, small()};
        EXPECT_TRUE(consumer.participant().created());
        EXPECT_EQ(consumer.lanes(), 3u);
        const Producer<Number> producer{kName};
        EXPECT_FALSE(producer.participant().created());
        EXPECT_EQ(producer.lane(), 0u);
        EXPECT_EQ(producer.capacity(), 7u);
    }
    EXPECT_FALSE(there_is_one()) << "drained, so the last one removed it";
    const Producer<Number> producer{kName, small()};
    EXPECT_TRUE(producer.participant().created());
}

TEST_F(Fixed, ByDefaultThereAreSixteenLanes) {
    Options options;
    options.pages = pages::base;
    const Consumer<Number> consumer{kName, options};
    EXPECT_EQ(consumer.lanes(), 16u);
    EXPECT_EQ(consumer.header().ports, 18u);
    EXPECT_GE(consumer.capacity(), 1024u);
}

TEST_F(Fixed, EachMessageTellsItsLaneAndItsProducer) {
    Consumer<Number> consumer{kName, small()};
    Producer<Number> one{kName};
    Producer<Number> other{kName};
    EXPECT_NE(one.lane(), other.lane());
    for (Number n = 0; n < 7; ++n) {
        ASSERT_TRUE(one.try_push(n));
        ASSERT_TRUE(other.try_push(100 + n));
    }
    EXPECT_EQ(one.try_push(7), Status::full);
    EXPECT_EQ(consumer.size_approx(), 14u);
    EXPECT_EQ(consumer.lag(one.lane()), 7u);
    std::array<Number, 2> next{0, 100};
    for (int i = 0; i < 14; ++i) {
        Number out = 0;
        ASSERT_TRUE(consumer.pop(out));
        const bool of_one = consumer.lane() == one.lane();
        ASSERT_EQ(out, next[of_one ? 0 : 1]++);
        ASSERT_EQ(consumer.producer(), (of_one ? one : other).participant().token());
    }
    Number out = 0;
    EXPECT_EQ(consumer.try_pop(out), Status::empty);
}

TEST_F(Fixed, BatchesAndLooksInPlace) {
    Consumer<Number> consumer{kName, small()};
    Producer<Number> producer{kName};
    const std::array<Number, 9> numbers{0, 1, 2, 3, 4, 5, 6, 7, 8};
    EXPECT_EQ(producer.try_push_n(numbers), 7u);
    std::array<Number, 3> out{};
    EXPECT_EQ(consumer.try_pop_n(out), 3u);
    const Number* const shown = consumer.try_peek();
    ASSERT_NE(shown, nullptr);
    EXPECT_EQ(*shown, 3u);
    consumer.release();
    Numbers drained;
    EXPECT_EQ(consumer.drain([&](const Number& n) { drained.push_back(n); }, 9), 3u);
    EXPECT_EQ(drained, (Numbers{4, 5, 6}));
    Number* const place = producer.try_claim();
    ASSERT_NE(place, nullptr);
    *place = 7;
    producer.publish();
    EXPECT_EQ(all_of(consumer), (Numbers{7}));
}

TEST_F(Fixed, IteratesUntilTheLastProducerCloses) {
    Consumer<Number> consumer{kName, small()};
    std::optional<Producer<Number>> one{std::in_place, kName};
    std::optional<Producer<Number>> other{std::in_place, kName};
    ASSERT_TRUE(one->push(1));
    ASSERT_TRUE(other->push(2));
    one.reset();
    other.reset();
    Number sum = 0;
    for (const Number& n : consumer) {
        sum += n;
    }
    EXPECT_EQ(sum, 3u);
}

TEST_F(Fixed, ALaneGoesToAnotherOnlyWhenAllOfItWasRead) {
    Consumer<Number> consumer{kName, small()};
    std::array<std::optional<Producer<Number>>, 3> all;
    for (auto& each : all) {
        each.emplace(kName);
        ASSERT_TRUE(each->push(each->lane()));
    }
    Options hasty;
    hasty.seat_timeout = 0ms;
    EXPECT_TRUE(is_error(caught([&] {
                             Producer<Number>{kName, hasty};
                         }),
                         make_error_code(Errc::already_exists), {"3 lanes", "0 wait"}));
    const std::uint32_t left = all[1]->lane();
    const std::uint64_t token = all[1]->participant().token();
    all[1].reset();
    EXPECT_TRUE(is_error(caught([&] {
                             Producer<Number>{kName, hasty};
                         }),
                         make_error_code(Errc::already_exists),
                         {"3 lanes", "1 wait", "read on", ".lanes"}));
    Number out = 0;
    for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(consumer.pop(out));
        if (consumer.lane() == left) {
            EXPECT_EQ(consumer.producer(), token) << "gone, and still told";
        }
    }
    EXPECT_EQ(consumer.try_pop(out), Status::empty) << "and gives the lane back";
    Producer<Number> next{kName, hasty};
    EXPECT_EQ(next.lane(), left);
    ASSERT_TRUE(next.push(9));
    ASSERT_TRUE(consumer.pop(out));
    EXPECT_EQ(out, 9u);
    EXPECT_EQ(consumer.producer(), next.participant().token());
}

// It is never seen empty, so it looks after the lanes between its turns.
TEST_F(Fixed, ALaneIsGivenBackByAConsumerThatAlwaysHasMessages) {
    Consumer<Number> consumer{kName, small()};
    Producer<Number> busy{kName};
    std::optional<Producer<Number>> brief{std::in_place, kName};
    const std::uint32_t lane = brief->lane();
    ASSERT_TRUE(brief->push(5));
    brief.reset();
    Options hasty;
    hasty.seat_timeout = 0ms;
    std::optional<Producer<Number>> third{std::in_place, kName, hasty};
    EXPECT_NE(third->lane(), lane);
    bool found = false;
    for (int i = 0; i < 100'000 && !found; ++i) {
        Number out = 0;
        ASSERT_TRUE(busy.push(1));
        ASSERT_TRUE(consumer.pop(out));
        ASSERT_TRUE(busy.push(1));
        if (i % 256 == 0) {
            try {
                const Producer<Number> next{kName, hasty};
                EXPECT_EQ(next.lane(), lane);
                found = true;
            } catch (const Error&) {
            }
        }
        ASSERT_TRUE(consumer.pop(out));
    }
    EXPECT_TRUE(found);
}

// It looks after the lanes between its turns, so also right behind a pop: whose message that was is
// asked then.
TEST_F(Fixed, APoppedMessageKeepsItsProducersNameUntilTheNextCall) {
    constexpr int kLooks = 1000;  // more than pass between two looks after the lanes
    Consumer<Number> consumer{kName, small()};
    Options hasty;
    hasty.seat_timeout = 0ms;
    Number out = 0;
    for (int polls = 0; polls < kLooks; ++polls) {
        std::optional<Producer<Number>> brief{std::in_place, kName, hasty};
        const std::uint64_t token = brief->participant().token();
        const std::uint32_t lane = brief->lane();
        ASSERT_TRUE(brief->push(5));
        brief.reset();
        ASSERT_TRUE(consumer.try_pop(out));
        const Producer<Number> next{kName, hasty};
        ASSERT_EQ(consumer.lane(), lane);
        ASSERT_EQ(consumer.producer(), token) << "pop " << polls;
        for (int rest = 0; rest <= polls % 2; ++rest) {
            ASSERT_NE(consumer.try_pop(out), Status::ok);
        }
    }
}

// However a consumer looks that finds nothing: producers that wait for a lane get it.
TEST_F(Fixed, ALaneIsGivenBackByEveryLookThatFindsNothing) {
    Consumer<Number> consumer{kName, small()};
    std::array<Number, 3> out{};
    const auto look = [&](int how) {
        switch (how) {
            case 0:
                return consumer.try_pop(out[0]) ? 1u : 0u;
            case 1:
                return static_cast<unsigned>(consumer.try_pop_n(out));
            case 2:
                return static_cast<unsigned>(consumer.drain([](const Number&) {}, 3));
            default:
                return consumer.try_peek() != nullptr ? 1u : 0u;
        }
    };
    for (int how = 0; how < 4; ++how) {
        std::array<std::optional<Producer<Number>>, 3> all;
        for (auto& each : all) {
            each.emplace(kName);
            ASSERT_TRUE(each->push(1));
        }
        for (auto& each : all) {
            ASSERT_TRUE(consumer.pop(out[0]));
            each->close();
        }
        ASSERT_EQ(look(how), 0u);
        Options hasty;
        hasty.seat_timeout = 0ms;
        for (auto& each : all) {
            EXPECT_NO_THROW(each.emplace(kName, hasty)) << "look " << how;
        }
    }
}

TEST_F(Fixed, WhatDoesNotBelongToLanesIsRefused) {
    Options options = small();
    options.ports = 9;
    EXPECT_TRUE(is_error(caught([&] {
                             Consumer<Number>{kName, options};
                         }),
                         make_error_code(Errc::bad_argument), {"9 ports", ".lanes"}));
    options = small();
    options.lanes = 5000;
    EXPECT_TRUE(is_error(caught([&] {
                             Consumer<Number>{kName, options};
                         }),
                         make_error_code(Errc::bad_argument), {"5000 lanes", "4093"}));
    options = small();
    options.lanes = 4093;
    options.capacity = std::uint64_t{1} << 36;
    EXPECT_TRUE(is_error(caught([&] {
                             Consumer<Number>{kName, options};
                         }),
                         make_error_code(Errc::bad_argument), {"4093 lanes", "2^40"}));
    options = spsc::small();
    options.lanes = 2;
    EXPECT_TRUE(is_error(caught([&] {
                             spsc::Producer<Number>{kName, options};
                         }),
                         make_error_code(Errc::bad_argument), {"2 lanes", "mpsc"}));
    EXPECT_FALSE(there_is_one());
}

TEST_F(Fixed, AJoinerMustAgreeOnKindAndLanes) {
    const Consumer<Number> consumer{kName, small()};
    Options options = small();
    options.lanes = 4;
    EXPECT_TRUE(is_error(caught([&] {
                             Producer<Number>{kName, options};
                         }),
                         make_error_code(Errc::wrong_geometry), {"number of lanes is 3", "4"}));
    EXPECT_TRUE(is_error(caught([&] {
                             spsc::Producer<Number>{kName, spsc::small_any()};
                         }),
                         make_error_code(Errc::wrong_geometry), {"kind is mpsc", "spsc"}));
    EXPECT_TRUE(is_error(caught([&] { BytesProducer{kName}; }),
                         make_error_code(Errc::wrong_geometry), {"kind is mpsc", "mpsc_bytes"}));
    EXPECT_TRUE(is_error(caught([&] {
                             Consumer<Number>{kName, small()};
                         }),
                         make_error_code(Errc::already_exists), {"one consumer at a time"}));
}

TEST_F(Fixed, BytesOfAnyLengthKeepTheOrderOfTheirLane) {
    Options options = small();
    options.capacity = 4096;
    BytesConsumer consumer{kName, options};
    std::array<BytesProducer, 3> producers{BytesProducer{kName}, BytesProducer{kName},
                                           BytesProducer{kName}};
    std::array<std::uint32_t, 3> sent{};
    std::array<std::uint32_t, 3> got{};
    std::array<std::byte, 512> text{};
    for (std::uint32_t step = 0; step < 3000; ++step) {
        BytesProducer& producer = producers[step * 7 % 3];
        const std::size_t size = step * 31 % text.size();
        text.fill(static_cast<std::byte>(sent[producer.lane()]));
        if (producer.try_push(std::span{text}.first(size), sent[producer.lane()])) {
            ++sent[producer.lane()];
        }
        std::array<std::byte, 512> to{};
        std::size_t length = 0;
        if (step % 2 == 0 && consumer.try_pop(to, length)) {
            ASSERT_EQ(consumer.type(), got[consumer.lane()]++);
            ASSERT_TRUE(std::all_of(
                to.begin(), to.begin() + static_cast<std::ptrdiff_t>(length),
                [&](std::byte b) { return b == static_cast<std::byte>(consumer.type()); }));
        }
    }
    while (consumer.ready()) {
        ring::BytesView view;
        if (consumer.try_peek(view)) {
            ASSERT_EQ(view.type, got[consumer.lane()]++);
            consumer.release();
        }
    }
    EXPECT_EQ(got, sent);
    EXPECT_GT(*std::min_element(got.begin(), got.end()), 400u);
}

}  // namespace
}  // namespace shunt::mpsc
