// SPDX-License-Identifier: MIT
//
// Many ports asleep: who is woken for a message, for room, for what comes behind another's. Nothing
// here waits for a time; a thread is seen to sleep by its bit in the wake region.
#include "many.hpp"

#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <set>
#include <utility>

namespace shunt::mpmc {
namespace {

using layout::RegionId;

class Waiting : public MpmcPorts, public testing::WithParamInterface<pop> {
protected:
    // The call sleeps: its port is registered, and the kernel says so.
    template <class Port>
    [[nodiscard]] static bool sleeps(const Port& port, const Caller& caller, RegionId region) {
        return eventually([&] {
            return caller.done() ||
                   (spsc::registered(port, region, port.participant().index()) && caller.asleep());
        });
    }
    // Each sleep ends by itself soon, so a call that returns proves nothing: what is counted is
    // wake-ups that were made. One may be missed, by a sleeper whose bound ends just then.
    template <class Scenario>
    [[nodiscard]] static bool wakes(Scenario&& scenario) {
        for (int tries = 0; tries < 20 && !HasFailure(); ++tries) {
            if (scenario() != 0) {
                return true;
            }
        }
        return false;
    }
    Options options = popping(GetParam());
};
INSTANTIATE_TEST_SUITE_P(Pops, Waiting, testing::Values(pop::in_place, pop::copy),
                         [](const auto& each) { return name_of(each.param); });

TEST_P(Waiting, AMessageWakesOneAndEachWakesAnother) {
    Producer<Number> producer{kName, options};
    Consumer<Number> one{kName, options};
    Consumer<Number> other{kName, options};
    Number first = 0;
    Number second = 0;
    Caller caller{[&] { return one.pop(first); }};
    Caller beside{[&] { return other.pop(second); }};
    ASSERT_TRUE(sleeps(one, caller, RegionId::wake_data));
    ASSERT_TRUE(sleeps(other, beside, RegionId::wake_data));
    EXPECT_TRUE(producer.try_push(1));
    EXPECT_TRUE(producer.try_push(2));
    EXPECT_TRUE(caller.result());
    EXPECT_TRUE(beside.result());
    EXPECT_EQ((std::set<Number>{first, second}), (std::set<Number>{1, 2}));
}

TEST_P(Waiting, WhoTakesWhatWasClaimedFirstWakesAnotherForWhatLiesBehind) {
    const auto scenario = [&] {
        Producer<Number> slow{kName, options};
        Producer<Number> quick{kName, options};
        Consumer<Number> one{kName, options};
        Consumer<Number> other{kName, options};
        Number* const place = slow.try_claim();
        EXPECT_NE(place, nullptr);
        Number first = 0;
        Number second = 0;
        Caller caller{[&] { return one.pop(first); }};
        Caller beside{[&] { return other.pop(second); }};
        EXPECT_TRUE(sleeps(one, caller, RegionId::wake_data));
        EXPECT_TRUE(sleeps(other, beside, RegionId::wake_data));
        EXPECT_TRUE(quick.try_push(2)) << "wakes one in vain: the next is only claimed";
        EXPECT_TRUE(sleeps(one, caller, RegionId::wake_data));
        EXPECT_TRUE(sleeps(other, beside, RegionId::wake_data));
        EXPECT_FALSE(caller.done() || beside.done());
        *place = 1;
        slow.publish();
        EXPECT_TRUE(caller.result());
        EXPECT_TRUE(beside.result());
        EXPECT_EQ((std::set<Number>{first, second}), (std::set<Number>{1, 2}));
        return value(one.stats().wakes) + value(other.stats().wakes);
    };
    EXPECT_TRUE(wakes(scenario));
}

// The wake-up for a message may go to one whose place for it is too small.
TEST_P(Waiting, WhoHasTooLittleRoomForAMessageWakesAnother) {
    const auto scenario = [&] {
        BytesProducer producer{kName, options};
        BytesConsumer small{kName, options};
        BytesConsumer large{kName, options};
        std::array<std::byte, 8> to{};
        std::size_t size = 0;
        Caller caller{[&] { return large.pop(to, size); }};
        EXPECT_TRUE(sleeps(large, caller, RegionId::wake_data));
        EXPECT_TRUE(producer.try_push_quiet(as_bytes("message")));
        std::array<std::byte, 4> little{};
        std::size_t wanted = 0;
        const Status status = small.try_pop(little, wanted);
        EXPECT_TRUE(status == Status::too_small || status == Status::empty)
            << "the other's sleep may have ended by its bound";
        producer.notify();
        EXPECT_TRUE(caller.result());
        EXPECT_EQ(size, 7u);
        return value(small.stats().wakes);
    };
    EXPECT_TRUE(wakes(scenario));
}

TEST_P(Waiting, RoomWakesAProducer) {
    const auto scenario = [&] {
        Producer<Number> producer{kName, options};
        Consumer<Number> consumer{kName, options};
        while (producer.try_push(1)) {
        }
        Caller caller{[&] { return producer.push(4); }};
        EXPECT_TRUE(sleeps(producer, caller, RegionId::wake_room));
        Number out = 7;
        EXPECT_TRUE(consumer.try_pop(out));
        EXPECT_TRUE(caller.result());
        (void)all_of(consumer);
        return value(consumer.stats().wakes);
    };
    EXPECT_TRUE(wakes(scenario));
}

// Of 16 slots, position 1 is no quarter; nothing but its being the last one to be released tells
// that a producer waits for it.
TEST_P(Waiting, AReleaseBehindOthersWakesAProducer) {
    options.capacity = 16;
    const auto scenario = [&] {
        Producer<Number> producer{kName, options};
        Consumer<Number> slow{kName, options};
        Consumer<Number> quick{kName, options};
        while (producer.try_push(1)) {
        }
        Number out = 7;
        EXPECT_TRUE(quick.try_pop(out));
        EXPECT_NE(slow.try_peek(), nullptr);
        EXPECT_EQ(all_of(quick).size(), 14u);
        EXPECT_TRUE(producer.try_push(4));
        Caller caller{[&] { return producer.push(5); }};
        EXPECT_TRUE(sleeps(producer, caller, RegionId::wake_room));
        slow.release();
        EXPECT_TRUE(caller.result());
        (void)all_of(quick);
        return value(slow.stats().wakes);
    };
    EXPECT_TRUE(wakes(scenario));
}

TEST_P(Waiting, NotifyWakesAProducerForQuietPops) {
    const auto scenario = [&] {
        Producer<Number> producer{kName, options};
        Consumer<Number> consumer{kName, options};
        while (producer.try_push(1)) {
        }
        Number out = 7;
        Caller caller{[&] { return producer.push(6); }};
        EXPECT_TRUE(sleeps(producer, caller, RegionId::wake_room));
        EXPECT_TRUE(consumer.try_pop_quiet(out));
        EXPECT_FALSE(caller.done());
        consumer.notify();
        EXPECT_TRUE(caller.result());
        (void)all_of(consumer);
        return value(consumer.stats().wakes);
    };
    EXPECT_TRUE(wakes(scenario));
}

TEST_P(Waiting, AnInterruptEndsACallThatWaits) {
    Consumer<Number> consumer{kName, options};
    Number out = 7;
    Caller caller{[&] { return consumer.pop(out); }};
    ASSERT_TRUE(sleeps(consumer, caller, RegionId::wake_data));
    consumer.interrupt();
    EXPECT_EQ(caller.result(), Status::interrupted);
}

TEST_P(Waiting, NotifyWakesForQuietCalls) {
    Producer<Number> producer{kName, options};
    Consumer<Number> consumer{kName, options};
    Number out = 7;
    Caller caller{[&] { return consumer.pop(out); }};
    ASSERT_TRUE(sleeps(consumer, caller, RegionId::wake_data));
    EXPECT_TRUE(producer.try_push_quiet(3));
    producer.notify();
    EXPECT_TRUE(caller.result());
    EXPECT_EQ(out, 3u);
}

TEST_P(Waiting, APollingChannelNeverSleeps) {
    options.wake = wake::polling;
    Producer<Number> producer{kName, options};
    Consumer<Number> consumer{kName, options};
    Number out = 7;
    Caller caller{[&] { return consumer.pop(out); }};
    ASSERT_TRUE(eventually([&] { return value(consumer.stats().empty_polls) > 200; }));
    EXPECT_TRUE(producer.try_push(5));
    EXPECT_TRUE(caller.result());
    EXPECT_EQ(value(consumer.stats().parks), 0u);
}

}  // namespace
}  // namespace shunt::mpmc
