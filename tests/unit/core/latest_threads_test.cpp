// SPDX-License-Identifier: MIT
//
// A latest value with a writer at full speed and readers of every speed, each a thread. These run
// under ThreadSanitizer too (label `rings`): beside the buffers lie plain numbers, one a version,
// written before it is stored and read behind it, so that an edge that is not there is a race.
#include "latest_rig.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

namespace shunt::test {
namespace {

constexpr std::uint64_t kAll = detail::kThreadSanitizer ? 5'000 : 40'000;
constexpr std::uint64_t kStart = (std::uint64_t{1} << 32) - 777;
constexpr std::uint64_t kEnd = kStart + kAll;
constexpr auto kPatience = std::chrono::seconds{60};

template <class Kind>
struct Traffic {
    explicit Traffic(std::uint64_t buffers) : rig{Kind::rig(buffers, kStart)} {}

    typename Kind::Rig rig;
    std::vector<std::uint64_t> beside = std::vector<std::uint64_t>(kAll);  // plain, on purpose
    std::atomic<int> joined{0};
    std::atomic<bool> wrong{false};
    std::atomic<std::uint64_t> got{0};
    std::chrono::steady_clock::time_point end = std::chrono::steady_clock::now() + kPatience;

    void expect(bool right) {
        if (!right || std::chrono::steady_clock::now() > end) {
            wrong = true;
        }
    }
    // A writer's life: `count` values, the last of them claimed and given up.
    bool write(std::uint64_t count, bool claims) {
        auto writer = rig.writer();
        const std::uint64_t until = std::min(writer.position() + count, kEnd);
        while (writer.position() < until) {
            beside[writer.position() - kStart] = ~writer.position();
            if (claims) {
                expect(Kind::claim(writer));
                Kind::publish(writer);
            } else {
                expect(bool{Kind::store(writer)});
            }
            if (writer.position() % 256 == 0) {
                std::this_thread::yield();
            }
        }
        (void)Kind::claim(writer);
        writer.abandon();
        return writer.position() < kEnd;
    }
    // Every value is that of its version, and versions never go back.
    void read(std::size_t index, bool in_place) {
        auto reader = rig.reader(index);
        // relaxed: a count, so that all run beside each other
        joined.fetch_add(1, std::memory_order_relaxed);
        std::uint64_t last = 0;
        std::uint64_t values = 0;
        while (last < kEnd && !wrong) {
            const std::uint64_t there = reader.newest();
            bool right = false;
            Status status = Status::ok;
            if (in_place) {
                std::vector<std::byte> seen;
                status = Kind::peek(reader, seen);
                if (status) {
                    status = reader.release();
                    right = status && Kind::is(seen, reader.version());
                }
            } else {
                status = Kind::load(reader, right);
            }
            bool changed = false;
            if (status) {
                const std::uint64_t version = reader.version();
                expect(right && version >= there && version >= last && version <= kEnd);
                expect(beside[version - 1 - kStart] == ~(version - 1));
                changed = version != last;
                last = version;
            } else {
                expect((status == Status::empty && there == 0) || status == Status::lapped);
            }
            values += changed ? 1 : 0;
            if (!changed || values % 512 == 0) {
                std::this_thread::yield();
            }
        }
        // relaxed: read once the threads are done
        got.fetch_add(values, std::memory_order_relaxed);
    }
};

template <class Kind>
void every_value_is_whole(std::uint64_t buffers) {
    Traffic<Kind> all{buffers};
    std::vector<std::thread> threads;
    threads.emplace_back([&] { all.read(0, false); });
    threads.emplace_back([&] { all.read(1, true); });
    threads.emplace_back([&] { all.read(2, false); });
    while (all.joined.load(std::memory_order_relaxed) < 3) {
        std::this_thread::yield();
    }
    bool claims = false;
    for (bool more = true; more && !all.wrong; claims = !claims) {
        std::thread{[&] { more = all.write(kAll / 7, claims); }}.join();
    }
    for (std::thread& each : threads) {
        each.join();
    }
    EXPECT_FALSE(all.wrong);
    EXPECT_EQ(all.rig.write_pos(), kEnd);
    EXPECT_GT(all.got.load(std::memory_order_relaxed), 3u) << "readers ran beside the writer";
    EXPECT_TRUE(all.rig.guards_whole());
}

TEST(LatestThreads, EveryValueIsWholeAndVersionsNeverGoBack) {
    for (const std::uint64_t buffers : {2u, 4u}) {
        every_value_is_whole<LatestTyped<Blob<72, 8>>>(buffers);
    }
}
TEST(LatestThreads, EveryByteValueIsWholeAndVersionsNeverGoBack) {
    for (const std::uint64_t buffers : {2u, 4u}) {
        every_value_is_whole<LatestOfBytes<72>>(buffers);
    }
}
TEST(LatestThreads, ALargeOneToo) {
    every_value_is_whole<LatestTyped<Blob<8192, 64>>>(4);
}

}  // namespace
}  // namespace shunt::test
