// SPDX-License-Identifier: MIT
//
// Sweeps: which points a plan has, what is refused, and what a document says of them.
#include "bench/lib/src/sweep.hpp"

#include "bench/lib/src/plan.hpp"
#include "bench/lib/src/report.hpp"
#include "unit/bench/smoke.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

namespace shunt::bench {
namespace {

class SweepTest : public Smoke {
protected:
    // The exit code of a plan that is refused, and its text.
    static std::pair<int, std::string> refusal(const std::function<void(Config&)>& change,
                                               Mode mode = Mode::pingpong) {
        Config config;
        change(config);
        try {
            (void)make_plan(config, mode, rows_of(config));
        } catch (const Failure& failure) {
            return {failure.exit_code(), failure.what()};
        }
        return {0, ""};
    }
    // One of a task each, as fast as that one way or a second.
    static Repeat repeat_of(const Plan& plan, const std::vector<double>& figures) {
        Repeat repeat;
        for (const double figure : figures) {
            Outcome outcome;
            outcome.p50_ns = figure;
            outcome.messages_per_s = figure;
            perf::Histogram histogram;
            histogram.record(plan.clock.to_ticks(2 * figure), 100);
            outcome.histogram = histogram.sparse();
            repeat.push_back(outcome);
        }
        return repeat;
    }
};

TEST_F(SweepTest, EverySizeIsMeasuredAtEveryValueBetweenFloorsOfItsOwn) {
    config_.sizes = {8, 56};
    config_.sweep.capacities = {64, 1024, 4096};
    const Plan plan = make_plan(config_, Mode::throughput, rows_of(config_));
    EXPECT_EQ(plan.swept, Swept::capacity);
    ASSERT_EQ(plan.sizes.size(), 6u);
    ASSERT_EQ(plan.tasks.size(), 18u) << "floor, shunt, floor";
    const std::uint64_t capacities[] = {64, 1024, 4096, 64, 1024, 4096};
    for (std::size_t i = 0; i < 6; ++i) {
        const SizePlan& point = plan.sizes[i];
        EXPECT_EQ(point.size, i < 3 ? 8u : 56u);
        EXPECT_EQ(point.first, i < 3 ? 0u : 3u);
        EXPECT_EQ(plan.tasks[point.rows[0]].capacity, capacities[i]);
        EXPECT_EQ(point.floor_before, 3 * i);
        EXPECT_EQ(point.floor_after, 3 * i + 2);
    }
}

TEST_F(SweepTest, FloorAndRivalsPollAndLieAsThePointSays) {
    config_.peers = {"boost"};
    config_.sweep.waits = {{shunt::wait::spin, {}},
                           {shunt::wait::spin_pause, {}},
                           {shunt::wait::park, shunt::events::thread}};
    const Plan waits = make_plan(config_, Mode::pingpong, rows_of(config_));
    const unsigned pauses[] = {0, 1, 0};
    ASSERT_EQ(waits.sizes.size(), 3u);
    for (std::size_t i = 0; i < 3; ++i) {
        for (const std::size_t task : {waits.sizes[i].floor_before, waits.sizes[i].rows[0],
                                       waits.sizes[i].rows[1], waits.sizes[i].floor_after}) {
            EXPECT_EQ(waits.tasks[task].pauses, pauses[i]);
        }
    }
    EXPECT_EQ(waits.tasks[waits.sizes[2].rows[0]].loop, shunt::events::thread);
    EXPECT_EQ(waits.tasks[waits.sizes[0].rows[0]].loop, std::nullopt);
    config_.sweep = {};
    config_.sweep.pages = {shunt::pages::base, shunt::pages::prefer_huge};
    const Plan pages = make_plan(config_, Mode::pingpong, rows_of(config_));
    EXPECT_EQ(pages.tasks[pages.sizes[0].floor_before].pages, shunt::pages::base);
    EXPECT_EQ(pages.tasks[pages.sizes[1].floor_before].pages, shunt::pages::prefer_huge);
    EXPECT_NE(pages.tasks[pages.sizes[0].floor_before].memory,
              pages.tasks[pages.sizes[1].floor_before].memory);
}

TEST_F(SweepTest, APointIsComparedWithTheFirstOfItsSizeWhereBothCount) {
    config_.sizes = {8, 56};
    config_.sweep.capacities = {64, 1024};
    const Plan plan = make_plan(config_, Mode::throughput, rows_of(config_));
    const double away = 100;  // a floor that is not the other one's
    const std::vector<Repeat> repeats{
        repeat_of(plan, {50, 1e6, 50, 50, 2e6, 50, 50, 10e6, 50, 50, 5e6, 50}),
        repeat_of(plan, {50, 1e6, 50, 50, 4e6, 50, 50, 10e6, 50, 50, 5e6, 50}),
        repeat_of(plan, {50, 1e6, 50, 50, 3e6, 50, 50, 10e6, 50, 50, 5e6, 50}),
        repeat_of(plan, {50, 1e6, away, 50, 9e6, 50, 50, 10e6, 50, 50, 9e6, away})};
    const json result = result_of(plan, repeats, false);
    const json& sweep = result.at("sweep");
    ASSERT_EQ(sweep.size(), 4u);
    EXPECT_FALSE(result.contains("sizes"));
    EXPECT_FALSE(result.contains("lines_ratio"));
    EXPECT_FALSE(sweep.at(0).at("paired").contains("first"));
    EXPECT_FALSE(sweep.at(2).at("paired").contains("first"));
    EXPECT_EQ(sweep.at(1).at("size"), 8);
    EXPECT_EQ(sweep.at(1).at("asked_capacity"), 1024);
    EXPECT_EQ(sweep.at(1).at("counted"), 4);
    const json& first = sweep.at(1).at("paired").at("first");
    EXPECT_EQ(first.at("n"), 3) << "its own floors agree in the fourth, those of the first do not";
    EXPECT_DOUBLE_EQ(first.at("median"), 3);
    EXPECT_DOUBLE_EQ(first.at("low"), 2);
    EXPECT_DOUBLE_EQ(first.at("high"), 4);
    EXPECT_DOUBLE_EQ(sweep.at(3).at("paired").at("first").at("median"), 0.5);
    EXPECT_EQ(sweep.at(3).at("paired").at("first").at("n"), 3);
    const json& raw = result.at("repeats").at(0).at("sweep");
    ASSERT_EQ(raw.size(), 4u);
    EXPECT_EQ(raw.at(3).at("asked_capacity"), 1024);
    EXPECT_EQ(raw.at(3).at("size"), 56);
}

TEST_F(SweepTest, ADocumentOfOneValueIsAsItWasWithoutSweeps) {
    const json args = args_of(config_, Mode::pingpong);
    EXPECT_FALSE(args.contains("sweep"));
    EXPECT_EQ(args.at("pages"), "4k");
    EXPECT_EQ(args.at("wait"), "spin");
    const Plan plan = make_plan(config_, Mode::throughput, rows_of(config_));
    const json result = result_of(plan, {repeat_of(plan, {50, 1e6, 50})}, false);
    EXPECT_FALSE(result.contains("asked_capacity"));
    EXPECT_TRUE(result.contains("lines_ratio"));
    EXPECT_EQ(result.at("paired"), json::object());
}

TEST_F(SweepTest, WaysToWaitAreMeasuredInTheSameRepeats) {
    config_.slice = kSleepers;
    config_.peers = {"boost"};
    config_.sweep.waits = {{shunt::wait::spin, {}}, {shunt::wait::park, {}}};
    json document = run_pingpong(config_);
    EXPECT_EQ(document.at("args").at("sweep"), "wait");
    EXPECT_EQ(document.at("args").at("wait"), json::array({"spin", "park"}));
    json& sweep = document.at("result").at("sweep");
    ASSERT_EQ(sweep.size(), 2u);
    EXPECT_EQ(sweep.at(0).at("wait"), "spin");
    EXPECT_EQ(sweep.at(1).at("wait"), "park");
    for (const char* key : {"one_way_ns", "floor_ns", "paired", "peers", "hdr", "counted"}) {
        EXPECT_TRUE(sweep.at(1).contains(key)) << key;
    }
    EXPECT_TRUE(sweep.at(1).at("paired").contains("first"));
    for (const json& repeat : document.at("result").at("repeats")) {
        for (const json& point : repeat.at("sweep")) {
            EXPECT_GT(point.at("rows").at("shunt").at("samples"), 0);
            EXPECT_GT(point.at("rows").at("boost").at("samples"), 0);
        }
    }
    for (const char* key : {"median", "low", "high"}) {
        sweep.at(1).at("paired").at("boost")[key] = 118.08;  // who wakes may be so far behind
    }
    const std::string text = render(document);
    EXPECT_NE(text.find(" 118 (118 to 118)"), std::string::npos) << text;
    for (const char* part : {"wait spin, park", "\nspin ", "\npark ", "\n  boost ", "8 bytes"}) {
        EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
    }
    for (std::size_t at = text.find('\n') + 1; at < text.size();) {
        const std::size_t end = text.find('\n', at);
        const std::string line = text.substr(at, end - at);
        EXPECT_TRUE(line.size() <= 100 || line.starts_with("warning: ")) << line;
        at = end + 1;
    }
}

TEST_F(SweepTest, CapacitiesOfAThroughputAreThoseThatRingsHave) {
    config_.sweep.capacities = {256, 1000};
    config_.kind = Kind::mpmc;
    const json document = run_throughput(config_);
    const json& sweep = document.at("result").at("sweep");
    ASSERT_EQ(sweep.size(), 2u);
    if (sweep.at(1).at("counted") != 0) {
        EXPECT_EQ(sweep.at(1).at("capacity"), 1024);
        EXPECT_EQ(sweep.at(1).at("asked_capacity"), 1000);
    }
    EXPECT_NE(render(document).find("\n1000 "), std::string::npos) << render(document);
}

TEST_F(SweepTest, RefusesWhatIsNoSweep) {
    const auto base = shunt::pages::base;
    const struct {
        std::function<void(Config&)> change;
        const char* says;
    } cases[] = {
        {[](Config& c) {
             c.sweep.capacities = {64, 128};
             c.sweep.waits = {{}, {shunt::wait::park, {}}};
         },
         "one may be a list"},
        {[](Config& c) { c.sweep.capacities = {64}; }, "compares nothing"},
        {[](Config& c) {
             c.sweep.capacities = {64, 128, 64};
         },
         "--capacity 64 is given twice"},
        {[&](Config& c) {
             c.sweep.pages = {base, base};
         },
         "--pages 4k is given twice"},
        {[](Config& c) {
             c.sweep.waits = {{}, {}};
         },
         "--wait spin is given twice"},
        {[](Config& c) {
             c.sweep.capacities = {1024, 1000}, c.peers = {"boost"};
         },
         "256, 1024, 8192, 65536"},
        {[](Config& c) {
             c.sweep.waits = {{}, {shunt::wait::park, {}}};
             c.sizes = {16};
         },
         "8, 32, 56, 64, 256, 1024, 4096"},
    };
    for (const auto& one : cases) {
        const auto [code, text] = refusal(one.change);
        EXPECT_EQ(code, 2) << one.says;
        EXPECT_NE(text.find(one.says), std::string::npos) << text;
    }
    const auto [code, text] = refusal(
        [](Config& c) {
            c.sweep.capacities = {64, 128};
        },
        Mode::openloop);
    EXPECT_EQ(code, 2);
    EXPECT_NE(text.find("openloop takes one value"), std::string::npos) << text;
}

}  // namespace
}  // namespace shunt::bench
