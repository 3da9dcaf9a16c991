// SPDX-License-Identifier: MIT
//
// Gates of a broadcast log and the publisher that waits for them, each a thread. These run under
// ThreadSanitizer too (label `rings`): each slot has a plain number beside it, written by the
// publisher once the slot is its own, and read by gates before they move on, so that a cursor, or a
// gate, that orders nothing is a race.
#include "broadcast_rig.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <thread>
#include <vector>

namespace shunt::test {
namespace {

using Message = Blob<24, 8>;
using Rig = BroadcastRig<Message>;

constexpr std::uint64_t kAll = detail::kThreadSanitizer ? 20'000 : 200'000;
constexpr std::uint64_t kStart = (std::uint64_t{1} << 32) - 777;
constexpr std::uint64_t kEnd = kStart + kAll;
constexpr auto kPatience = std::chrono::seconds{60};

class GateTraffic {
public:
    GateTraffic(std::uint64_t capacity, bool evicts)
        : rig{capacity, kStart}, evicts_{evicts}, beside_(rig.capacity()) {}

    // One publisher after the other, on threads of their own.
    void publish_all() {
        for (bool more = true; more && !wrong;) {
            std::thread{[&] { more = publish(kAll / 7); }}.join();
        }
    }
    void follow(std::size_t seat) {
        auto gate = rig.gated(seat, ring::from::oldest, next_token());
        joined.fetch_add(1, std::memory_order_relaxed);
        read(seat, gate, UINT64_MAX);
    }
    void come_and_go(std::size_t seat) {
        for (std::uint64_t i = 0; !over() && !wrong; ++i) {
            const std::uint64_t token = next_token();
            auto gate =
                rig.gated(seat, i % 2 == 0 ? ring::from::oldest : ring::from::latest, token);
            joined.fetch_add(i == 0 ? 1 : 0, std::memory_order_relaxed);
            read(seat, gate, 1 + i % 50);
            ring::close_gate(*rig.own[seat], token);
        }
    }

    Rig rig;
    std::atomic<bool> wrong{false};
    std::atomic<int> joined{0};
    std::atomic<std::uint64_t> lost{0};

private:
    [[nodiscard]] std::uint64_t next_token() {
        return tokens_.fetch_add(1, std::memory_order_relaxed) + 1;
    }
    [[nodiscard]] bool over() const { return rig.write_pos() == kEnd; }
    void check(bool right) {
        if (!right || std::chrono::steady_clock::now() > until_) {
            wrong = true;
        }
    }
    bool publish(std::uint64_t most) {
        auto publisher = rig.publisher(rig.gates(evicts_));
        for (std::uint64_t n = 0; n < most && publisher.position() < kEnd && !wrong;) {
            Message* const place = publisher.try_claim();
            check(place != nullptr || (!evicts_ && !publisher.broken()));
            if (place == nullptr) {
                std::this_thread::yield();
                continue;
            }
            const std::uint64_t position = publisher.position();
            if (!evicts_) {
                beside_[position % rig.capacity()] = position;
            }
            *place = message<Message>(position);
            publisher.publish();
            ++n;
        }
        return publisher.position() < kEnd;
    }
    void read(std::size_t seat, Rig::Subscriber& gate, std::uint64_t most) {
        const std::uint64_t began = gate.next_position();
        std::uint64_t received = 0;
        while (received < most && gate.next_position() < kEnd && !wrong) {
            const std::uint64_t next = gate.next_position();
            const bool in_place = next % 3 == 0;
            Message out{};
            const Message* shown = nullptr;
            Status status = in_place ? gate.try_peek(shown) : gate.try_pop(out);
            if (status && in_place) {
                out = evicts_ ? message<Message>(next) : *shown;
                check(evicts_ || beside_[next % rig.capacity()] == next);
                status = gate.release();
            }
            if (status) {
                check(out == message<Message>(next));
                ++received;
            } else if (status == Status::lapped) {
                check(evicts_ && !gate.gated());
            } else {
                check(status == Status::empty);
                std::this_thread::yield();
            }
            if (evicts_ && seat == 0 && received % 1024 == 1) {
                std::this_thread::yield();
            }
        }
        check(began + received + gate.lost() == gate.next_position());
        check(evicts_ || gate.lost() == 0);
        lost.fetch_add(gate.lost(), std::memory_order_relaxed);
    }

    bool evicts_;
    std::vector<std::uint64_t> beside_;
    std::atomic<std::uint64_t> tokens_{0};
    std::chrono::steady_clock::time_point until_ = std::chrono::steady_clock::now() + kPatience;
};

class GateThreads : public testing::TestWithParam<std::uint64_t> {};
INSTANTIATE_TEST_SUITE_P(Capacities, GateThreads, testing::Values(2u, 8u, 64u, 1024u));

void all_at_once(GateTraffic& all) {
    std::vector<std::thread> gates;
    gates.emplace_back([&] { all.follow(0); });
    gates.emplace_back([&] { all.follow(1); });
    gates.emplace_back([&] { all.come_and_go(2); });
    while (all.joined < 3 && !all.wrong) {
        std::this_thread::yield();
    }
    all.publish_all();
    for (std::thread& each : gates) {
        each.join();
    }
    EXPECT_FALSE(all.wrong);
    EXPECT_EQ(all.rig.write_pos(), kEnd);
    EXPECT_TRUE(all.rig.guards_whole());
}

TEST_P(GateThreads, NothingThatAGateNeedsIsOverwritten) {
    GateTraffic all{GetParam(), false};
    all_at_once(all);
    EXPECT_EQ(all.lost, 0u);
}
TEST_P(GateThreads, WhoIsEvictedCountsWhatItLost) {
    GateTraffic all{GetParam(), true};
    all_at_once(all);
}

}  // namespace
}  // namespace shunt::test
