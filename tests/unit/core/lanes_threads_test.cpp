// SPDX-License-Identifier: MIT
//
// Publishers that come and go in lanes of broadcast logs, and subscribers that merge them, each a
// thread: under ThreadSanitizer too (label `rings`). Who sits in a lane is one word here.
#include "broadcast_rig.hpp"

#include <shunt/core/ring/broadcast_lanes.hpp>

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <cstdint>
#include <thread>
#include <vector>

namespace shunt::test {
namespace {

constexpr std::uint32_t kLanes = 2;
constexpr std::uint64_t kPublishers = 3;
constexpr std::uint64_t kLives = detail::kThreadSanitizer ? 60 : 400;  // of each publisher
constexpr std::uint64_t kEach = 100;                                   // messages of a life

struct Said {
    std::uint64_t token;
    std::uint64_t number;
    std::uint64_t position;
};
using Rig = BroadcastRig<Said>;
using Merged = ring::LaneSubscriber<Said>;

class Company {
public:
    Merged subscriber(std::size_t seat, ring::policy which) {
        return Merged{kLanes, [&](std::uint32_t lane) {
                          return rigs[lane].subscriber(seat, ring::from::oldest,
                                                       ring::resume::oldest, which, 1 + seat);
                      }};
    }
    // All lives of one publisher, each in whichever lane is free.
    void publish(std::uint64_t me) {
        for (std::uint64_t life = 0; life < kLives; ++life) {
            const std::uint64_t token = 1 + me * kLives + life;
            const std::uint32_t lane = sit_down(token);
            Rig::Publisher out = rigs[lane].publisher(rigs[lane].gates());
            ring::take_lane(holders[lane], token, out.position());
            for (std::uint64_t number = 0; number < kEach;) {
                if (out.try_push({token, number, out.position()})) {
                    ++number;
                } else {
                    std::this_thread::yield();  // a gate needs what comes next
                }
            }
            seats[lane].store(0, std::memory_order_release);
        }
        over.fetch_add(1, std::memory_order_release);
    }
    // What it was given and what it has lost are all that was published in each lane.
    void follow(Merged in, bool gated) {
        std::array<std::uint64_t, kLanes> received{};
        std::array<std::uint64_t, kLanes> next{};
        for (Said said{};;) {
            const bool last = over.load(std::memory_order_acquire) == kPublishers;
            const Status status = in.try_pop(said);
            const std::uint32_t lane = in.merge().lane();
            if (status) {
                const std::uint64_t token = ring::holder_of(holders[lane], in.position());
                // One that is far behind may come too late for the name, and no gate does.
                expect(said.position == in.position() && said.position >= next[lane] &&
                       (token == said.token || (token == 0 && !gated)));
                ++received[lane];
            } else if (status == Status::empty && last && !in.readable()) {
                break;
            } else if (status == Status::empty) {
                std::this_thread::yield();
            }
            next[lane] = in.merge().ring(lane).next_position();
        }
        for (std::uint32_t lane = 0; lane < kLanes; ++lane) {
            const std::uint64_t lost = in.merge().ring(lane).lost();
            expect(received[lane] + lost == rigs[lane].write_pos() && (lost == 0 || !gated));
        }
    }

    std::array<Rig, kLanes> rigs{Rig{16}, Rig{16}};
    std::array<layout::LaneHolders, kLanes> holders{};
    std::array<std::atomic<std::uint64_t>, kLanes> seats{};
    std::atomic<std::uint64_t> over{0};
    std::atomic<int> wrong{0};

private:
    void expect(bool right) { wrong.fetch_add(right ? 0 : 1, std::memory_order_relaxed); }
    std::uint32_t sit_down(std::uint64_t token) {
        for (;; std::this_thread::yield()) {
            for (std::uint32_t lane = 0; lane < kLanes; ++lane) {
                std::uint64_t nobody = 0;
                if (seats[lane].compare_exchange_strong(nobody, token, std::memory_order_acquire)) {
                    return lane;
                }
            }
        }
    }
};

TEST(LanesAsThreads, EachMessageIsWholeAndOfItsPublisherWhileLanesChangeHands) {
    Company company;
    std::vector<std::thread> threads;
    threads.emplace_back([&, in = company.subscriber(0, ring::policy::lossy)]() mutable {
        company.follow(std::move(in), false);
    });
    threads.emplace_back([&, in = company.subscriber(1, ring::policy::gated)]() mutable {
        company.follow(std::move(in), true);
    });
    for (std::uint64_t me = 0; me < kPublishers; ++me) {
        threads.emplace_back([&, me] { company.publish(me); });
    }
    for (std::thread& each : threads) {
        each.join();
    }
    EXPECT_EQ(company.wrong.load(std::memory_order_relaxed), 0);
    EXPECT_EQ(company.rigs[0].write_pos() + company.rigs[1].write_pos(),
              kPublishers * kLives * kEach);
    EXPECT_TRUE(company.rigs[0].guards_whole() && company.rigs[1].guards_whole());
}

}  // namespace
}  // namespace shunt::test
