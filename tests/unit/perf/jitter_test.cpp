// SPDX-License-Identifier: MIT
#include <shunt_experiments/jitter.hpp>

#include <shunt_perf/cpus.hpp>

#include <gtest/gtest.h>

#include <sched.h>
#include <system_error>
#include <vector>

namespace shunt::perf::jitter {
namespace {

Config short_run() {
    Config config;
    config.cpus = allowed_cpus();
    if (config.cpus.size() > 2) {
        config.cpus.resize(2);
    }
    config.duration_ns = 20'000'000;
    config.threshold_ns = 1000;
    return config;
}

void expect_consistent(const Config& config, const Result& result) {
    ASSERT_EQ(result.cpus.size(), config.cpus.size());
    for (std::size_t i = 0; i < result.cpus.size(); ++i) {
        const Watched& watched = result.cpus[i];
        EXPECT_EQ(watched.cpu, config.cpus[i]);
        EXPECT_EQ(watched.gaps.count(), watched.list.size() + watched.unlisted);
        std::uint64_t last = 0;
        std::uint64_t lost = 0;
        for (const Gap& gap : watched.list) {
            EXPECT_GE(gap.at_ns, last);
            last = gap.at_ns;
            EXPECT_GE(gap.length_ns + 1, config.threshold_ns);  // ticks are rounded
            lost += gap.length_ns;
        }
        if (watched.unlisted == 0) {
            EXPECT_EQ(lost, watched.lost_ns);
        }
    }
}

TEST(Jitter, EveryCpuWatchesForTheWholeTime) {
    const std::vector<int> before = allowed_cpus();
    const Config config = short_run();
    const Result result = measure(config);
    expect_consistent(config, result);
    EXPECT_FALSE(result.partial);
    for (const Watched& watched : result.cpus) {
        EXPECT_GE(watched.watched_ns + 1, config.duration_ns);  // of ticks
        EXPECT_LT(watched.shortest_ns, watched.watched_ns);
    }
    EXPECT_EQ(allowed_cpus(), before);
}

// Between any two looks there is some time: of such gaps there are more than a list holds.
TEST(Jitter, GapsBeyondTheListCount) {
    Config config = short_run();
    config.cpus.resize(1);
    config.threshold_ns = 1;
    config.most_listed = 3;
    const Result result = measure(config);
    expect_consistent(config, result);
    EXPECT_EQ(result.cpus[0].list.size(), 3u);
    EXPECT_GT(result.cpus[0].unlisted, 0u);
    EXPECT_GE(result.cpus[0].watched_ns, result.cpus[0].lost_ns);
}

TEST(Jitter, TheIdleTwinSleepsAndIsLate) {
    Config config = short_run();
    config.sleep = true;
    config.threshold_ns = 1;  // every look is late by that
    const Result result = measure(config);
    expect_consistent(config, result);
    for (const Watched& watched : result.cpus) {
        EXPECT_GT(watched.gaps.count(), 0u);
        EXPECT_LE(watched.gaps.count(), 20u);
        EXPECT_GT(watched.voluntary, 0u);
    }
}

TEST(Jitter, EndsWhenItIsToldTo) {
    for (const bool sleep : {false, true}) {
        Config config = short_run();
        config.sleep = sleep;
        config.duration_ns = 3'600'000'000'000;
        int ready = 0;
        int pauses = 0;
        config.ready = [&] { ++ready; };
        config.pause = [&](std::chrono::nanoseconds) { return ++pauses < 3; };
        const Result result = measure(config);
        EXPECT_TRUE(result.partial);
        EXPECT_EQ(ready, 1);
        EXPECT_EQ(pauses, 3);
        expect_consistent(config, result);
    }
}

TEST(Jitter, ACpuThatIsNotThereIsAnErrorAndNobodyIsLeftWaiting) {
    Config config = short_run();
    config.cpus.push_back(CPU_SETSIZE - 1);
    EXPECT_THROW((void)measure(config), std::system_error);
}

TEST(Jitter, AnErrorOfTheCallerEndsTheWatchers) {
    Config config = short_run();
    config.duration_ns = 3'600'000'000'000;
    config.ready = [] { throw std::runtime_error("no"); };
    EXPECT_THROW((void)measure(config), std::runtime_error);
}

TEST(ChanceOfAHit, IsThatOfAGapBeginningMeanwhile) {
    Watched watched;
    EXPECT_EQ(chance_of_a_hit(watched, 1000), 0);
    watched.watched_ns = 1'100'000;
    watched.lost_ns = 100'000;
    watched.gaps.record(50'000, 2);
    EXPECT_DOUBLE_EQ(chance_of_a_hit(watched, 1000), 0.002);
    EXPECT_DOUBLE_EQ(chance_of_a_hit(watched, 10'000'000), 1);
    watched.lost_ns = watched.watched_ns;
    EXPECT_DOUBLE_EQ(chance_of_a_hit(watched, 1000), 1);
}

}  // namespace
}  // namespace shunt::perf::jitter
