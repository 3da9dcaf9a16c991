// SPDX-License-Identifier: MIT
//
// Subscribers that a publisher waits for, by the ports: what it does where one is slow, how it is
// woken, and what becomes of one that leaves or dies.
#include "audience.hpp"

#include <shunt/broadcast.hpp>

#include <gtest/gtest.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <memory>
#include <numeric>
#include <stop_token>

namespace shunt::broadcast {
namespace {

using layout::RegionId;

[[nodiscard]] Options taking(policy which, std::uint64_t from = from::oldest) {
    Options options;
    options.policy = which;
    options.from = from;
    return options;
}
[[nodiscard]] Options slow(on_slow what, wake mode = wake::wakeable) {
    Options options = small();
    options.on_slow = what;
    options.wake = mode;
    return options;
}
[[nodiscard]] Numbers numbers(Number first, Number end) {
    Numbers all(end - first);
    std::iota(all.begin(), all.end(), first);
    return all;
}

class BroadcastGates : public BroadcastPorts {
protected:
    // Until `call`, made by another thread, sleeps for room.
    [[nodiscard]] static bool sleeps(Publisher<Number>& publisher, const Caller& call) {
        return eventually([&] {
            return call.done() || (spsc::registered(publisher, RegionId::wake_room,
                                                    publisher.participant().index()) &&
                                   call.asleep());
        });
    }
};

TEST_F(BroadcastGates, TryPushSaysFullAndPublishUntilTimesOut) {
    for (const wake mode : {wake::wakeable, wake::polling}) {
        Publisher<Number> publisher(kName, slow(on_slow::block, mode));
        Subscriber<Number> gate(kName, taking(policy::gated));
        EXPECT_TRUE(gate.gated());
        publish(publisher, 0, 16);
        EXPECT_FALSE(publisher.ready());
        EXPECT_EQ(publisher.try_push(16), Status::full);
        EXPECT_EQ(publisher.try_push_quiet(16), Status::full);
        EXPECT_EQ(publisher.try_claim(), nullptr);
        EXPECT_EQ(value(publisher.stats().full), 3u);
        EXPECT_EQ(publisher.publish_until(16, steady_clock::now() + 2ms), Status::timeout);
        EXPECT_EQ(publisher.wait(steady_clock::now()), Status::timeout);
        EXPECT_EQ(all_of(gate), numbers(0, 16));
        EXPECT_TRUE(publisher.ready());
        EXPECT_EQ(publisher.wait(steady_clock::now() + 1h), Status::ok);
        publish(publisher, 16, 32);
        EXPECT_EQ(all_of(gate), numbers(16, 32));
        EXPECT_EQ(gate.lost(), 0u);
    }
}

TEST_F(BroadcastGates, APublisherThatSleepsIsWokenByWhatIsRead) {
    Publisher<Number> publisher(kName, small());
    Subscriber<Number> gate(kName, taking(policy::gated));
    publish(publisher, 0, 16);
    for (Number n = 16; n < 48; n += 2) {
        Caller call{[&] { return publisher.publish(n); }};
        ASSERT_TRUE(sleeps(publisher, call));
        Numbers some(2);  // an eighth, which is told
        ASSERT_EQ(gate.try_pop_n(some), 2u);
        ASSERT_EQ(call.result(), Status::ok);
        publish(publisher, n + 1, n + 2);
    }
    EXPECT_EQ(all_of(gate), numbers(32, 48));
    EXPECT_EQ(gate.lost(), 0u);
}

TEST_F(BroadcastGates, EachWayToReadWakesIt) {
    const std::array<void (*)(Subscriber<Number>&), 5> ways{
        [](Subscriber<Number>& gate) { (void)all_of(gate); },
        [](Subscriber<Number>& gate) {
            Numbers some(4);
            EXPECT_EQ(gate.try_pop_n(some), 4u);
        },
        [](Subscriber<Number>& gate) {
            for (int i = 0; i < 4; ++i) {
                const Number* shown = nullptr;
                EXPECT_TRUE(gate.try_peek(shown));
                EXPECT_TRUE(gate.release());
            }
        },
        [](Subscriber<Number>& gate) {
            Number out = 0;
            for (int i = 0; i < 4; ++i) {
                EXPECT_TRUE(gate.try_pop_quiet(out));
            }
            gate.notify();
        },
        [](Subscriber<Number>& gate) { gate.close(); },
    };
    for (const auto way : ways) {
        Publisher<Number> publisher(kName, small());  // what the last way left is there
        Subscriber<Number> gate(kName, taking(policy::gated, from::latest));
        publish(publisher, 0, 16);
        Caller call{[&] { return publisher.publish(16); }};
        ASSERT_TRUE(sleeps(publisher, call));
        way(gate);
        EXPECT_EQ(call.result(), Status::ok);
    }
}

TEST_F(BroadcastGates, AWaitTellsWhatWasRead) {
    Publisher<Number> publisher(kName, {.capacity = 64, .pages = pages::base});
    Subscriber<Number> gate(kName, taking(policy::gated));
    publish(publisher, 0, 3);
    Numbers some(3);
    ASSERT_EQ(gate.try_pop_n(some), 3u);
    publish(publisher, 3, 64);
    EXPECT_FALSE(publisher.ready()) << "told by eighths";
    ASSERT_EQ(gate.try_pop_n(some), 3u);
    Numbers rest(58);
    ASSERT_EQ(gate.try_pop_n(rest), 58u);
    EXPECT_EQ(gate.wait(steady_clock::now()), Status::timeout);
    publish(publisher, 64, 128);
    EXPECT_EQ(gate.lost(), 0u);
}

TEST_F(BroadcastGates, ASlowGateIsEvictedAndToldItsLoss) {
    Publisher<Number> publisher(kName, slow(on_slow::evict));
    Subscriber<Number> gate(kName, taking(policy::gated));
    Subscriber<Number> other(kName, taking(policy::gated));
    for (Number n = 0; n < 40; ++n) {
        publish(publisher, n, n + 1);
        ASSERT_EQ(all_of(other), numbers(n, n + 1));
    }
    EXPECT_EQ(publisher.evictions(), 1u);
    EXPECT_FALSE(gate.gated());
    EXPECT_TRUE(other.gated());
    Number out = 0;
    EXPECT_EQ(gate.try_pop(out), Status::lapped);
    const std::uint64_t lost = gate.lost();
    EXPECT_EQ(all_of(gate), numbers(lost, 40));
    EXPECT_EQ(other.lost(), 0u);
    EXPECT_EQ(value(publisher.stats().full), 0u);
    Subscriber<Number> again(kName, taking(policy::gated, from::latest));
    EXPECT_TRUE(again.gated());
}

TEST_F(BroadcastGates, WhatASlowGateHasNoRoomForIsDropped) {
    Publisher<Number> publisher(kName, slow(on_slow::drop));
    Subscriber<Number> gate(kName, taking(policy::gated));
    publish(publisher, 0, 16);
    for (Number n = 16; n < 20; ++n) {
        EXPECT_EQ(publisher.publish(n), Status::full);
    }
    EXPECT_EQ(value(publisher.stats().full), 4u);
    EXPECT_EQ(all_of(gate), numbers(0, 16));
    publish(publisher, 20, 22);
    EXPECT_EQ(all_of(gate), numbers(20, 22));
    EXPECT_EQ(gate.lost(), 0u);
}

TEST_F(BroadcastGates, ADeadOnesGateMakesRoom) {
    Publisher<Number> publisher(kName, small());
    ASSERT_TRUE(lives_and_dies([] {
        const Subscriber<Number> gate(kName, taking(policy::gated));
        die();
    }));
    publish(publisher, 0, 16);
    EXPECT_EQ(publisher.try_push(16), Status::full);
    EXPECT_EQ(publisher.publish(16), Status::ok) << "a blocking call asks the kernel";
    EXPECT_EQ(value(publisher.stats().recovered), 1u);
    publish(publisher, 17, 60);
}

TEST_F(BroadcastGates, AGateKeepsWhatItNeedsFromASuccessorToo) {
    auto publisher = std::make_unique<Publisher<Number>>(kName, small());
    Subscriber<Number> gate(kName, taking(policy::gated));
    publish(*publisher, 0, 10);
    publisher = nullptr;
    publisher = std::make_unique<Publisher<Number>>(kName, small());
    publish(*publisher, 10, 16);
    EXPECT_EQ(publisher->try_push(16), Status::full);
    EXPECT_EQ(all_of(gate), numbers(0, 16));
}

TEST_F(BroadcastGates, ALateGateBeginsAtTheOldestThatItCanKeep) {
    Publisher<Number> publisher(kName, small());
    publish(publisher, 0, 100);
    Subscriber<Number> gate(kName, taking(policy::gated));
    const Number first = gate.next_position();
    EXPECT_GE(first, 84u);
    EXPECT_LE(first, 88u);
    while (publisher.try_push(publisher.position())) {
    }
    EXPECT_EQ(all_of(gate), numbers(first, publisher.position()));
    EXPECT_EQ(gate.lost(), 0u);
}

TEST_F(BroadcastGates, AnInterruptOrAStopEndsTheWait) {
    Publisher<Number> publisher(kName, small());
    const Subscriber<Number> gate(kName, taking(policy::gated));
    publish(publisher, 0, 16);
    {
        Caller call{[&] { return publisher.publish(16); }};
        ASSERT_TRUE(sleeps(publisher, call));
        publisher.interrupt();
        EXPECT_EQ(call.result(), Status::interrupted);
    }
    std::stop_source stop;
    Caller call{[&] { return publisher.publish(16, stop.get_token()); }};
    ASSERT_TRUE(sleeps(publisher, call));
    stop.request_stop();
    EXPECT_EQ(call.result(), Status::interrupted);
}

TEST_F(BroadcastGates, AnEventLoopHearsOfRoom) {
    Publisher<Number> publisher(kName, small());
    Subscriber<Number> gate(kName, taking(policy::gated));
    const int fd = publisher.fd();
    EXPECT_FALSE(publisher.arm());
    publish(publisher, 0, 16);
    ASSERT_TRUE(publisher.arm());
    EXPECT_EQ(all_of(gate), numbers(0, 16));
    pollfd poll{fd, POLLIN, 0};
    ASSERT_EQ(::poll(&poll, 1, -1), 1);
    EXPECT_FALSE(publisher.arm());
    EXPECT_TRUE(publisher.ready());
}

TEST_F(BroadcastGates, WithoutAGateAPublisherHasRoomAlways) {
    Publisher<Number> publisher(kName, small());
    const Subscriber<Number> lossy(kName);
    const Subscriber<Number> newest(kName, taking(policy::conflate));
    EXPECT_FALSE(lossy.gated());
    publish(publisher, 0, 1000);
    EXPECT_TRUE(publisher.ready());
}

TEST_F(BroadcastGates, ConflatingTakesTheNewest) {
    Publisher<Number> publisher(kName, small());
    Subscriber<Number> newest(kName, taking(policy::conflate));
    Number received = 0;
    for (const Number end : {1u, 3u, 10u, 200u}) {
        publish(publisher, publisher.position(), end);
        Number out = 0;
        ASSERT_EQ(newest.pop(out), Status::ok);
        EXPECT_EQ(out, end - 1);
        EXPECT_EQ(++received + newest.lost(), end);
        EXPECT_EQ(newest.try_pop(out), Status::empty);
    }
}

TEST_F(BroadcastGates, OfByteMessagesToo) {
    BytesPublisher publisher(kName, small());
    BytesSubscriber gate(kName, taking(policy::gated));
    const std::array<std::byte, 5> message{};
    for (int i = 0; i < 16; ++i) {
        ASSERT_TRUE(publisher.publish(message));
    }
    EXPECT_EQ(publisher.try_push(message), Status::full);
    std::span<std::byte> place;
    EXPECT_EQ(publisher.try_claim(5, place), Status::full);
    EXPECT_EQ(publisher.publish_until(message, 0, steady_clock::now()), Status::timeout);
    EXPECT_EQ(value(publisher.stats().payload_bytes), 80u);
    Caller call{[&] { return publisher.publish(message, 0, std::stop_token{}); }};
    std::array<std::byte, 8> out{};
    std::size_t size = 0;
    while (gate.try_pop(out, size)) {
        EXPECT_EQ(size, 5u);
    }
    EXPECT_EQ(call.result(), Status::ok);
    EXPECT_TRUE(gate.gated());
}

}  // namespace
}  // namespace shunt::broadcast
