// SPDX-License-Identifier: MIT
#include <shunt_experiments/gap_class.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

namespace shunt::perf::jitter {
namespace {

constexpr std::uint64_t kMs = 1'000'000;
constexpr std::uint64_t kSecond = 1000 * kMs;

Watched seen(int cpu, std::vector<Gap> gaps, std::uint64_t watched_ns = 10 * kSecond) {
    std::sort(gaps.begin(), gaps.end(),
              [](const Gap& a, const Gap& b) { return a.at_ns < b.at_ns; });
    Watched watched;
    watched.cpu = cpu;
    watched.watched_ns = watched_ns;
    watched.list = std::move(gaps);
    return watched;
}

std::vector<Gap> every(std::uint64_t period_ns, std::uint64_t first_ns, std::size_t n,
                       std::uint64_t length_ns = 3000) {
    std::vector<Gap> gaps;
    for (std::size_t i = 0; i < n; ++i) {
        gaps.push_back({first_ns + i * period_ns + i % 3 * 1000, length_ns});
    }
    return gaps;
}

std::size_t count(const std::vector<GapClass>& classes, GapClass wanted) {
    return static_cast<std::size_t>(std::count(classes.begin(), classes.end(), wanted));
}

TEST(GapClass, OfNothingIsNothing) {
    EXPECT_TRUE(classify({}).of.empty());
    const Watched one[] = {seen(0, {})};
    EXPECT_EQ(classify(one).of.size(), 1u);
    EXPECT_TRUE(classify(one).periods.empty());
}

TEST(GapClass, FindsTheTickWhateverItsRate) {
    for (const std::uint64_t period : {1 * kMs, 4 * kMs, 10 * kMs, kSecond}) {
        const std::size_t n = 10 * kSecond / period;
        const Watched cpus[] = {seen(3, every(period, 123'456, n))};
        const Classified found = classify(cpus);
        ASSERT_EQ(found.periods.size(), 1u) << period;
        EXPECT_EQ(found.periods[0].cpu, 3);
        EXPECT_EQ(found.periods[0].period_ns, period);
        EXPECT_EQ(found.periods[0].gaps, n);
        EXPECT_EQ(count(found.of[0], GapClass::periodic), n);
    }
}

TEST(GapClass, FindsTheTickAmongOthersAlthoughSomeOfItAreTooShort) {
    std::mt19937_64 random{7};
    std::vector<Gap> gaps;
    for (const Gap& tick : every(4 * kMs, 5000, 2500)) {
        if (random() % 3 != 0) {
            gaps.push_back(tick);
        }
    }
    const std::size_t ticks = gaps.size();
    for (int i = 0; i < 100; ++i) {
        gaps.push_back({random() % (10 * kSecond), 2000});
    }
    const Watched cpus[] = {seen(0, gaps)};
    const Classified found = classify(cpus);
    ASSERT_EQ(found.periods.size(), 1u);
    EXPECT_EQ(found.periods[0].period_ns, 4 * kMs);
    EXPECT_GT(found.periods[0].gaps, ticks * 8 / 10);
    EXPECT_LT(found.periods[0].gaps, ticks + 20);
}

TEST(GapClass, WhatComesAtRandomHasNoPeriod) {
    std::mt19937_64 random{11};
    for (const std::size_t n : {20u, 500u, 20'000u}) {
        std::vector<Gap> gaps;
        for (std::size_t i = 0; i < n; ++i) {
            gaps.push_back({random() % (10 * kSecond), 1500});
        }
        const Watched cpus[] = {seen(0, gaps)};
        EXPECT_TRUE(classify(cpus).periods.empty()) << n;
        EXPECT_EQ(count(classify(cpus).of[0], GapClass::single_cpu), n);
    }
}

TEST(GapClass, OneInstantOnAllOnSomeAndOnOne) {
    const std::uint64_t all = 100 * kMs;
    const std::uint64_t some = 217 * kMs;
    const Watched cpus[] = {seen(0, {{all, 50'000}, {some, 4000}}),
                            seen(1, {{all + 3000, 48'000}, {some + 8000, 4000}, {330 * kMs, 9000}}),
                            seen(2, {{all + 5000, 52'000}, {some + 90'000, 4000}})};
    const Classified found = classify(cpus);
    using enum GapClass;
    EXPECT_EQ(found.of[0], (std::vector<GapClass>{all_cpus, several_cpus}));
    EXPECT_EQ(found.of[1], (std::vector<GapClass>{all_cpus, several_cpus, single_cpu}));
    EXPECT_EQ(found.of[2], (std::vector<GapClass>{all_cpus, single_cpu}));
}

TEST(GapClass, ALongGapThatOnlyOverlapsAnotherIsNotOneInstant) {
    const Watched cpus[] = {seen(0, {{100 * kMs, 8 * kMs}}), seen(1, {{104 * kMs, 8 * kMs}})};
    EXPECT_EQ(classify(cpus).of[0][0], GapClass::single_cpu);
    const Watched one[] = {seen(0, {{100 * kMs, 8 * kMs}})};
    EXPECT_EQ(classify(one).of[0][0], GapClass::single_cpu);
}

TEST(GapClass, TicksOfTwoCpusAtOneInstantAreTicks) {
    const Watched cpus[] = {seen(0, every(4 * kMs, 9000, 2500)),
                            seen(1, every(4 * kMs, 9500, 2500))};
    const Classified found = classify(cpus);
    EXPECT_EQ(count(found.of[0], GapClass::periodic), 2500u);
    EXPECT_EQ(count(found.of[1], GapClass::periodic), 2500u);
}

}  // namespace
}  // namespace shunt::perf::jitter
