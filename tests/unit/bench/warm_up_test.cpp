// SPDX-License-Identifier: MIT
//
// When a warm-up ends, and what is said of one that did not settle.
#include "bench/lib/src/warm_up.hpp"

#include "bench/lib/src/loops.hpp"
#include "bench/lib/src/report.hpp"
#include "bench/lib/src/report_view.hpp"
#include "unit/bench/smoke.hpp"

#include <shunt/core/bytes.hpp>
#include <shunt/core/config.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <cmath>
#include <cstdint>

namespace shunt::bench {
namespace {

constexpr double kSliceNs = 32e6;
constexpr double kWindowNs = 1e6;

TEST(WarmUp, EndsAtTheFirstTwoWindowsThatAgree) {
    WarmUp warm(kSliceNs);
    EXPECT_EQ(warm.window_ns(), kWindowNs);
    EXPECT_FALSE(warm.over(200, kWindowNs));
    EXPECT_FALSE(warm.over(120, kWindowNs));
    EXPECT_FALSE(warm.over(103, kWindowNs));
    EXPECT_FALSE(warm.over(100, kWindowNs)) << "3 % apart";
    EXPECT_FALSE(warm.settled());
    EXPECT_TRUE(warm.over(101.9, kWindowNs));
    EXPECT_TRUE(warm.settled());
}

TEST(WarmUp, AgreesBothWays) {
    WarmUp warm(kSliceNs);
    EXPECT_FALSE(warm.over(101.9, kWindowNs));
    EXPECT_TRUE(warm.over(100, kWindowNs));
}

TEST(WarmUp, TakesHalfASliceAtMost) {
    WarmUp warm(kSliceNs);
    unsigned windows = 1;
    for (double figure = 100; !warm.over(figure, kWindowNs); figure *= 1.1) {
        ASSERT_LT(++windows, 100u);
    }
    EXPECT_EQ(windows, 16u);
    EXPECT_FALSE(warm.settled());
}

TEST(WarmUp, WindowsThatAreTooShortForAFigureGrow) {
    WarmUp warm(kSliceNs);
    EXPECT_FALSE(warm.over(std::nullopt, kWindowNs));
    EXPECT_EQ(warm.window_ns(), 2 * kWindowNs);
    EXPECT_FALSE(warm.over(100, warm.window_ns()));
    EXPECT_FALSE(warm.over(std::nullopt, warm.window_ns()));
    EXPECT_FALSE(warm.over(100, warm.window_ns())) << "not in a row";
    EXPECT_TRUE(warm.over(100, warm.window_ns()));
    EXPECT_TRUE(warm.settled());
}

constexpr auto kRestlessSlice = 40ms;

// Two words. From one window of the warm-up to the next the answerer takes twice as long, and after
// six as long as at first: whatever else a host does, no two windows in a row are alike.
struct RestlessLink {
    using Clock = std::chrono::steady_clock;

    void prepare(std::uint64_t) noexcept {}
    bool try_send(std::uint64_t seq) noexcept {
        if (answers) {
            const Clock::time_point now = Clock::now();
            const double windows = (now - begin) / (kRestlessSlice * WarmUp::kWindow);
            const auto wait = std::exp2(std::fmod(windows, 6)) * 200ns;
            while (Clock::now() - now < wait) {
                DefaultPolicy::pause();
            }
        }
        // relaxed: the word is all there is
        mine.store(seq + 1, std::memory_order_relaxed);
        return true;
    }
    bool try_receive(std::uint64_t& seq) noexcept {
        // relaxed: the word is all there is
        const std::uint64_t word = theirs.load(std::memory_order_relaxed);
        const bool fresh = word != seen;
        seen = word;
        seq = word - 1;
        return fresh;
    }

    std::atomic<std::uint64_t>& mine;
    std::atomic<std::uint64_t>& theirs;
    bool answers;
    Clock::time_point begin = Clock::now();
    std::uint64_t seen = 0;
};

const Contender kRestless{
    "restless", [](const Task&) {}, [](const Task&) { return std::uint64_t{2 * kLinePairBytes}; },
    [](Stage& stage) {
        using Word = std::atomic<std::uint64_t>;
        Word& a = *object_at<Word>(stage.task().memory);
        Word& b = *object_at<Word>(stage.task().memory + kLinePairBytes);
        RestlessLink link = stage.first() ? RestlessLink{a, b, false} : RestlessLink{b, a, true};
        pingpong(link, stage);
    }};

TEST_F(Smoke, AWarmUpThatDoesNotSettleIsSaidSo) {
    config_.slice = kRestlessSlice;
    const json document = run(config_, Mode::pingpong, {&kRestless});
    const json& result = document.at("result");
    for (const json& repeat : result.at("repeats")) {
        const json& row = repeat.at("sizes").at(0).at("rows").at("restless");
        EXPECT_EQ(row.at("settled"), false);
        EXPECT_GE(row.at("warm_up_ms"), 0.4 * 40);
    }
    const json& counted = result.at("counted");
    EXPECT_EQ(result.at("warm_up_unsettled"), counted);
    const std::string text = render(document);
    EXPECT_EQ(text.find("restless was still changing") != std::string::npos, counted != 0) << text;
}

// Both sides end in the same window, or the next meeting would be of two
// different rounds.
TEST_F(Smoke, BothSidesOfAThroughputEndTheirWarmUpTogether) {
    config_.slice = 10ms;
    config_.repeats = 5;
    config_.peers = {"boost", "memcpy"};
    const json document = run_throughput(config_);
    for (const json& repeat : document.at("result").at("repeats")) {
        for (const json& row : repeat.at("sizes").at(0).at("rows")) {
            EXPECT_TRUE(row.at("settled").is_boolean());
            EXPECT_GT(row.at("warm_up_ms"), 0);
        }
    }
    EXPECT_TRUE(document.at("result").at("peers").at("boost").contains("warm_up_unsettled"));
}

// The first call of a round may get a batch, which is not counted.
TEST_F(Smoke, BatchesThatAreLargerThanASmallRoundHaveARate) {
    config_.batch = 4096;
    config_.capacity = 8192;
    config_.peers = {"boost-batch"};
    const json document = run_throughput(config_);
    expect_rate(document, "shunt");
    expect_rate(document, "boost-batch");
}

TEST_F(Smoke, WarmUpsOfAFixedLengthAreNotJudged) {
    config_.gaps_ns = {5000};
    const json document = run_paced(config_);
    const json& point = document.at("result").at("points").at(0);
    EXPECT_FALSE(point.contains("warm_up_unsettled"));
    const json& raw = document.at("result").at("repeats").at(0).at("points").at(0);
    EXPECT_FALSE(raw.at("rows").at("shunt").contains("settled"));
}

}  // namespace
}  // namespace shunt::bench
