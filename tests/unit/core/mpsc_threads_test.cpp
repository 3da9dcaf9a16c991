// SPDX-License-Identifier: MIT
//
// Lanes with a thread each, and their consumer. Every message is checked. These run under
// ThreadSanitizer too (label `rings`).
#include "mpsc_rig.hpp"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

namespace shunt::test {
namespace {

constexpr std::uint32_t kLanes = 3;
constexpr std::uint64_t kEach = 60'000;
constexpr auto kPatience = std::chrono::seconds{60};

struct Mode {
    std::uint64_t lines;
    bool in_place;
    bool throughput;
    friend std::ostream& operator<<(std::ostream& out, const Mode& mode) {
        return out << "Lines" << mode.lines << (mode.in_place ? "InPlace" : "Copied")
                   << (mode.throughput ? "Throughput" : "Latency");
    }
};

class MpscThreads : public testing::TestWithParam<Mode> {};
INSTANTIATE_TEST_SUITE_P(Modes, MpscThreads,
                         testing::Values(Mode{2, false, false}, Mode{2, true, false},
                                         Mode{256, false, false}, Mode{256, true, true}),
                         testing::PrintToStringParamName());

using Message = Blob<24, 8>;

TEST_P(MpscThreads, CarryEveryMessageOfEachInItsOrder) {
    const Mode mode = GetParam();
    MpscRig<Message> rig{kLanes + 2, 2 * mode.lines};
    const auto end = std::chrono::steady_clock::now() + kPatience;
    std::atomic<bool> late{false};
    std::vector<std::thread> threads;
    for (std::uint32_t lane = 0; lane < kLanes; ++lane) {
        threads.emplace_back([&, lane] {
            auto producer = rig.producer(lane, lane + 1);
            for (std::uint64_t n = 0; n < kEach && !late;) {
                if (producer.try_push(message<Message>(n * kLanes + lane))) {
                    ++n;
                } else {
                    late = late || std::chrono::steady_clock::now() > end;
                    std::this_thread::yield();
                }
            }
        });
    }
    auto consumer = rig.consumer(mode.throughput);
    std::array<std::uint64_t, kLanes> next{};
    std::uint64_t left = kLanes * kEach;
    std::string wrong;
    const auto got = [&](const Message& each) {
        const std::uint32_t lane = consumer.merge().lane();
        if (lane >= kLanes || consumer.merge().token() != lane + 1 ||
            each != message<Message>(next[lane]++ * kLanes + lane)) {
            wrong = "lane " + std::to_string(lane);
        }
        --left;
    };
    while (left != 0 && wrong.empty() && !late) {
        Message out{};
        if (mode.in_place) {
            if (consumer.drain(got, 100) == 0) {
                late = late || std::chrono::steady_clock::now() > end;
                std::this_thread::yield();
            }
        } else if (consumer.try_pop(out)) {
            got(out);
        } else {
            late = late || std::chrono::steady_clock::now() > end;
            std::this_thread::yield();
        }
    }
    late = late || !wrong.empty();  // ends the others
    for (std::thread& each : threads) {
        each.join();
    }
    EXPECT_EQ(wrong, "");
    EXPECT_EQ(left, 0u);
    EXPECT_FALSE(consumer.readable());
    EXPECT_TRUE(rig.guards_whole());
}

}  // namespace
}  // namespace shunt::test
