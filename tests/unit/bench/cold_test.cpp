// SPDX-License-Identifier: MIT
//
// Cold caches: how much is walked over, that it puts other memory out, and a ping-pong of it.
#include "bench/lib/src/cold.hpp"

#include "unit/bench/smoke.hpp"

#include <shunt/core/config.hpp>
#include <shunt_perf/caches.hpp>
#include <shunt_perf/clock.hpp>
#include <shunt_perf/statistics.hpp>

#include <gtest/gtest.h>

#include <unistd.h>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

namespace shunt::bench {
namespace {

class WalkBytes : public testing::Test {
protected:
    WalkBytes() {
        root_ = std::filesystem::temp_directory_path() / ("shunt-cold-" + std::to_string(getpid()));
    }
    ~WalkBytes() override { std::filesystem::remove_all(root_); }
    void put(int cpu, int level, const std::string& size) {
        const auto folder = root_ / "sys/devices/system/cpu" / ("cpu" + std::to_string(cpu)) /
                            "cache" / ("index" + std::to_string(level));
        std::filesystem::create_directories(folder);
        std::ofstream(folder / "level") << level << '\n';
        std::ofstream(folder / "type") << "Unified\n";
        std::ofstream(folder / "size") << size << '\n';
    }

    std::filesystem::path root_;
};

TEST_F(WalkBytes, AreTwiceTheLargerCache) {
    put(0, 2, "512K");
    put(0, 3, "32768K");
    put(1, 2, "1024K");
    put(1, 3, "8M");
    EXPECT_EQ(walk_bytes_of(Cold::no, {0, 1}, root_), 0u);
    EXPECT_EQ(walk_bytes_of(Cold::l2, {0, 1}, root_), 2u << 20);
    EXPECT_EQ(walk_bytes_of(Cold::all, {0, 1}, root_), (64u << 20) + (1u << 20));
}

TEST_F(WalkBytes, AreRefusedWhereTheKernelDoesNotSayHowLargeItIs) {
    put(0, 2, "512K");
    put(1, 2, "512K");
    EXPECT_EQ(walk_bytes_of(Cold::l2, {0, 1}, root_), 1u << 20);
    for (const auto& [cold, cpus, says] : {std::tuple{Cold::all, std::array{0, 1}, "L3 of cpu 0"},
                                           std::tuple{Cold::l2, std::array{0, 2}, "L2 of cpu 2"}}) {
        try {
            (void)walk_bytes_of(cold, cpus, root_);
            ADD_FAILURE() << says;
        } catch (const Failure& failure) {
            EXPECT_EQ(failure.exit_code(), 7);
            EXPECT_NE(std::string(failure.what()).find(says), std::string::npos) << failure.what();
        }
    }
}

// A chain of lines, each of which says where the next one is: one after another.
class Chain {
public:
    Chain() : next_(kLines * kWordsALine) {
        for (std::uint64_t i = 0; i < kLines; ++i) {
            const std::uint64_t here = i * kStride % kLines;
            const std::uint64_t then = (i + 1) * kStride % kLines;
            next_[here * kWordsALine] = then * kWordsALine;
        }
    }
    // Ticks that it takes to go along all of it.
    std::uint64_t go(const perf::Clock& clock) const {
        const std::uint64_t before = clock.now();
        std::uint64_t at = 0;
        for (std::uint64_t i = 0; i < kLines; ++i) {
            at = next_[at];
        }
        asm volatile("" : : "r"(at));
        return clock.now() - before;
    }

private:
    static constexpr std::uint64_t kWordsALine = kLineBytes / sizeof(std::uint64_t);
    static constexpr std::uint64_t kLines = 128;  // a quarter of the smallest L1
    static constexpr std::uint64_t kStride = 37;
    std::vector<std::uint64_t> next_;
};

TEST(Walking, PutsOtherMemoryOutOfTheCaches) {
#if !defined(__OPTIMIZE__) || defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
    GTEST_SKIP() << "times mean something in an optimised build without sanitizers only";
#endif
    std::uint64_t l2 = 0;
    for (const perf::Cache& cache : perf::data_caches_of(perf::allowed_cpus().front())) {
        l2 = cache.level == 2 ? cache.bytes : l2;
    }
    if (l2 == 0) {
        GTEST_SKIP() << "the kernel does not say how large L2 is";
    }
    const perf::Clock clock = perf::Clock::calibrate();
    const Chain chain;
    Walk walk(2 * l2);
    std::vector<double> warm;
    std::vector<double> cold;
    for (int i = 0; i < 101; ++i) {
        (void)chain.go(clock);
        warm.push_back(static_cast<double>(chain.go(clock)));
        walk();
        cold.push_back(static_cast<double>(chain.go(clock)));
    }
    // A line of L1 takes four cycles, one from behind L2 forty at the least.
    EXPECT_GT(*perf::median(cold), 2 * *perf::median(warm));
}

TEST_F(Smoke, AColdPingPongIsMeasuredBetweenColdFloors) {
    config_.slice = 10ms;
    config_.cold = Cold::l2;
    config_.floor = true;
    config_.peers = {"boost", "futex"};
    config_.sizes = {8, 1024};
    json document;
    try {
        document = run_pingpong(config_);
    } catch (const Failure& failure) {
        ASSERT_EQ(failure.exit_code(), 7) << failure.what();
        GTEST_SKIP() << failure.what();
    }
    EXPECT_EQ(document.at("args").at("cold"), "l2");
    EXPECT_GE(document.at("result").at("walk_bytes"), 128 << 10);
    const json& size = document.at("result").at("sizes").at(0);
    EXPECT_FALSE(size.contains("warm_up_unsettled"));
    for (const char* row : {"shunt", "boost", "futex"}) {
        expect_raw(document, row, "p50_ns");
    }
    EXPECT_NE(render(document).find("pingpong, L1 and L2 cold before each message"),
              std::string::npos);
}

TEST_F(Smoke, WhoSleepsAndOtherKindsAreColdToo) {
    config_.slice = 10ms;
    config_.cold = Cold::l2;
    try {
        config_.wait = shunt::wait::park;
        expect_raw(run_pingpong(config_), "shunt", "p50_ns");
        config_.wait = shunt::wait::spin;
        for (const Kind kind : {Kind::mpsc, Kind::mpmc, Kind::broadcast}) {
            config_.kind = kind;
            expect_raw(run_pingpong(config_), "shunt", "p50_ns");
        }
        config_.kind = Kind::spsc;
        config_.bytes = true;
        config_.in_place = true;
        expect_raw(run_pingpong(config_), "shunt", "p50_ns");
    } catch (const Failure& failure) {
        ASSERT_EQ(failure.exit_code(), 7) << failure.what();
        GTEST_SKIP() << failure.what();
    }
}

TEST_F(Smoke, ColdIsOfAPingPongAlone) {
    config_.cold = Cold::l2;
    try {
        (void)run_throughput(config_);
        FAIL() << "messages come one after another";
    } catch (const Failure& failure) {
        EXPECT_EQ(failure.exit_code(), 2);
        EXPECT_NE(std::string(failure.what()).find("--cold is for pingpong"), std::string::npos);
    }
    config_.cold = Cold::no;
    const json document = run_pingpong(config_);
    EXPECT_EQ(document.at("args").at("cold"), nullptr);
    EXPECT_FALSE(document.at("result").contains("walk_bytes"));
}

}  // namespace
}  // namespace shunt::bench
