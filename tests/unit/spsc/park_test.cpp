// SPDX-License-Identifier: MIT
//
// Ports with a thread on each side: sleeping and being woken, interrupts, stop requests. Nothing
// here waits for a time; a thread is seen to sleep by what the kernel says of it.
#include "company.hpp"

#include <shunt/spsc.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <stop_token>
#include <string>
#include <thread>

namespace shunt::spsc {
namespace {

using Number = std::uint64_t;
using channel::kName;

class Waiting : public SpscPorts, public testing::WithParamInterface<wait> {
protected:
    Waiting() : options{small()} { options.wait = GetParam(); }
    // The call is under way: it polled in vain, and where it may sleep, it sleeps.
    template <class Port>
    [[nodiscard]] static bool waits(const Port& port, const Caller& caller, wait how,
                                    const std::atomic<std::uint64_t>& fruitless,
                                    std::uint64_t before) {
        return eventually([&] {
            return caller.done() || (value(fruitless) > before + 200 &&
                                     (how != wait::park || value(port.stats().parks) != 0));
        });
    }
    Options options;
};
std::string name_of(const testing::TestParamInfo<wait>& policy) {
    const char* const names[] = {"Spin", "SpinPause", "Park", "Adaptive"};
    return names[static_cast<int>(policy.param)];
}
INSTANTIATE_TEST_SUITE_P(Policies, Waiting,
                         testing::Values(wait::spin, wait::spin_pause, wait::park, wait::adaptive),
                         name_of);

TEST_P(Waiting, AnInterruptEndsAPopUnderWay) {
    Producer<Number> producer{kName, options};
    Consumer<Number> consumer{kName, options};
    Number out = 77;
    Caller caller{[&] { return consumer.pop(out); }};
    ASSERT_TRUE(waits(consumer, caller, GetParam(), consumer.stats().empty_polls, 0));
    EXPECT_FALSE(caller.done());
    consumer.interrupt();
    EXPECT_EQ(caller.result(), Status::interrupted);
    EXPECT_EQ(out, 77u);
    EXPECT_EQ(consumer.pop_until(out, steady_clock::now()), Status::timeout) << "it ends one call";
}

TEST_P(Waiting, AnInterruptEndsAPushUnderWay) {
    Producer<Number> producer{kName, options};
    Consumer<Number> consumer{kName, options};
    while (producer.try_push(1)) {
    }
    Caller caller{[&] { return producer.push(1); }};
    ASSERT_TRUE(waits(producer, caller, GetParam(), producer.stats().full, 1));
    EXPECT_FALSE(caller.done());
    producer.interrupt();
    EXPECT_EQ(caller.result(), Status::interrupted);
}

TEST_P(Waiting, AnInterruptBeforeACallEndsTheNextThatWouldWait) {
    Producer<Number> producer{kName, options};
    Consumer<Number> consumer{kName, options};
    consumer.interrupt();
    consumer.interrupt();
    Number out = 0;
    EXPECT_EQ(consumer.pop(out), Status::interrupted);
    EXPECT_EQ(consumer.pop_until(out, steady_clock::now()), Status::timeout);
    consumer.interrupt();
    EXPECT_TRUE(producer.try_push(3));
    EXPECT_TRUE(consumer.pop(out)) << "a message that is there comes first";
}

TEST_P(Waiting, AStopRequestEndsACallAndNoLaterOne) {
    Producer<Number> producer{kName, options};
    Consumer<Number> consumer{kName, options};
    std::stop_source source;
    Number out = 77;
    Caller caller{[&] { return consumer.pop(out, source.get_token()); }};
    ASSERT_TRUE(waits(consumer, caller, GetParam(), consumer.stats().empty_polls, 0));
    EXPECT_FALSE(caller.done());
    source.request_stop();
    EXPECT_EQ(caller.result(), Status::interrupted);
    EXPECT_EQ(consumer.pop(out, source.get_token()), Status::interrupted) << "it is still stopped";
    EXPECT_EQ(consumer.pop_until(out, steady_clock::now()), Status::timeout);
    while (producer.push(1, source.get_token()) == Status::ok) {
    }
    EXPECT_EQ(producer.position(), 14u);
}

// A request that comes just as the call ends is not left for a later call.
TEST_P(Waiting, AStopRequestThatComesTooLateIsForgotten) {
    Producer<Number> producer{kName, options};
    Consumer<Number> consumer{kName, options};
    std::atomic<int> round{0};
    std::stop_source source;
    std::jthread stopper{[&](const std::stop_token& over) {
        for (int seen = 0; !over.stop_requested(); std::this_thread::yield()) {
            if (const int now = round.load(std::memory_order_acquire); now > seen) {
                source.request_stop();
                seen = now;
                round.store(-now, std::memory_order_release);
            }
        }
    }};
    for (int i = 1; i <= 300; ++i) {
        source = std::stop_source{};
        EXPECT_TRUE(producer.try_push(1));
        Number out = 0;
        round.store(i, std::memory_order_release);
        EXPECT_TRUE(consumer.pop(out, source.get_token()));
        ASSERT_TRUE(eventually([&] { return round.load(std::memory_order_acquire) == -i; }));
        ASSERT_EQ(consumer.pop_until(out, steady_clock::now()), Status::timeout) << i;
    }
}

class Parking : public SpscPorts {};

TEST_F(Parking, APushWakesASleepingConsumer) {
    Producer<Number> producer{kName, small()};
    Consumer<Number> consumer{kName, small()};
    bool woken = false;
    for (Number n = 0; n < 50 && !woken; ++n) {
        Number out = 0;
        Caller caller{[&] { return consumer.pop(out); }};
        ASSERT_TRUE(eventually([&] {
            return caller.asleep() &&
                   registered(producer, layout::RegionId::wake_data, layout::kConsumerSeat);
        }));
        EXPECT_TRUE(producer.try_push(n));
        EXPECT_TRUE(caller.result());
        EXPECT_EQ(out, n);
        woken = value(producer.stats().wakes) != 0;  // else its bounded sleep had just ended
    }
    EXPECT_TRUE(woken);
    EXPECT_GT(value(consumer.stats().parks), 0u);
    EXPECT_FALSE(registered(producer, layout::RegionId::wake_data, layout::kConsumerSeat));
}

TEST_F(Parking, APopWakesASleepingProducer) {
    Producer<Number> producer{kName, small()};
    Consumer<Number> consumer{kName, small()};
    while (producer.try_push(0)) {
    }
    bool woken = false;
    for (int n = 0; n < 50 && !woken; ++n) {
        Caller caller{[&] { return producer.push(1); }};
        ASSERT_TRUE(eventually([&] {
            return caller.asleep() &&
                   registered(producer, layout::RegionId::wake_room, layout::kProducerSeat);
        }));
        Number out = 0;
        EXPECT_TRUE(consumer.try_pop(out));
        EXPECT_TRUE(caller.result());
        woken = value(consumer.stats().wakes) != 0;
    }
    EXPECT_TRUE(woken);
    EXPECT_GT(value(producer.stats().parks), 0u);
}

TEST_F(Parking, ANotifyWakesASleepingConsumer) {
    Producer<Number> producer{kName, small()};
    Consumer<Number> consumer{kName, small()};
    bool woken = false;
    for (Number n = 0; n < 50 && !woken; ++n) {
        Number out = 0;
        Caller caller{[&] { return consumer.pop(out); }};
        ASSERT_TRUE(eventually([&] {
            return caller.asleep() &&
                   registered(producer, layout::RegionId::wake_data, layout::kConsumerSeat);
        }));
        EXPECT_TRUE(producer.try_push_quiet(n));
        EXPECT_EQ(value(producer.stats().wakes), 0u);
        producer.notify();
        EXPECT_TRUE(caller.result());
        EXPECT_EQ(out, n);
        woken = value(producer.stats().wakes) != 0;
    }
    EXPECT_TRUE(woken);
}

TEST_F(Parking, AnEndWakesASleeper) {
    std::optional<Producer<Number>> producer{std::in_place, kName, small()};
    Consumer<Number> consumer{kName, small()};
    Number out = 0;
    Caller caller{[&] { return consumer.pop(out); }};
    ASSERT_TRUE(eventually([&] { return value(consumer.stats().parks) != 0 && caller.asleep(); }));
    producer.reset();
    EXPECT_EQ(caller.result(), Status::closed);
}

// Else a consumer that looks around each 130 ms would wake six times meanwhile, not three.
TEST_F(Parking, ACallBehindOneThatTimedOutSleepsOnFromThere) {
    const Producer<Number> producer{kName, small()};
    Consumer<Number> consumer{kName, small()};
    std::uint64_t fewest = ~std::uint64_t{0};
    for (int calls = 0; calls < 20 && fewest > 3; ++calls) {  // more: a busy machine between calls
        const std::uint64_t before = value(consumer.stats().parks);
        Number out = 0;
        ASSERT_EQ(consumer.pop_until(out, steady_clock::now() + std::chrono::milliseconds{130}),
                  Status::timeout);
        fewest = std::min(fewest, value(consumer.stats().parks) - before);
    }
    EXPECT_LE(fewest, 3u);
}

TEST_F(Parking, CarriesEveryMessageThroughASmallRing) {
    constexpr Number kNumbers = 20'000;
    Producer<Number> producer{kName, small()};
    Consumer<Number> consumer{kName, small()};
    std::thread sender{[&] {
        for (Number n = 0; n < kNumbers; ++n) {
            ASSERT_TRUE(producer.push(n));
        }
        producer.close();
    }};
    Number next = 0;
    for (const Number& n : consumer) {
        ASSERT_EQ(n, next++);
    }
    sender.join();
    EXPECT_EQ(next, kNumbers);
}

TEST_F(Parking, NobodySleepsInAPollingChannel) {
    Options options = small();
    options.wake = wake::polling;
    Producer<Number> producer{kName, options};
    Consumer<Number> consumer{kName, options};
    Number out = 0;
    Caller caller{[&] { return consumer.pop(out); }};
    ASSERT_TRUE(eventually([&] { return value(consumer.stats().empty_polls) > 1000; }));
    EXPECT_TRUE(producer.try_push(5));
    EXPECT_TRUE(caller.result());
    EXPECT_EQ(out, 5u);
    EXPECT_EQ(value(consumer.stats().parks), 0u);
    EXPECT_EQ(value(producer.stats().wakes), 0u);
}

TEST_F(Parking, ADeathIsToldToASleeper) {
    const pid_t child = ::fork();
    if (child == 0) {
        try {
            Producer<Number> producer{kName, small()};
            ::pause();
        } catch (const std::exception&) {
        }
        ::_exit(1);
    }
    Consumer<Number> consumer{kName, small()};
    Number out = 0;
    Caller caller{[&] { return consumer.pop(out); }};
    EXPECT_TRUE(eventually([&] { return value(consumer.stats().parks) != 0; }));
    ::kill(child, SIGKILL);
    EXPECT_EQ(caller.result(), Status::peer_dead);
    EXPECT_EQ(value(consumer.stats().recovered), 1u);
    int status = 0;
    ::waitpid(child, &status, 0);
}

}  // namespace
}  // namespace shunt::spsc
