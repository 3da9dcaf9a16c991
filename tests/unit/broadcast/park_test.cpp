// SPDX-License-Identifier: MIT
//
// Subscribers that sleep: one message wakes them all. Nothing here waits for a time; a thread is
// seen to sleep by its bit in the wake region.
#include "audience.hpp"

#include <gtest/gtest.h>
#include <poll.h>

#include <array>
#include <memory>
#include <vector>

namespace shunt::broadcast {
namespace {

using layout::RegionId;

class Waiting : public BroadcastPorts {
protected:
    struct Sleeper {
        Subscriber<Number> port{kName};
        Number out = 0;
        std::unique_ptr<Caller> caller;
    };
    static constexpr std::size_t kSleepers = 3;

    Waiting() : publisher{kName, small()} {
        for (auto& each : sleepers) {
            each = std::make_unique<Sleeper>();
        }
    }
    void all_call() {
        for (auto& each : sleepers) {
            Sleeper& one = *each;
            one.caller = std::make_unique<Caller>([&one] { return one.port.pop(one.out); });
        }
    }
    [[nodiscard]] bool all_asleep() {
        return spsc::all_asleep(sleepers, RegionId::wake_data);
    }

    Publisher<Number> publisher;
    std::array<std::unique_ptr<Sleeper>, kSleepers> sleepers;
};

TEST_F(Waiting, OneMessageWakesAllByOneCall) {
    // Each sleep ends by itself soon: so what is counted is the call.
    bool seen = false;
    for (Number n = 0; n < 20 && !seen; ++n) {
        all_call();
        ASSERT_TRUE(all_asleep());
        const std::uint64_t before = value(publisher.stats().wakes);
        ASSERT_TRUE(publisher.publish(n));
        for (auto& each : sleepers) {
            EXPECT_TRUE(each->caller->result());
            EXPECT_EQ(each->out, n);
        }
        seen = value(publisher.stats().wakes) == before + 1;
    }
    EXPECT_TRUE(seen);
}

TEST_F(Waiting, AQuietOneIsHeardOfByNotify) {
    all_call();
    ASSERT_TRUE(all_asleep());
    ASSERT_TRUE(publisher.try_push_quiet(5));
    EXPECT_EQ(value(publisher.stats().wakes), 0u);
    publisher.notify();
    for (auto& each : sleepers) {
        EXPECT_TRUE(each->caller->result());
        EXPECT_EQ(each->out, 5u);
    }
    publisher.notify();
    EXPECT_LE(value(publisher.stats().wakes), 1u) << "nothing is owed any more";
}

TEST_F(Waiting, AnEndWakesAll) {
    all_call();
    ASSERT_TRUE(all_asleep());
    publisher.close();
    for (auto& each : sleepers) {
        EXPECT_EQ(each->caller->result(), Status::closed);
    }
}

TEST_F(Waiting, ALossIsWorthAWakeUp) {
    Subscriber<Number>& subscriber = sleepers[0]->port;
    publish(publisher, 0, 40);
    EXPECT_TRUE(subscriber.wait(steady_clock::now()));
    Number out = 0;
    EXPECT_EQ(subscriber.pop(out), Status::lapped);
    EXPECT_TRUE(subscriber.pop(out));
}

TEST_F(Waiting, InAnEventLoopAndByWaitAny) {
    Subscriber<Number>& one = sleepers[0]->port;
    Subscriber<Number>& other = sleepers[1]->port;
    pollfd polled{.fd = one.fd(), .events = POLLIN, .revents = 0};
    ASSERT_TRUE(one.arm());
    ASSERT_TRUE(publisher.publish(1));
    EXPECT_EQ(::poll(&polled, 1, 20'000), 1);
    EXPECT_FALSE(one.arm());
    EXPECT_EQ(all_of(one), Numbers{1});
    const Ready found = wait_any({one, other}, steady_clock::now() + 10s);
    EXPECT_EQ(found.index, 1u);
    EXPECT_TRUE(found.status);
}

TEST_F(BroadcastPorts, APollingChannelCarriesTooAndNobodySleepsInIt) {
    Options options = small();
    options.wake = wake::polling;
    Publisher<Number> publisher{kName, options};
    Subscriber<Number> subscriber{kName, options};
    publish(publisher, 0, 5);
    const Numbers more{5, 6};
    EXPECT_EQ(publisher.try_push_n(more), 2u);
    *publisher.try_claim() = 7;
    publisher.publish();
    EXPECT_EQ(all_of(subscriber).size(), 8u);
    Number out = 0;
    EXPECT_EQ(subscriber.pop_until(out, steady_clock::now() + 1ms), Status::timeout);
    EXPECT_EQ(value(subscriber.stats().parks), 0u);
}

TEST_F(BroadcastPorts, EverySleepyReaderHasAllThatIsPublishedOrCountsIt) {
    constexpr Number kMessages = 20'000;
    Publisher<Number> publisher{kName, small()};
    std::vector<std::unique_ptr<Subscriber<Number>>> subscribers;
    std::vector<std::unique_ptr<Caller>> callers;
    std::array<Number, 3> received{};
    for (std::size_t i = 0; i < received.size(); ++i) {
        subscribers.push_back(std::make_unique<Subscriber<Number>>(kName));
        callers.push_back(std::make_unique<Caller>([&in = *subscribers.back(), &n = received[i]] {
            for (const Number& each : in) {
                if (each != in.position()) {
                    return Status{Status::broken};
                }
                ++n;
            }
            return Status{Status::ok};
        }));
    }
    publish(publisher, 0, kMessages);
    publisher.close();
    for (std::size_t i = 0; i < received.size(); ++i) {
        EXPECT_TRUE(callers[i]->result());
        EXPECT_EQ(received[i] + subscribers[i]->lost(), kMessages);
    }
}

}  // namespace
}  // namespace shunt::broadcast
