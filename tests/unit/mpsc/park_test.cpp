// SPDX-License-Identifier: MIT
//
// Lanes and sleepers: the consumer is woken by any producer, a producer by room in its own lane.
// Nothing here waits for a time; a thread is seen to sleep by its bit in the wake region.
#include "lanes.hpp"

#include <gtest/gtest.h>

#include <array>
#include <memory>
#include <vector>

namespace shunt::mpsc {
namespace {

using layout::RegionId;

class Waiting : public MpscPorts {
protected:
    template <class Port>
    [[nodiscard]] static bool sleeps(const Port& port, const Caller& caller, RegionId region) {
        return eventually([&] {
            return caller.done() ||
                   (spsc::registered(port, region, port.participant().index()) && caller.asleep());
        });
    }
};

TEST_F(Waiting, AMessageInAnyLaneWakesTheConsumer) {
    Consumer<Number> consumer{kName, small()};
    std::vector<Producer<Number>> producers;
    for (int i = 0; i < 3; ++i) {
        producers.emplace_back(kName);
    }
    for (Producer<Number>& each : producers) {
        Number out = 0;
        Caller caller{[&] { return consumer.pop(out); }};
        ASSERT_TRUE(sleeps(consumer, caller, RegionId::wake_data));
        EXPECT_TRUE(each.push(each.lane()));
        EXPECT_TRUE(caller.result());
        EXPECT_EQ(out, each.lane());
    }
}

TEST_F(Waiting, RoomInALaneWakesItsProducer) {
    Consumer<Number> consumer{kName, small()};
    Producer<Number> one{kName};
    Producer<Number> other{kName};
    while (one.try_push(1)) {
    }
    while (other.try_push(2)) {
    }
    // Each sleep ends by itself soon: so what is counted is the wake-up.
    bool seen = false;
    for (int tries = 0; tries < 20 && !seen; ++tries) {
        Caller first{[&] { return one.push(3); }};
        Caller second{[&] { return other.push_until(4, steady_clock::now() + 200ms); }};
        ASSERT_TRUE(sleeps(one, first, RegionId::wake_room));
        ASSERT_TRUE(sleeps(other, second, RegionId::wake_room));
        const std::uint64_t wakes = value(consumer.stats().wakes);
        Number out = 0;
        std::uint32_t left = 7;
        while (left != 0 && consumer.try_pop(out)) {  // the first lane's turn
            ASSERT_EQ(out, consumer.lane() == one.lane() ? (out == 3 ? 3u : 1u) : out);
            left -= consumer.lane() == one.lane() ? 1u : 0u;
        }
        EXPECT_TRUE(first.result());
        seen = value(consumer.stats().wakes) > wakes;
        (void)second.result();
        while (one.try_push(1)) {
        }
        while (other.try_push(2)) {
        }
    }
    EXPECT_TRUE(seen);
}

TEST_F(Waiting, OneThatHasNoBitSleepsAMillisecondAtATime) {
    Options options = small();
    options.lanes = 34;
    Consumer<Number> consumer{kName, options};
    std::vector<Producer<Number>> producers;
    for (int i = 0; i < 34; ++i) {
        producers.emplace_back(kName);
    }
    Producer<Number>& last = producers.back();
    ASSERT_EQ(last.participant().index(), 35u);
    while (last.try_push(1)) {
    }
    Caller caller{[&] { return last.push(2); }};
    Number out = 0;
    while (!caller.done()) {
        (void)consumer.pop_until(out, steady_clock::now() + 1ms);
    }
    EXPECT_TRUE(caller.result());
}

TEST_F(Waiting, ManyMessagesOfManyProducersGetThroughSmallLanesParked) {
    Consumer<Number> consumer{kName, small()};
    constexpr Number kEach = 3000;
    std::vector<std::unique_ptr<Caller>> callers;
    std::vector<Producer<Number>> producers;
    for (int i = 0; i < 3; ++i) {
        producers.emplace_back(kName);
    }
    for (Producer<Number>& each : producers) {
        callers.push_back(std::make_unique<Caller>([&each] {
            for (Number n = 0; n < kEach; ++n) {
                if (const Status status = each.push(n); !status) {
                    return status;
                }
            }
            return Status{Status::ok};
        }));
    }
    std::array<Number, 3> next{};
    for (Number i = 0; i < 3 * kEach; ++i) {
        Number out = 0;
        ASSERT_TRUE(consumer.pop(out));
        ASSERT_EQ(out, next[consumer.lane()]++);
    }
    for (const auto& caller : callers) {
        EXPECT_TRUE(caller->result());
    }
}

TEST_F(Waiting, WaitAnyFindsAMessageInALane) {
    Consumer<Number> consumer{kName, small()};
    spsc::Producer<Number> elsewhere{"other", spsc::small()};
    spsc::Consumer<Number> beside{"other", spsc::small_any()};
    Producer<Number> producer{kName};
    ASSERT_TRUE(producer.push(1));
    const Ready found = wait_any({consumer, beside}, steady_clock::now() + 10s);
    EXPECT_TRUE(found.status);
    EXPECT_EQ(found.index, 0u);
}

}  // namespace
}  // namespace shunt::mpsc
