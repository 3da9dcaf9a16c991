// SPDX-License-Identifier: MIT
//
// wait_any over ports of each kind and side, in one process. Deaths, and a kernel without
// futex_waitv: tests/process/event_loop_test.cpp.
#include "company.hpp"

#include <shunt/spsc.hpp>

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace shunt::spsc {
namespace {

using Number = std::uint64_t;
const std::string kA = "a";
const std::string kB = "b";
const std::string kC = "c";

struct Large {
    std::byte bytes[200];
};

class WaitAny : public SpscPorts, public testing::WithParamInterface<wait> {
protected:
    WaitAny() : options{small()}, bytes{small_bytes()} {
        options.wait = bytes.wait = GetParam();
    }
    Options options;
    Options bytes;
};
std::string name_of(const testing::TestParamInfo<wait>& policy) {
    const char* const names[] = {"Spin", "SpinPause", "Park", "Adaptive"};
    return names[static_cast<int>(policy.param)];
}
INSTANTIATE_TEST_SUITE_P(Policies, WaitAny, testing::Values(wait::spin, wait::park, wait::adaptive),
                         name_of);

TEST_P(WaitAny, TellsWhichPortIsReady) {
    Producer<Number> a{kA, options};
    Consumer<Number> in_a{kA, options};
    BytesProducer b{kB, bytes};
    BytesConsumer in_b{kB, bytes};
    Producer<Large> c{kC, options};
    Consumer<Large> in_c{kC, options};
    const std::byte message[8]{};
    for (std::size_t round = 0; round < 30; ++round) {
        const std::size_t which = round % 3;
        Ready ready{99, Status::ok};
        Caller caller{[&] {
            ready = wait_any({in_a, in_b, in_c});
            return ready.status;
        }};
        if (GetParam() == wait::park && round < 3) {
            ASSERT_TRUE(eventually([&] {
                return registered(a, layout::RegionId::wake_data, layout::kConsumerSeat) &&
                       registered(b, layout::RegionId::wake_data, layout::kConsumerSeat) &&
                       registered(c, layout::RegionId::wake_data, layout::kConsumerSeat) &&
                       caller.asleep();
            }));
        }
        const Status pushed = which == 0   ? a.try_push(round)
                              : which == 1 ? b.try_push(message)
                                           : c.try_push(Large{});
        EXPECT_TRUE(pushed);
        EXPECT_EQ(caller.result(), Status::ok);
        EXPECT_EQ(ready.index, which);
        Number number = 0;
        Large large{};
        std::byte to[8];
        std::size_t size = 0;
        EXPECT_TRUE(which == 0   ? in_a.try_pop(number)
                    : which == 1 ? in_b.try_pop(to, size)
                                 : in_c.try_pop(large));
    }
    for (const auto* port : {&in_a.participant(), &in_b.participant(), &in_c.participant()}) {
        const auto& region =
            *object_at<layout::WakeRegion>(port->region(layout::RegionId::wake_data));
        EXPECT_EQ(region.sleepers.load(std::memory_order_seq_cst), 0u) << "it leaves no bit behind";
    }
}

TEST_P(WaitAny, TheFirstInTheOrderGivenOfThoseThatAreReady) {
    Producer<Number> a{kA, options};
    Consumer<Number> in_a{kA, options};
    Producer<Number> b{kB, options};
    Consumer<Number> in_b{kB, options};
    EXPECT_TRUE(a.try_push(1));
    EXPECT_TRUE(b.try_push(1));
    EXPECT_EQ(wait_any({in_a, in_b}).index, 0u);
    EXPECT_EQ(wait_any({in_b, in_a}).index, 0u);
    const std::vector<Waitable> ports{in_a, in_b};
    EXPECT_EQ(wait_any(ports, steady_clock::now()).index, 0u);
}

TEST_P(WaitAny, RoomIsReadyToo) {
    Producer<Number> a{kA, options};
    Consumer<Number> in_a{kA, options};
    Producer<Number> b{kB, options};
    Consumer<Number> in_b{kB, options};
    EXPECT_EQ(wait_any({in_b, a}).index, 1u) << "there is room";
    while (a.try_push(1)) {
    }
    Ready ready{99, Status::ok};
    Caller caller{[&] {
        ready = wait_any({in_b, a});
        return ready.status;
    }};
    Number number = 0;
    while (in_a.try_pop(number)) {
    }
    EXPECT_EQ(caller.result(), Status::ok);
    EXPECT_EQ(ready.index, 1u);
}

TEST_P(WaitAny, ADeadlineAnInterruptAndAnEndAreTold) {
    std::optional<Producer<Number>> a{std::in_place, kA, options};
    Consumer<Number> in_a{kA, options};
    Producer<Number> b{kB, options};
    Consumer<Number> in_b{kB, options};
    Ready ready = wait_any({in_a, in_b}, steady_clock::now() + 10ms);
    EXPECT_EQ(ready.index, 2u);
    EXPECT_EQ(ready.status, Status::timeout);
    Caller interrupted{[&] {
        ready = wait_any({in_a, in_b});
        return ready.status;
    }};
    in_b.interrupt();
    EXPECT_EQ(interrupted.result(), Status::interrupted);
    EXPECT_EQ(ready.index, 1u);
    EXPECT_EQ(wait_any({in_a, in_b}, steady_clock::now()).status, Status::timeout) << "told once";
    Caller ended{[&] {
        ready = wait_any({in_b, in_a});
        return ready.status;
    }};
    EXPECT_TRUE(a->try_push(5));
    EXPECT_EQ(ended.result(), Status::ok) << "what was sent comes before the end";
    Number number = 0;
    EXPECT_TRUE(in_a.try_pop(number));
    Caller closed{[&] {
        ready = wait_any({in_b, in_a});
        return ready.status;
    }};
    a.reset();
    EXPECT_EQ(closed.result(), Status::closed);
    EXPECT_EQ(ready.index, 1u);
    EXPECT_EQ(in_a.try_pop(number), Status::closed) << "which the port itself tells";
}

class WaitAnyOf : public SpscPorts {};

TEST_F(WaitAnyOf, APollingChannelPolls) {
    Options polling = small();
    polling.wake = wake::polling;
    Producer<Number> a{kA, polling};
    Consumer<Number> in_a{kA, polling};
    Producer<Number> b{kB, small()};
    Consumer<Number> in_b{kB, small()};
    Ready ready{99, Status::ok};
    Caller caller{[&] {
        ready = wait_any({in_b, in_a});
        return ready.status;
    }};
    EXPECT_TRUE(a.try_push(1));
    EXPECT_EQ(caller.result(), Status::ok);
    EXPECT_EQ(ready.index, 1u);
    EXPECT_EQ(value(in_b.stats().parks), 0u);
}

// More than one call of the kernel takes: the last one is looked at each millisecond.
TEST_F(WaitAnyOf, ManyPorts) {
    constexpr std::size_t kPorts = 130;
    std::vector<Producer<Number>> producers;
    std::vector<Consumer<Number>> consumers;
    std::vector<Waitable> all;
    for (std::size_t i = 0; i < kPorts; ++i) {
        producers.emplace_back("n" + std::to_string(i), small());
        consumers.emplace_back("n" + std::to_string(i), small());
    }
    for (Consumer<Number>& consumer : consumers) {
        all.emplace_back(consumer);
    }
    for (const std::size_t which : {std::size_t{0}, kPorts / 2, kPorts - 1}) {
        Ready ready{999, Status::ok};
        Caller caller{[&] {
            ready = wait_any(all, channel::kNoDeadline);
            return ready.status;
        }};
        ASSERT_TRUE(eventually([&] { return value(consumers[which].stats().parks) != 0; }));
        EXPECT_TRUE(producers[which].try_push(1));
        EXPECT_EQ(caller.result(), Status::ok);
        EXPECT_EQ(ready.index, which);
        Number number = 0;
        EXPECT_TRUE(consumers[which].try_pop(number));
    }
}

}  // namespace
}  // namespace shunt::spsc
