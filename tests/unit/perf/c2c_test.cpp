// SPDX-License-Identifier: MIT
#include <shunt_experiments/c2c.hpp>

#include "perf/experiments/src/c2c_links.hpp"

#include <shunt/core/error.hpp>
#include <shunt_perf/cpus.hpp>

#include <gtest/gtest.h>

#include <sched.h>
#include <algorithm>
#include <atomic>
#include <numeric>
#include <set>
#include <system_error>
#include <vector>

namespace shunt::perf::c2c {
namespace {

std::vector<double> one_to(int n) {
    std::vector<double> samples(static_cast<std::size_t>(n));
    std::iota(samples.begin(), samples.end(), 1.0);
    std::reverse(samples.begin(), samples.end());
    return samples;
}

TEST(C2cFigures, APercentileHasTenSamplesBeyondItOrIsAbsent) {
    EXPECT_EQ(figures_of({}).samples, 0u);
    EXPECT_DOUBLE_EQ(figures_of({3, 1, 2}).min, 1);
    EXPECT_FALSE(figures_of(one_to(19)).p50);
    EXPECT_DOUBLE_EQ(*figures_of(one_to(20)).p50, 10);
    EXPECT_FALSE(figures_of(one_to(999)).p99);
    EXPECT_DOUBLE_EQ(*figures_of(one_to(1000)).p99, 990);
}

TEST(C2cStream, EveryWordOfALineIsChecked) {
    for (std::size_t changed = 0; changed < 8; ++changed) {
        alignas(kLinePairBytes) static std::byte memory[Stream::kBytes];
        const auto word = [](std::size_t i) {  // of line 1
            return object_at<Word>(memory + kLinePairBytes + kLineBytes + i * sizeof(Word));
        };
        for (std::size_t i = 0; i < 8; ++i) {
            word(i)->store(1 + i, std::memory_order_relaxed);
        }
        EXPECT_TRUE(Stream{memory}.read(1));
        if (changed != 0) {  // the first says that the line is there
            word(changed)->fetch_xor(1u << changed, std::memory_order_relaxed);
            EXPECT_FALSE(Stream{memory}.read(1)) << changed;
        }
    }
}

class C2c : public testing::Test {
protected:
    void SetUp() override {
        if (allowed_cpus().size() < 2) {
            GTEST_SKIP() << "one cpu only";
        }
        config_.cpus = allowed_cpus();
        config_.cpus.resize(2);
        config_.samples = 20;
        config_.batch = 10;
    }

    Config config_;
};

// What the figures are is the machine's affair.
TEST_F(C2c, EveryModeMeasuresBothDirectionsAndLeavesThisThreadWhereItWas) {
    const std::vector<int> before = allowed_cpus();
    for (const Mode mode : kModes) {
        config_.mode = mode;
        std::vector<std::size_t> told;
        config_.progress = [&](const Progress& now) {
            told.push_back(now.done);
            EXPECT_EQ(now.pairs, 2u);
        };
        const Result result = measure(config_);
        ASSERT_EQ(result.pairs.size(), 2u) << to_string(mode);
        EXPECT_FALSE(result.partial);
        EXPECT_EQ(told, (std::vector<std::size_t>{1, 2}));
        EXPECT_EQ(result.pairs[0].from, config_.cpus[0]);
        EXPECT_EQ(result.pairs[0].to, config_.cpus[1]);
        EXPECT_EQ(result.pairs[1].from, config_.cpus[1]);
        EXPECT_EQ(result.pairs[1].to, config_.cpus[0]);
        for (const Pair& pair : result.pairs) {
            EXPECT_EQ(pair.ns.samples, 20u);
            EXPECT_GT(pair.ns.min, 0);
            EXPECT_GE(*pair.ns.p50, pair.ns.min);
            EXPECT_FALSE(pair.ns.p99);
        }
    }
    EXPECT_EQ(allowed_cpus(), before);
}

TEST_F(C2c, MemoryLiesOnTheNodeThatWasAskedForWhereTheKernelSays) {
    const auto node_of = [](int cpu) { return place_of(cpu).node.value_or(-1); };
    for (const auto where : {Home::Where::local, Home::Where::remote, Home::Where::node}) {
        config_.home = {where, node_of(config_.cpus[0])};
        if (where == Home::Where::node && config_.home.node < 0) {
            continue;
        }
        try {
            for (const Pair& pair : measure(config_).pairs) {
                const int wanted = where == Home::Where::node    ? config_.home.node
                                   : where == Home::Where::local ? node_of(pair.from)
                                                                 : node_of(pair.to);
                if (pair.home_node >= 0 && wanted >= 0) {
                    EXPECT_EQ(pair.home_node, wanted);
                }
            }
        } catch (const Error& error) {  // a container may not bind memory
            EXPECT_EQ(error.code(), make_error_code(Errc::no_permission)) << error.what();
            EXPECT_EQ(where, Home::Where::node);
        }
    }
    config_.home = {Home::Where::node, 1023};
    EXPECT_THROW((void)measure(config_), Error);
}

TEST_F(C2c, AnInterruptKeepsThePairsThatAreDone) {
    for (const Mode mode : kModes) {
        config_.mode = mode;
        std::atomic<bool> stop{false};
        config_.interrupted = [&] { return stop.load(std::memory_order_relaxed); };
        config_.progress = [&](const Progress&) { stop.store(true, std::memory_order_relaxed); };
        const Result result = measure(config_);
        EXPECT_TRUE(result.partial);
        EXPECT_EQ(result.pairs.size(), 1u);
    }
}

TEST_F(C2c, ACpuThatIsNotThereIsAnErrorAndNobodyIsLeftWaiting) {
    config_.cpus[1] = CPU_SETSIZE - 1;
    EXPECT_THROW((void)measure(config_), std::system_error);
    std::swap(config_.cpus[0], config_.cpus[1]);
    EXPECT_THROW((void)measure(config_), std::system_error);
}

}  // namespace
}  // namespace shunt::perf::c2c
