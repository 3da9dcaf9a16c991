// SPDX-License-Identifier: MIT
//
// How many instructions a push and a pop of 8 bytes take, counted by single-stepping a child, and
// that the ring's seams (Policy, shapes, Status) cost none: the same ring written out by hand takes
// as many. docs/benchmarking.md quotes what this prints. And that a publish takes as many whoever
// is attached.
#include "process/hand_ring.hpp"
#include "process/support/playground.hpp"

#include <shunt/broadcast.hpp>
#include <shunt/core/ring/spsc.hpp>

#include <gtest/gtest.h>

#include <sys/ptrace.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bit>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <new>
#include <string>
#include <vector>

namespace {

using shunt::ring::SpscConsumer;
using shunt::ring::SpscProducer;

constexpr std::uint64_t kLines = 64;
constexpr int kCalls = 21;  // three lines of seven
#if defined(__clang__)
constexpr int kOneMoreSaved = 1;  // clang saves one register more around the look for room
#else
constexpr int kOneMoreSaved = 0;
#endif

struct alignas(128) Memory {
    std::byte lines[kLines * 64 + shunt::kLinePairBytes]{};
    shunt::layout::ConsumerWords words{};
};

struct Message {
    std::uint64_t value;
};

using Publisher = shunt::broadcast::Publisher<Message>;
using Subscriber = shunt::broadcast::Subscriber<Message>;

// The calls that are counted. Out of line, so that each has an address and an end.
[[gnu::noinline]] bool ring_push(SpscProducer<Message>& ring, const Message& message) {
    return bool{ring.try_push(message)};
}
[[gnu::noinline]] bool hand_push(shunt::hand::Producer& ring, const Message& message) {
    return bool{ring.try_push(message.value)};
}
[[gnu::noinline]] bool port_publish(Publisher& port, const Message& message) {
    return bool{port.publish(message)};
}
[[gnu::noinline]] bool ring_pop(SpscConsumer<Message>& ring, Message& message) {
    return bool{ring.try_pop(message)};
}
[[gnu::noinline]] bool hand_pop(shunt::hand::Consumer& ring, Message& message) {
    return bool{ring.try_pop(message.value)};
}

// Steps a child that runs `calls(made)`, `made` being what it made before that by `make()`; the
// instructions of each call of the function at `entry`.
template <class Make, class Calls>
std::vector<int> count(std::uint64_t entry, Make&& make, Calls&& calls) {
    const pid_t child = fork();
    if (child == 0) {
        auto made = make();
        ptrace(PTRACE_TRACEME, 0, nullptr, nullptr);
        raise(SIGSTOP);
        calls(made);
        _exit(0);
    }
    std::vector<int> counts;
    std::uint64_t stack_at_entry = 0;
    bool inside = false;
    int status = 0;
    waitpid(child, &status, 0);
    while (ptrace(PTRACE_SINGLESTEP, child, nullptr, nullptr) == 0 &&
           waitpid(child, &status, 0) == child && WIFSTOPPED(status)) {
        user_regs_struct registers{};
        ptrace(PTRACE_GETREGS, child, nullptr, &registers);
        if (!inside && registers.rip == entry) {
            inside = true;
            stack_at_entry = registers.rsp;
            counts.push_back(0);
        } else if (inside && registers.rsp > stack_at_entry) {
            inside = false;
            ++counts.back();  // the return itself
        }
        if (inside && registers.rip != entry) {
            ++counts.back();
        }
    }
    if (WIFSTOPPED(status)) {
        kill(child, SIGKILL);
        waitpid(child, &status, 0);
    }
    return counts;
}

template <class Calls>
std::vector<int> count(std::uint64_t entry, Calls&& calls) {
    return count(
        entry, [] { return nullptr; }, [&](std::nullptr_t) { calls(); });
}

std::string listed(const std::vector<int>& counts) {
    std::string text;
    for (const int n : counts) {
        text += " " + std::to_string(n);
    }
    return text;
}

template <class F>
std::uint64_t address(F* function) {
    return std::bit_cast<std::uint64_t>(function);
}

class InstructionCount : public testing::Test {
protected:
    void SetUp() override {
#if !defined(__OPTIMIZE__) || defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
        GTEST_SKIP() << "counts mean something in an optimised build without sanitizers only";
#endif
    }
};

TEST_F(InstructionCount, APushTakesAsManyAsOneWrittenByHand) {
    Memory a, b;
    SpscProducer<Message> ring{a.lines, kLines * 7, a.words, 0};
    shunt::hand::Producer hand{b.lines, kLines, b.words};
    const auto of_ring = count(address(&ring_push), [&] {
        for (std::uint64_t i = 0; i < kCalls; ++i) {
            ring_push(ring, Message{i});
        }
    });
    const auto of_hand = count(address(&hand_push), [&] {
        for (std::uint64_t i = 0; i < kCalls; ++i) {
            hand_push(hand, Message{i});
        }
    });
    std::printf("push, 8 B: ring%s\n            hand%s\n", listed(of_ring).c_str(),
                listed(of_hand).c_str());
    ASSERT_EQ(of_ring.size(), std::size_t{kCalls});
    ASSERT_EQ(of_hand.size(), std::size_t{kCalls});
    EXPECT_LE(of_ring[2], of_hand[2] + kOneMoreSaved) << "inside a line";
    if (kOneMoreSaved == 0) {
        EXPECT_LE(of_ring[7], of_hand[7]) << "at a new line";
    }
}

TEST_F(InstructionCount, APopTakesAsManyAsOneWrittenByHand) {
    Memory a, b;
    SpscProducer<Message> ring_in{a.lines, kLines * 7, a.words, 0};
    shunt::hand::Producer hand_in{b.lines, kLines, b.words};
    for (std::uint64_t i = 0; i < kCalls; ++i) {
        ASSERT_TRUE(ring_push(ring_in, Message{i}));
        ASSERT_TRUE(hand_push(hand_in, Message{i}));
    }
    SpscConsumer<Message> ring{a.lines, kLines * 7, a.words, 0, false};
    shunt::hand::Consumer hand{b.lines, kLines, b.words};
    const auto of_ring = count(address(&ring_pop), [&] {
        Message message{};
        for (int i = 0; i < kCalls; ++i) {
            ring_pop(ring, message);
        }
    });
    const auto of_hand = count(address(&hand_pop), [&] {
        Message message{};
        for (int i = 0; i < kCalls; ++i) {
            hand_pop(hand, message);
        }
    });
    std::printf("pop, 8 B:  ring%s\n            hand%s\n", listed(of_ring).c_str(),
                listed(of_hand).c_str());
    ASSERT_EQ(of_ring.size(), std::size_t{kCalls});
    ASSERT_EQ(of_hand.size(), std::size_t{kCalls});
    EXPECT_LE(of_ring[2], of_hand[2] + kOneMoreSaved) << "inside a line";
    if (kOneMoreSaved == 0) {
        EXPECT_LE(of_ring[7], of_hand[7]) << "at a new line";
    }
}

TEST_F(InstructionCount, APublishTakesAsManyHoweverManyLossySubscribersAreAttached) {
    const shunt::process_test::Playground ground;
    for (const shunt::wake wake : {shunt::wake::polling, shunt::wake::wakeable}) {
        std::vector<int> alone;
        for (const std::size_t attached : {0u, 1u, 8u, 64u}) {
            const std::string name =
                "ch" + std::to_string(static_cast<int>(wake)) + "." + std::to_string(attached);
            const shunt::Options options{
                .pages = shunt::pages::base, .wake = wake, .linger = shunt::linger::keep};
            { const Publisher makes{name, options}; }
            std::deque<Subscriber> subscribers;
            for (std::size_t i = 0; i < attached; ++i) {
                subscribers.emplace_back(name);
            }
            const auto counts = count(
                address(&port_publish),
                [&] {
                    return Publisher{name, options};
                },
                [](Publisher& port) {
                    for (std::uint64_t i = 0; i < kCalls; ++i) {
                        port_publish(port, Message{i});
                    }
                });
            std::printf("publish, 8 B, %zu attached:%s\n", attached, listed(counts).c_str());
            ASSERT_EQ(counts.size(), std::size_t{kCalls});
            if (attached == 0) {
                alone = counts;
            }
            EXPECT_EQ(counts, alone) << attached << " attached";
        }
    }
}

}  // namespace
