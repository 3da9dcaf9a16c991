// SPDX-License-Identifier: MIT
//
// Ports in an event loop: arm(), fd(), disarm(), in one process. Peers in other processes, and
// deaths, are the business of tests/process/event_loop_test.cpp.
#include "company.hpp"

#include <shunt/spsc.hpp>

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/epoll.h>

#include <filesystem>
#include <string>
#include <thread>

namespace shunt::spsc {
namespace {

using channel::kName;
using channel::Events;
using Number = std::uint64_t;

[[nodiscard]] bool readable(int fd, int timeout_ms = 0) {
    pollfd one{.fd = fd, .events = POLLIN, .revents = 0};
    return ::poll(&one, 1, timeout_ms) == 1;
}
// Longer than any bound: what comes only at its end comes too late.
constexpr int kSoonMs = 20'000;

[[nodiscard]] std::size_t threads() {
    std::size_t count = 0;
    for (const auto& thread : std::filesystem::directory_iterator("/proc/self/task")) {
        count += thread.is_directory() ? 1u : 0u;
    }
    return count;
}

class EventLoop : public SpscPorts, public testing::WithParamInterface<events> {
protected:
    EventLoop() : options{small()} { options.events = GetParam(); }
    void SetUp() override {
        Options any = small();
        any.events = events::io_uring;
        try {
            Producer<Number> probe{"probe", any};
            (void)probe.fd();
        } catch (const Error&) {
            if (GetParam() == events::io_uring) {
                GTEST_SKIP() << "io_uring cannot wait for a futex here";
            }
        }
    }
    // Pops until nothing is there and arms, as an event loop does before it polls.
    template <class Port>
    static void settle(Port& port) {
        while (!port.arm()) {
            if constexpr (requires(Number n) { port.try_pop(n); }) {
                Number out = 0;
                while (port.try_pop(out)) {
                }
            }
        }
    }
    // It becomes readable by what `act` does, and not by the bound's end: that takes 64 ms, and in
    // several tries one is shorter.
    template <class Port, class Act>
    static testing::AssertionResult wakes(Port& port, Act&& act) {
        for (int tries = 0; tries < 50; ++tries) {
            settle(port);
            if (readable(port.fd())) {
                continue;  // the bound's end, or the ring of an earlier try
            }
            const auto before = steady_clock::now();
            act();
            if (!readable(port.fd(), kSoonMs)) {
                return testing::AssertionFailure() << "it never became readable";
            }
            if (steady_clock::now() - before < 16ms) {
                return testing::AssertionSuccess();
            }
        }
        return testing::AssertionFailure() << "it became readable at the end of its bound only";
    }
    [[nodiscard]] Events::By by() const {
        return GetParam() == events::thread ? Events::By::thread : Events::By::io_uring;
    }
    Options options;
};
std::string how_of(const testing::TestParamInfo<events>& how) {
    return how.param == events::thread ? "Thread" : "IoUring";
}
INSTANTIATE_TEST_SUITE_P(By, EventLoop, testing::Values(events::io_uring, events::thread), how_of);

TEST_P(EventLoop, AMessageMakesAConsumerReadable) {
    Producer<Number> producer{kName, options};
    Consumer<Number> consumer{kName, options};
    EXPECT_EQ(consumer.events().by, Events::By::none);
    (void)consumer.fd();
    EXPECT_TRUE(wakes(consumer, [&] { EXPECT_TRUE(producer.try_push(7)); }));
    Number out = 0;
    EXPECT_TRUE(consumer.try_pop(out));
    EXPECT_EQ(out, 7u);
    EXPECT_EQ(consumer.events().by, by());
}

TEST_P(EventLoop, RoomMakesAProducerReadable) {
    Producer<Number> producer{kName, options};
    Consumer<Number> consumer{kName, options};
    (void)producer.fd();
    while (producer.try_push(1)) {
    }
    EXPECT_TRUE(wakes(producer, [&] {
        Number out = 0;
        while (consumer.try_pop(out)) {
        }
    }));
    EXPECT_TRUE(producer.try_push(1));
}

TEST_P(EventLoop, BytesPortsToo) {
    Options bytes = small_bytes();
    bytes.events = GetParam();
    BytesProducer producer{kName, bytes};
    BytesConsumer consumer{kName, bytes};
    (void)consumer.fd();
    (void)producer.fd();
    const std::byte message[100]{};
    ASSERT_TRUE(consumer.arm());
    ASSERT_FALSE(producer.arm()) << "there is room";
    while (producer.try_push(message)) {
    }
    EXPECT_TRUE(readable(consumer.fd(), kSoonMs));
    ASSERT_TRUE(producer.arm());
    EXPECT_FALSE(consumer.arm());
    std::byte to[128];
    std::size_t size = 0;
    while (consumer.try_pop(to, size)) {
    }
    EXPECT_TRUE(readable(producer.fd(), kSoonMs));
    EXPECT_TRUE(producer.ready(100));
}

TEST_P(EventLoop, ArmIsFalseWhereSomethingIsThereAlready) {
    Producer<Number> producer{kName, options};
    Consumer<Number> consumer{kName, options};
    (void)consumer.fd();
    EXPECT_TRUE(producer.try_push(1));
    EXPECT_FALSE(consumer.arm());
    EXPECT_FALSE(registered(producer, layout::RegionId::wake_data, layout::kConsumerSeat));
    Number out = 0;
    EXPECT_TRUE(consumer.try_pop(out));
    EXPECT_TRUE(consumer.arm());
    EXPECT_TRUE(registered(producer, layout::RegionId::wake_data, layout::kConsumerSeat));
}

TEST_P(EventLoop, ADisarmedPortCostsNoWakeUp) {
    Producer<Number> producer{kName, options};
    Consumer<Number> consumer{kName, options};
    (void)consumer.fd();
    ASSERT_TRUE(consumer.arm());
    consumer.disarm();
    EXPECT_FALSE(registered(producer, layout::RegionId::wake_data, layout::kConsumerSeat));
    EXPECT_TRUE(producer.try_push(1));
    EXPECT_EQ(value(producer.stats().wakes), 0u);
    EXPECT_FALSE(consumer.arm());
}

TEST_P(EventLoop, AnInterruptMakesItReadableAndIsToldOnce) {
    Producer<Number> producer{kName, options};
    Consumer<Number> consumer{kName, options};
    (void)consumer.fd();
    EXPECT_TRUE(wakes(consumer, [&] { std::thread{[&] { consumer.interrupt(); }}.join(); }));
    EXPECT_FALSE(consumer.arm());
    EXPECT_TRUE(consumer.interrupted());
    EXPECT_TRUE(consumer.arm());
    EXPECT_FALSE(consumer.interrupted());
    consumer.interrupt();
    EXPECT_FALSE(consumer.arm()) << "before it is armed, too";
    EXPECT_TRUE(consumer.interrupted());
}

TEST_P(EventLoop, AnEndMakesItReadable) {
    std::optional<Producer<Number>> producer{std::in_place, kName, options};
    Consumer<Number> consumer{kName, options};
    (void)consumer.fd();
    settle(consumer);
    producer.reset();
    EXPECT_TRUE(readable(consumer.fd(), kSoonMs));
    EXPECT_FALSE(consumer.arm());
    Number out = 0;
    EXPECT_EQ(consumer.try_pop(out), Status::closed);
    EXPECT_TRUE(consumer.arm()) << "it is told";
}

TEST_P(EventLoop, ItIsLevelTriggeredUntilTheNextArm) {
    Producer<Number> producer{kName, options};
    Consumer<Number> consumer{kName, options};
    const int fd = consumer.fd();
    const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
    epoll_event event{.events = EPOLLIN, .data = {}};
    ASSERT_EQ(::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), 0);
    ASSERT_TRUE(consumer.arm());
    EXPECT_TRUE(producer.try_push(1));
    EXPECT_EQ(::epoll_wait(epoll, &event, 1, kSoonMs), 1);
    EXPECT_EQ(::epoll_wait(epoll, &event, 1, 0), 1);
    Number out = 0;
    EXPECT_TRUE(consumer.try_pop(out));
    bool quiet = false;
    for (int tries = 0; tries < 100 && !quiet; ++tries) {
        settle(consumer);
        quiet = ::epoll_wait(epoll, &event, 1, 0) == 0;  // else its bound has just ended
    }
    EXPECT_TRUE(quiet);
    ::close(epoll);
}

TEST_P(EventLoop, ItIsBounded) {
    Producer<Number> producer{kName, options};
    Consumer<Number> consumer{kName, options};
    (void)consumer.fd();
    ASSERT_TRUE(consumer.arm());
    EXPECT_TRUE(producer.try_push_quiet(3)) << "wakes nobody, and notify() never comes";
    EXPECT_TRUE(readable(consumer.fd(), kSoonMs));
    Number out = 0;
    EXPECT_TRUE(consumer.try_pop(out));
}

// The io_uring belongs to the thread that armed it, the port to whoever has it now.
TEST_P(EventLoop, AnotherThreadMayGoOn) {
    Producer<Number> producer{kName, options};
    Consumer<Number> consumer{kName, options};
    (void)consumer.fd();
    for (int thread = 0; thread < 3; ++thread) {
        std::thread{[&] {
            EXPECT_TRUE(wakes(consumer, [&] { EXPECT_TRUE(producer.try_push(7)); }));
            EXPECT_EQ(consumer.events().by, by());
        }}.join();
    }
    EXPECT_TRUE(wakes(consumer, [&] { EXPECT_TRUE(producer.try_push(7)); }));
}

TEST_P(EventLoop, AMovedPortKeepsItsDescriptor) {
    Producer<Number> producer{kName, options};
    Consumer<Number> consumer{kName, options};
    const int fd = consumer.fd();
    ASSERT_TRUE(consumer.arm());
    Consumer<Number> moved{std::move(consumer)};
    EXPECT_EQ(moved.fd(), fd);
    EXPECT_TRUE(producer.try_push(1));
    EXPECT_TRUE(readable(fd, kSoonMs));
    EXPECT_FALSE(moved.arm());
}

TEST_P(EventLoop, ThereIsAThreadOnlyWhileAPortNeedsOne) {
    const std::size_t before = threads();
    Producer<Number> producer{kName, options};
    Consumer<Number> consumer{kName, options};
    EXPECT_EQ(threads(), before);
    (void)consumer.fd();
    (void)producer.fd();
    EXPECT_EQ(threads(), before + (GetParam() == events::thread ? 1u : 0u));
    consumer.close();
    EXPECT_EQ(threads(), before + (GetParam() == events::thread ? 1u : 0u));
    producer.close();
    EXPECT_EQ(threads(), before);
}

TEST_P(EventLoop, CarriesEveryMessageThroughASmallRing) {
    constexpr Number kNumbers = 5'000;
    Producer<Number> producer{kName, options};
    Consumer<Number> consumer{kName, options};
    std::thread sender{[&] {
        const int fd = producer.fd();
        for (Number n = 0; n < kNumbers;) {
            if (producer.try_push(n)) {
                ++n;
            } else if (producer.arm()) {
                ASSERT_TRUE(readable(fd, kSoonMs));
            }
        }
        producer.close();
    }};
    const int fd = consumer.fd();
    Number next = 0;
    for (Status status = Status::empty; status != Status::closed;) {
        Number out = 0;
        status = consumer.try_pop(out);
        if (status) {
            ASSERT_EQ(out, next++);
        } else if (status == Status::empty && consumer.arm()) {
            ASSERT_TRUE(readable(fd, kSoonMs));
        }
    }
    sender.join();
    EXPECT_EQ(next, kNumbers);
}

class EventLoops : public SpscPorts {};

TEST_F(EventLoops, APollingChannelHasNone) {
    Options options = small();
    options.wake = wake::polling;
    Producer<Number> producer{kName, options};
    try {
        (void)producer.fd();
        ADD_FAILURE() << "nobody may sleep there";
    } catch (const Error& error) {
        EXPECT_EQ(error.code(), Errc::bad_argument);
        EXPECT_NE(std::string{error.what()}.find("polling"), std::string::npos) << error.what();
        EXPECT_NE(std::string{error.what()}.find(kName), std::string::npos) << error.what();
    }
}

TEST_F(EventLoops, AClosedPortHasNone) {
    Producer<Number> producer{kName, small()};
    producer.close();
    EXPECT_THROW((void)producer.fd(), Error);
}

TEST_F(EventLoops, OneThreadServesManyPorts) {
    constexpr int kChannels = 20;
    const std::size_t before = threads();
    Options options = small();
    options.events = events::thread;
    std::vector<Producer<Number>> producers;
    std::vector<Consumer<Number>> consumers;
    for (int i = 0; i < kChannels; ++i) {
        producers.emplace_back(kName + std::to_string(i), options);
        consumers.emplace_back(kName + std::to_string(i), options);
        (void)consumers.back().fd();
    }
    EXPECT_EQ(threads(), before + 1);
    for (int i = kChannels - 1; i >= 0; --i) {
        const auto at = static_cast<std::size_t>(i);
        ASSERT_TRUE(consumers[at].arm());
        EXPECT_TRUE(producers[at].try_push(at));
        EXPECT_TRUE(readable(consumers[at].fd(), kSoonMs));
    }
}

}  // namespace
}  // namespace shunt::spsc
