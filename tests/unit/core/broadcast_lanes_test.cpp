// SPDX-License-Identifier: MIT
//
// Subscribers to several publishers: order and account of each lane, turns, what is in hand, a lane
// that changes hands, a damaged one.
#include "broadcast_rig.hpp"

#include <shunt/core/ring/broadcast_lanes.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <deque>
#include <random>
#include <type_traits>
#include <utility>
#include <vector>

namespace shunt::test {
namespace {

constexpr std::uint64_t kLongest = 60;

// Of one kind of message: the lanes, and who reads them.
template <class T>
struct LanesOf {
    using Rig = BroadcastRig<T>;
    using Merged = ring::LaneSubscriber<T>;
};
struct Text {};
template <>
struct LanesOf<Text> {
    using Rig = BroadcastBytesRig<>;
    using Merged = ring::LaneBytesSubscriber<>;
};

template <class T>
class Lanes {
public:
    using Rig = typename LanesOf<T>::Rig;
    using Merged = typename LanesOf<T>::Merged;

    explicit Lanes(std::uint32_t lanes, std::uint64_t slots = 8, std::uint64_t start = 0) {
        for (std::uint32_t lane = 0; lane < lanes; ++lane) {
            if constexpr (std::is_same_v<T, Text>) {
                rigs.emplace_back(slots, kLongest, start);
            } else {
                rigs.emplace_back(slots, start);
            }
        }
    }
    [[nodiscard]] Merged subscriber(ring::policy which = ring::policy::lossy,
                                    std::size_t seat = 0) {
        return Merged{static_cast<std::uint32_t>(rigs.size()), [&](std::uint32_t lane) {
                          return rigs[lane].subscriber(seat, ring::from::oldest,
                                                       ring::resume::oldest, which, 1 + seat);
                      }};
    }
    [[nodiscard]] auto publishers(bool evicts = false) {
        std::vector<typename Rig::Publisher> all;
        for (Rig& rig : rigs) {
            all.push_back(rig.publisher(rig.gates(evicts)));
        }
        return all;
    }
    // Pops one: whether it is the one of its position.
    [[nodiscard]] static Status pops(Merged& in, bool& right) {
        if constexpr (std::is_same_v<T, Text>) {
            std::array<std::byte, kLongest> out{};
            std::size_t size = 0;
            const Status status = in.try_pop(out, size);
            right = !status || same(std::span{out}.first(size), sent(in.position(), kLongest));
            return status;
        } else {
            T out{};
            const Status status = in.try_pop(out);
            right = !status || out == message<T>(in.position());
            return status;
        }
    }

    std::deque<Rig> rigs;
};

template <class T>
class BroadcastLanesOf : public testing::Test {};
using Messages = testing::Types<Blob<8, 8>, Blob<56, 8>, Blob<200, 8>, Text>;
TYPED_TEST_SUITE(BroadcastLanesOf, Messages);

// Whatever each publisher does: order, and received + lost = published, in each lane and in sum.
TYPED_TEST(BroadcastLanesOf, EachLaneKeepsItsOrderAndItsAccount) {
    constexpr std::uint32_t kLanes = 5;
    using enum ring::policy;
    for (const ring::policy which : {lossy, gated, conflate}) {
        for (const std::uint64_t start : {std::uint64_t{0}, (std::uint64_t{1} << 32) - 3}) {
            Lanes<TypeParam> lanes{kLanes, 8, start};
            auto in = lanes.subscriber(which);
            auto out = lanes.publishers();
            std::array<std::uint64_t, kLanes> next;
            next.fill(start);
            std::array<std::uint64_t, kLanes> received{};
            std::mt19937_64 draw{7};
            for (int step = 0; step < 20'000; ++step) {
                const auto lane = static_cast<std::uint32_t>(draw() % kLanes);
                // One that outruns the reader, and others that do not.
                if (draw() % (lane == 0 ? 1 : 8) == 0) {
                    (void)publishes(out[lane], out[lane].position() + 1);
                    continue;
                }
                bool right = false;
                const Status status = Lanes<TypeParam>::pops(in, right);
                ASSERT_TRUE(right);
                if (!status && status != Status::lapped) {
                    ASSERT_EQ(status, Status::empty);
                    continue;
                }
                const std::uint32_t of = in.merge().lane();
                ASSERT_FALSE(which == gated && status == Status::lapped);
                if (status) {
                    ASSERT_GE(in.position(), next[of]);
                    ++received[of];
                }
                next[of] = in.merge().ring(of).next_position();
            }
            std::uint64_t lost = 0;
            for (bool more = true; more;) {
                bool right = false;
                const Status status = Lanes<TypeParam>::pops(in, right);
                ASSERT_TRUE(right);
                received[in.merge().lane()] += status ? 1u : 0u;
                more = status || status == Status::lapped || in.readable();
            }
            for (std::uint32_t lane = 0; lane < kLanes; ++lane) {
                const auto& reader = in.merge().ring(lane);
                EXPECT_EQ(reader.lost() + received[lane], out[lane].position() - start);
                EXPECT_EQ(reader.lag(), 0u);
                EXPECT_GT(received[lane], 100u) << "lane " << lane << " is left behind";
                lost += reader.lost();
                EXPECT_TRUE(lanes.rigs[lane].guards_whole());
            }
            EXPECT_EQ(in.lost(), lost);
            EXPECT_EQ(lost == 0, which == gated);
        }
    }
}

using Number = Blob<8, 8>;
using Merged = ring::LaneSubscriber<Number>;

[[nodiscard]] std::vector<std::uint32_t> lanes_of_next(Merged& in, int calls) {
    std::vector<std::uint32_t> lanes;
    Number out{};
    for (; calls != 0; --calls) {
        if (in.try_pop(out)) {
            lanes.push_back(in.merge().lane());
        }
    }
    return lanes;
}

TEST(BroadcastLanes, ALaneThatAlwaysHasMessagesLeavesTheOthersTheirTurn) {
    Lanes<Number> lanes{2, 1024};
    auto in = lanes.subscriber();
    auto out = lanes.publishers();
    ASSERT_TRUE(publishes(out[1], 1));
    int since = 0;
    Number message{};
    for (int i = 0; i < 1'500; ++i) {
        ASSERT_TRUE(publishes(out[0], out[0].position() + 1));
        ASSERT_TRUE(in.try_pop(message));
        ++since;
        if (in.merge().lane() == 1) {
            since = 0;
            ASSERT_TRUE(publishes(out[1], out[1].position() + 1));
        }
        ASSERT_LE(since, 2 * 64 + 1) << "a round of turns";
    }
}

// Its turn counts losses as it counts messages.
TEST(BroadcastLanes, ALaneThatLapsTheReaderBeforeEachCallLeavesTheOthersTheirTurn) {
    Lanes<Number> lanes{2, 8};
    auto in = lanes.subscriber();
    auto out = lanes.publishers();
    ASSERT_TRUE(publishes(out[0], 2));
    Number message{};
    while (in.merge().ring(0).next_position() == 0) {
        ASSERT_TRUE(in.try_pop(message));
    }
    ASSERT_TRUE(publishes(out[1], 1));
    int calls = 0;
    for (bool had = false; !had; ++calls) {
        ASSERT_LE(calls, 2 * 64 + 1) << "a round of turns";
        ASSERT_TRUE(publishes(out[0], out[0].position() + 9));
        had = in.try_pop(message) && in.merge().lane() == 1;
    }
    EXPECT_GT(in.merge().ring(0).lost(), 0u);
}

TEST(BroadcastLanes, AnIdleLaneIsFoundWithinAFewCallsAndReadableTellsAtOnce) {
    constexpr std::uint32_t kLanes = 64;
    Lanes<Number> lanes{kLanes};
    auto in = lanes.subscriber();
    auto out = lanes.publishers();
    for (std::uint32_t lane = 0; lane < kLanes; ++lane) {
        EXPECT_TRUE(lanes_of_next(in, 200).empty());
        EXPECT_FALSE(in.readable());
        ASSERT_TRUE(publishes(out[lane], 1));
        EXPECT_TRUE(in.readable());
        EXPECT_EQ(lanes_of_next(in, kLanes / 4 + 1), std::vector<std::uint32_t>{lane});
    }
}

// A loss is told by the call that met it, also in the middle of a turn, and of its lane.
TEST(BroadcastLanes, ALossIsToldOfItsLaneBeforeAnotherMessageOfIt) {
    Lanes<Number> lanes{2, 8};
    auto in = lanes.subscriber();
    auto out = lanes.publishers();
    ASSERT_TRUE(publishes(out[0], 4));
    ASSERT_TRUE(publishes(out[1], 1));
    Number message{};
    while (in.merge().ring(0).next_position() == 0) {
        ASSERT_TRUE(in.try_pop(message));
    }
    ASSERT_TRUE(publishes(out[0], 100));
    int losses = 0;
    for (int calls = 0; calls < 30; ++calls) {
        const std::uint64_t before = in.lost();
        const Status status = in.try_pop(message);
        losses += status == Status::lapped ? 1 : 0;
        EXPECT_EQ(in.lost() > before, status == Status::lapped);
        EXPECT_TRUE(status != Status::lapped || in.merge().lane() == 0);
    }
    EXPECT_EQ(losses, 1);
    EXPECT_EQ(in.merge().ring(1).lost(), 0u);
    EXPECT_EQ(in.merge().ring(0).next_position(), 100u);
}

TEST(BroadcastLanes, APeekStaysUntilItIsReleasedAlsoWhereItsTurnIsOver) {
    Lanes<Number> lanes{2, 256};
    auto in = lanes.subscriber();
    auto out = lanes.publishers();
    ASSERT_TRUE(publishes(out[0], 200));
    ASSERT_TRUE(publishes(out[1], 200));
    std::array<std::uint64_t, 2> next{};
    for (int i = 0; i < 400; ++i) {
        const Number* shown = nullptr;
        ASSERT_TRUE(in.try_peek(shown));
        const std::uint32_t lane = in.merge().lane();
        ASSERT_EQ(*shown, message<Number>(next[lane]));
        const Number* again = nullptr;
        ASSERT_TRUE(in.try_peek(again));
        ASSERT_EQ(again, shown);
        ASSERT_EQ(in.merge().lane(), lane);
        ASSERT_TRUE(in.still_valid());
        ASSERT_TRUE(in.release());
        ASSERT_EQ(in.position(), next[lane]++);
    }
    const Number* shown = nullptr;
    EXPECT_EQ(in.try_peek(shown), Status::empty);
}

TEST(BroadcastLanes, ABatchIsOfOneLaneAndEndsAtALoss) {
    Lanes<Number> lanes{3, 64};
    auto in = lanes.subscriber();
    auto out = lanes.publishers();
    std::array<Number, 64> all{};
    std::size_t popped = 0;
    for (auto& each : out) {
        ASSERT_TRUE(publishes(each, 5));
    }
    std::array<bool, 3> seen{};
    for (int i = 0; i < 3; ++i) {
        EXPECT_EQ(in.try_pop_n(all, popped), Status::empty) << "of its lane there is no more";
        ASSERT_EQ(popped, 5u);
        EXPECT_FALSE(std::exchange(seen[in.merge().lane()], true));
        EXPECT_EQ(all[4], message<Number>(4));
    }
    EXPECT_EQ(in.try_pop_n(all, popped), Status::empty);
    EXPECT_EQ(popped, 0u);
    ASSERT_TRUE(publishes(out[1], 200));
    EXPECT_EQ(in.try_pop_n(all, popped), Status::lapped);
    EXPECT_EQ(popped, 0u);
    EXPECT_TRUE(in.try_pop_n(std::span{all}.first(3), popped));
    EXPECT_EQ(popped, 3u);
}

TEST(BroadcastLanes, AGateHoldsEachPublisherInItsOwnLane) {
    Lanes<Number> lanes{2, 8};
    auto in = lanes.subscriber(ring::policy::gated);
    auto out = lanes.publishers();
    EXPECT_TRUE(in.gated());
    const std::uint64_t told = in.told();
    EXPECT_FALSE(publishes(out[0], 100));
    EXPECT_EQ(out[0].position(), 8u);
    EXPECT_TRUE(publishes(out[1], 8)) << "the other has its own room";
    EXPECT_EQ(lanes_of_next(in, 200).size(), 16u);
    EXPECT_NE(in.told(), told);
    EXPECT_TRUE(publishes(out[0], 16));
    EXPECT_TRUE(publishes(out[1], 16));
    EXPECT_EQ(in.lost(), 0u);
}

// Of every lane, however its messages were read, the call behind them tells that there is room.
TEST(BroadcastLanes, RoomIsToldOfWhicheverLaneHasIt) {
    Lanes<Number> lanes{3, 8};
    auto in = lanes.subscriber(ring::policy::gated);
    auto out = lanes.publishers();
    std::uint64_t told = in.told();
    for (int round = 0; round < 100; ++round) {
        const auto lane = static_cast<std::size_t>(round) % out.size();
        ASSERT_TRUE(publishes(out[lane], out[lane].position() + 8));
        ASSERT_FALSE(out[lane].writable());
        while (!out[lane].writable()) {
            Number message{};
            (void)in.try_pop(message);
            if (out[lane].writable()) {
                ASSERT_NE(std::exchange(told, in.told()), in.told()) << "a publisher may sleep";
            }
            told = in.told();
        }
        (void)lanes_of_next(in, 200);
        told = in.told();
    }
}

TEST(BroadcastLanes, OneEvictedInALaneIsLossyThereAlone) {
    Lanes<Number> lanes{2, 8};
    auto in = lanes.subscriber(ring::policy::gated);
    auto out = lanes.publishers(true);
    ASSERT_TRUE(publishes(out[0], 50));
    ASSERT_TRUE(publishes(out[1], 8));
    EXPECT_EQ(out[0].evictions(), 1u);
    EXPECT_FALSE(in.gated());
    EXPECT_FALSE(in.merge().ring(0).gated());
    EXPECT_TRUE(in.merge().ring(1).gated());
    (void)lanes_of_next(in, 300);
    EXPECT_GT(in.merge().ring(0).lost(), 0u);
    EXPECT_EQ(in.merge().ring(1).lost(), 0u);
}

TEST(BroadcastLanes, ADamagedLaneSaysSoOnceAndTheOthersGoOn) {
    Lanes<Number> lanes{3, 8};
    auto in = lanes.subscriber();
    auto out = lanes.publishers();
    for (auto& each : out) {
        ASSERT_TRUE(publishes(each, 2));
    }
    ASSERT_EQ(lanes_of_next(in, 50).size(), 6u);
    lanes.rigs[1].stamp(2).store(ring::stamp_readable(3), std::memory_order_relaxed);
    Number message{};
    int broken = 0;
    for (int calls = 0; calls < 300; ++calls) {
        const Status status = in.try_pop(message);
        EXPECT_FALSE(status);
        if (status == Status::broken) {
            ++broken;
            EXPECT_EQ(in.merge().lane(), 1u);
        }
    }
    EXPECT_EQ(broken, 1);
    EXPECT_FALSE(in.readable()) << "nobody wakes up for it again";
    ASSERT_TRUE(publishes(out[0], 3));
    ASSERT_TRUE(publishes(out[2], 3));
    EXPECT_EQ(lanes_of_next(in, 50).size(), 2u);
    EXPECT_FALSE(in.broken());
    EXPECT_TRUE([&] {
        lanes.rigs[2].words->write_pos.store(kPositionLimit, std::memory_order_relaxed);
        return lanes.subscriber().broken();
    }()) << "one that was so before is not taken part in";
}

struct Holders {
    void take(std::uint64_t token, std::uint64_t from) { ring::take_lane(words, token, from); }
    [[nodiscard]] std::uint64_t of(std::uint64_t position) const {
        return ring::holder_of(words, position);
    }
    layout::LaneHolders words{};
};

TEST(LaneHolders, EachMessageIsOfTheOneThatHadTheLaneThen) {
    Holders lane;
    EXPECT_EQ(lane.of(0), 0u) << "nobody had it";
    lane.take(11, 0);
    EXPECT_EQ(lane.of(0), 11u);
    EXPECT_EQ(lane.of(1000), 11u);
    lane.take(12, 5);
    lane.take(13, 5);  // the one before it published nothing
    lane.take(14, 9);
    EXPECT_EQ(lane.of(4), 11u);
    EXPECT_EQ(lane.of(5), 13u);
    EXPECT_EQ(lane.of(8), 13u);
    EXPECT_EQ(lane.of(9), 14u);
}

TEST(LaneHolders, OfOneTooLongAgoNothingIsTold) {
    Holders lane;
    for (std::uint64_t n = 0; n < 20; ++n) {
        lane.take(100 + n, 10 * n);
    }
    for (std::uint64_t n = 20 - ring::kHoldersTold; n < 20; ++n) {
        EXPECT_EQ(lane.of(10 * n + 3), 100 + n);
    }
    EXPECT_EQ(lane.of(10 * (19 - ring::kHoldersTold) + 3), 0u);
}

// Words that change with every look, as a publisher may write them that is none of ours.
struct Lies : DefaultPolicy {
    static inline std::mt19937_64 draw{3};
    static inline int looks = 0;
    template <class Word>
    static Word load_peer(const std::atomic<Word>&, std::memory_order) {
        ++looks;
        return static_cast<Word>(draw());
    }
};
TEST(LaneHolders, WordsThatLieEndTheLookAndNothingElse) {
    const layout::LaneHolders words{};
    for (std::uint64_t position = 0; position < 1000; ++position) {
        Lies::looks = 0;
        (void)ring::holder_of<Lies>(words, position);
        EXPECT_LE(Lies::looks, ring::kLooksForHolder * static_cast<int>(3 + ring::kHoldersTold));
    }
}

// It had written its place, half or whole, and not that it joined.
TEST(LaneHolders, OneThatDiedWhileItJoinedLeavesNothing) {
    Holders lane;
    lane.take(11, 0);
    lane.words.holders[1].from.store(7, std::memory_order_relaxed);
    lane.words.holders[1].token.store(12, std::memory_order_relaxed);
    EXPECT_EQ(lane.of(9), 11u);
    lane.take(13, 9);
    EXPECT_EQ(lane.of(8), 11u);
    EXPECT_EQ(lane.of(9), 13u);
}

}  // namespace
}  // namespace shunt::test
