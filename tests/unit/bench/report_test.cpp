// SPDX-License-Identifier: MIT
#include "bench/lib/src/report.hpp"

#include "bench/lib/src/contenders/floor.hpp"
#include "bench/lib/src/contenders/rivals.hpp"
#include "bench/lib/src/contenders/shunt.hpp"

#include <shunt_bench/run.hpp>
#include <shunt_perf/environment.hpp>

#include <gtest/gtest.h>

namespace shunt::bench {
namespace {

using nlohmann::json;

// A plan of shunt and boost over some sizes, as make_plan would order it, and repeats made up.
class ReportTest : public testing::Test {
protected:
    void plan_for(Mode mode, std::vector<std::size_t> sizes, unsigned wanted = 3) {
        plan_.mode = mode;
        plan_.wanted = wanted;
        plan_.most_tries = 4 * wanted;
        plan_.rows = {&kShunt, &kBoost};
        plan_.clock = perf::Clock::calibrate();
        for (const std::size_t bytes : sizes) {
            SizePlan size;
            size.size = bytes;
            size.floor_before = add(kTwoLineFloor);
            size.rows = {add(kShunt), add(kBoost)};
            size.floor_after = add(kTwoLineFloor);
            plan_.sizes.push_back(size);
        }
    }
    std::size_t add(const Contender& contender) {
        Task task;
        task.contender = &contender;
        plan_.tasks.push_back(task);
        return plan_.tasks.size() - 1;
    }

    // All of n samples one way in `ns`.
    Outcome latency(double ns, std::uint64_t n = 100) {
        perf::Histogram histogram;
        const std::uint64_t ticks = plan_.clock.to_ticks(2 * ns);
        for (std::uint64_t i = 0; i < n; ++i) {
            histogram.record(ticks);
        }
        Outcome outcome;
        outcome.histogram = histogram.sparse();
        outcome.p50_ns = ns;
        outcome.page_bytes = 4096;
        return outcome;
    }
    static Outcome rate(double messages_per_s) {
        Outcome outcome;
        outcome.messages_per_s = messages_per_s;
        return outcome;
    }
    json result() const { return result_of(plan_, repeats_, false); }

    Plan plan_;
    std::vector<Repeat> repeats_;
};

TEST_F(ReportTest, RatiosAreMediansOfRepeatsThatCount) {
    plan_for(Mode::pingpong, {8});
    repeats_.push_back({latency(50), latency(60), latency(100), latency(50)});    // 1.2, 0.6
    repeats_.push_back({latency(52), latency(52), latency(130), latency(52)});    // 1.0, 0.4
    repeats_.push_back({latency(48), latency(72), latency(80), latency(48)});     // 1.5, 0.9
    repeats_.push_back({latency(50), latency(500), latency(500), latency(250)});  // not counted
    const json r = result();
    EXPECT_NEAR(r["paired"]["floor"]["median"], 1.2, 0.001);
    EXPECT_NEAR(r["paired"]["floor"]["low"], 1.0, 0.001);
    EXPECT_NEAR(r["paired"]["floor"]["high"], 1.5, 0.001);
    EXPECT_EQ(r["paired"]["floor"]["n"], 3);
    EXPECT_NEAR(r["paired"]["boost"]["median"], 0.6, 0.001);
    EXPECT_EQ(r["counted"], 3);
    EXPECT_EQ(r["discarded"], 1);
    EXPECT_EQ(r["unsettled"], false);
    ASSERT_EQ(r["repeats"].size(), 4u);
    EXPECT_EQ(r["repeats"][3]["counted"], false);
    EXPECT_EQ(r["repeats"][3]["sizes"][0]["why_not"], to_string(Verdict::floors_differ));
    EXPECT_NEAR(r["repeats"][0]["sizes"][0]["rows"]["shunt"]["p50_ns"], 60, 0.01);
    // Percentiles: merged over the three, so the worst repeat's 500 is not in it.
    EXPECT_EQ(r["one_way_ns"]["samples"], 300);
    EXPECT_NEAR(r["one_way_ns"]["p50"], 60, 1);
    EXPECT_NEAR(r["one_way_ns"]["max"], 72, 1);
    EXPECT_TRUE(r["one_way_ns"]["p999"].is_null());
    EXPECT_NEAR(r["floor_ns"]["two_line"], 50, 3);
    EXPECT_TRUE(r["floor_ns"]["best"].is_null());
    EXPECT_NEAR(r["peers"]["boost"]["one_way_ns"]["p50"], 100, 2);
    EXPECT_EQ(r["page_bytes"], 4096);
}

TEST_F(ReportTest, EachRepeatHasItsTailWhetherItCountsOrNot) {
    plan_for(Mode::pingpong, {8});
    Outcome steps = latency(60, 2000);
    perf::Histogram slow;
    slow.merge(steps.histogram);
    slow.record(plan_.clock.to_ticks(2 * 900.0), 100);
    steps.histogram = slow.sparse();
    repeats_.push_back({latency(50), latency(60), steps, latency(50)});
    repeats_.push_back({latency(50), Outcome{}, steps, latency(500)});  // not counted
    const json r = result();
    const json& first = r["repeats"][0]["sizes"][0]["rows"];
    EXPECT_TRUE(first["shunt"]["p99_ns"].is_null()) << "of a hundred samples";
    EXPECT_NEAR(first["shunt"]["max_ns"], 60, 1);
    EXPECT_NEAR(first["boost"]["p99_ns"], 900, 5);
    EXPECT_NEAR(first["boost"]["max_ns"], 900, 5);
    const json& second = r["repeats"][1]["sizes"][0]["rows"];
    EXPECT_TRUE(second["shunt"]["max_ns"].is_null()) << "of none";
    EXPECT_NEAR(second["boost"]["p99_ns"], 900, 5);
}

TEST_F(ReportTest, EveryRatioHasItsIntervalAndTheTextSaysWhereThereIsNoDifference) {
    plan_for(Mode::pingpong, {8}, 7);
    for (const double boost : {56, 57, 58, 60, 61, 63, 64}) {
        repeats_.push_back({latency(50), latency(60), latency(boost), latency(50)});
    }
    const json r = result();
    EXPECT_EQ(r["paired"]["boost"]["no_difference"], true);
    EXPECT_EQ(r["paired"]["floor"]["no_difference"], false);
    EXPECT_NEAR(r["paired"]["floor"]["bootstrap"]["low"], 1.2, 0.001);
    EXPECT_NEAR(r["paired"]["boost"]["bootstrap"]["high"], 60.0 / 56, 0.001);
    json document = perf::envelope("bench-pingpong", args_of(Config{}, Mode::pingpong), r);
    perf::CpuPlace place;
    document["host"]["cpus"] = {perf::to_json(place), perf::to_json(place)};
    document["host"]["cpus_relation"] = "same L3";
    const std::string text = render(document);
    EXPECT_NE(text.find("  floor, two lines     1.200 to 1.200\n"
                        "  boost                0.938 to 1.071: no difference\n"),
              std::string::npos)
        << text;
}

TEST_F(ReportTest, ThroughputComparesRatesAndReportsTheirMedian) {
    plan_for(Mode::throughput, {16});
    for (const double ours : {100e6, 300e6, 200e6}) {
        repeats_.push_back({latency(50), rate(ours), rate(50e6), latency(50)});
    }
    const json r = result();
    EXPECT_DOUBLE_EQ(r["msgs_per_s"], 200e6);
    EXPECT_DOUBLE_EQ(r["bytes_per_s"], 3200e6);
    EXPECT_DOUBLE_EQ(r["paired"]["boost"]["median"], 4.0);
    EXPECT_FALSE(r["paired"].contains("floor"));
    EXPECT_TRUE(r["push_ns"]["p50"].is_null());
    EXPECT_TRUE(r["lines_ratio"].is_null());
}

TEST_F(ReportTest, SizesHaveTheirOwnVerdictsAndLinesRatioNeedsAll) {
    plan_for(Mode::throughput, {8, 56, 256}, 2);
    // 8 bytes: 7 a line. 56: one a line. 256 is no part of it.
    const auto repeat = [&](double eight, double fiftysix, double floor_56) {
        return Repeat{latency(50), rate(eight),    rate(1e6), latency(50),
                      latency(50), rate(fiftysix), rate(1e6), latency(floor_56),
                      latency(50), rate(1),        rate(1e6), latency(50)};
    };
    repeats_ = {repeat(700e6, 50e6, 50), repeat(140e6, 40e6, 50), repeat(7e6, 90e6, 90)};
    const json r = result();
    EXPECT_EQ(r["sizes"][0]["counted"], 3);
    EXPECT_EQ(r["sizes"][1]["counted"], 2);
    EXPECT_EQ(r["sizes"][1]["size"], 56);
    EXPECT_EQ(r["discarded"], 1);
    EXPECT_EQ(r["unsettled"], false);
    EXPECT_EQ(r["lines_ratio"]["n"], 2);
    EXPECT_NEAR(r["lines_ratio"]["low"], 0.5, 0.001);
    EXPECT_NEAR(r["lines_ratio"]["median"], 0.5, 0.001);  // 50 of 100, 20 of 40
}

TEST_F(ReportTest, TooFewRepeatsAreUnsettledAndNothingIsInvented) {
    plan_for(Mode::pingpong, {8});
    repeats_.push_back({latency(50), latency(60), latency(100), latency(90)});
    const json r = result_of(plan_, repeats_, true);
    EXPECT_EQ(r["unsettled"], true);
    EXPECT_EQ(r["partial"], true);
    EXPECT_TRUE(r["paired"]["floor"].is_null());
    EXPECT_TRUE(r["one_way_ns"]["p50"].is_null());
    EXPECT_TRUE(r["one_way_ns"]["min"].is_null());
    EXPECT_EQ(r["one_way_ns"]["samples"], 0);
    EXPECT_TRUE(r["floor_ns"]["two_line"].is_null());
    EXPECT_EQ(r["repeats"].size(), 1u);
}

TEST_F(ReportTest, TheTextHasEveryRowAndFitsItsWidth) {
    plan_for(Mode::pingpong, {8}, 1);
    repeats_.push_back({latency(50), latency(60), latency(100), latency(50)});
    json document = perf::envelope("bench-pingpong", args_of(Config{}, Mode::pingpong), result(),
                                   {{"not_tmpfs", "on a disk"}});
    perf::CpuPlace place;
    document["host"]["cpus"] = {perf::to_json(place), perf::to_json(place)};
    document["host"]["cpus_relation"] = "same L3";
    for (const std::size_t columns : {80u, 100u}) {
        const std::string text = render(document, columns);
        for (const char* part :
             {"\nshunt ", "\nboost ", "\nfloor, two lines", "0.60 (0.60 to 0.60)",
              "1.20 (1.20 to 1.20)", "###", "warning: on a disk", "4 KiB"}) {
            EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
        }
        EXPECT_EQ(text.back(), '\n');
        EXPECT_EQ(text.find("% \n"), std::string::npos) << "an empty bar leaves nothing behind";
        for (std::size_t at = 0; at < text.size();) {
            const std::size_t end = text.find('\n', at);
            if (text.substr(at, end - at).find('#') != std::string::npos) {
                EXPECT_LE(end - at, columns);
            }
            at = end + 1;
        }
    }
}

TEST_F(ReportTest, ThroughputTextHasRates) {
    plan_for(Mode::throughput, {8}, 1);
    repeats_.push_back({latency(50), rate(123.4e6), rate(50e6), latency(50)});
    json document =
        perf::envelope("bench-throughput", args_of(Config{}, Mode::throughput), result());
    perf::CpuPlace place;
    document["host"]["cpus"] = {perf::to_json(place), perf::to_json(place)};
    document["host"]["cpus_relation"] = "same L3";
    const std::string text = render(document);
    EXPECT_NE(text.find("123.40 M"), std::string::npos) << text;
    EXPECT_NE(text.find("987.20 MB"), std::string::npos) << text;
    EXPECT_NE(text.find("2.47 (2.47 to 2.47)"), std::string::npos) << text;
}

}  // namespace
}  // namespace shunt::bench
