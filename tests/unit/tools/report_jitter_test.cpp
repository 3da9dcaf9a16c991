// SPDX-License-Identifier: MIT
//
// The page of what shunt jitter wrote.
#include "unit/tools/page_of.hpp"

#include "tools/src/jitter_chart.hpp"

#include <shunt_perf/hdr.hpp>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

namespace shunt::tools {
namespace {

using nlohmann::json;
using perf_test::count;

json cpu(int number, int gaps, int worst_ns) {
    perf::Histogram histogram;
    json list = json::array();
    for (int i = 0; i < gaps; ++i) {
        const int ns = i == 0 ? worst_ns : 2000 + i;
        histogram.record(static_cast<std::uint64_t>(ns));
        list.push_back({{"at_ns", 1'000'000 * (i + 1)},
                        {"length_ns", ns},
                        {"class", i % 2 == 0 ? "single-cpu" : "periodic"}});
    }
    return {{"cpu", number},
            {"gaps", gaps},
            {"gap_ns", {{"p50", 2100}, {"p99", nullptr}, {"p999", nullptr}, {"max", worst_ns}}},
            {"hdr", perf::hdr::encode_text(histogram)},
            {"watched_ns", 2'000'000'000},
            {"shortest_ns", 21},
            {"lost_ns", 400'000},
            {"share_lost", 0.0002},
            {"chance_of_a_hit", 1.5e-7},
            {"switches", {{"voluntary", 1}, {"involuntary", 30}}},
            {"interrupts", {{"LOC", 1007}, {"24", 2}}},
            {"softirqs", {{"TIMER", 9}}},
            {"steal_ns", 10'000'000},
            {"list", list},
            {"unlisted", 0}};
}

json measured(int gaps = 40) {
    return {{"schema", "shunt/jitter/1"},
            {"command", "shunt jitter --json"},
            {"host", {{"cpu_model", "A <CPU>"}}},
            {"args", {{"fail-above", ""}}},
            {"warnings", json::array()},
            {"result",
             {{"how", "spin"},
              {"threshold_ns", 1000},
              {"interval_ns", nullptr},
              {"operation_ns", 1000},
              {"worst_ns", 90'000},
              {"cpus", json::array({cpu(0, gaps, 18'200), cpu(5, gaps, 90'000)})},
              {"classes",
               {{"single-cpu", {{"gaps", 40}, {"lost_ns", 9000}, {"max_ns", 90'000}}},
                {"all-cpus", {{"gaps", 0}, {"lost_ns", 0}, {"max_ns", 0}}}}},
              {"periods", json::array({{{"cpu", 5}, {"period_ns", 4'000'000}, {"gaps", 20}}})},
              {"interrupt_names", {{"24", "a <disk>"}}},
              {"not_read", json::array({{{"path", "/proc/softirqs"}, {"why", "denied"}}})},
              {"partial", false}}}};
}

TEST(ReportOfJitter, ThePageHasTheStripsThatTheCommandDraws) {
    const json document = measured();
    const std::string page = page_of(document);
    const std::string strips = perf::draw(jitter_chart(Part{document}.at("result"))).text();
    EXPECT_NE(page.find(strips), std::string::npos);
    EXPECT_EQ(count(strips, ">cpu 5</text>"), 1u);
    EXPECT_NE(page.find("2 cpus spun for 2 s; gaps of 1 us and more. The longest: 90 us on cpu 5, "
                        "0.001000 s from the start."),
              std::string::npos);
}

TEST(ReportOfJitter, EachCpuHasItsFiguresItsCurveAndItsCauses) {
    const std::string page = page_of(measured());
    EXPECT_NE(page.find("<td>cpu 0</td>\n<td>40</td>\n<td>2.1 us</td>\n<td>–</td>\n<td>–</td>\n"
                        "<td>18.2 us</td>\n<td>400 us</td>\n<td>0.02 %</td>\n<td>1.5e-07</td>\n"
                        "<td>21 ns</td>"),
              std::string::npos);
    EXPECT_EQ(count(page, "<title>cpu 0</title>"), 2u) << "a line in both charts";
    EXPECT_EQ(count(page, "<title>cpu 5</title>"), 2u);
    EXPECT_NE(page.find("<td>1, 30</td>\n<td>10 ms</td>\n"
                        "<td>LOC 1,007, 24 2 (a &lt;disk&gt;)</td>\n<td>TIMER 9</td>"),
              std::string::npos);
    EXPECT_NE(page.find("cpu 5: 20 gaps 4 ms apart"), std::string::npos);
    EXPECT_NE(page.find("/proc/softirqs could not be read: denied"), std::string::npos);
    EXPECT_NE(page.find("<td>single-cpu</td>"), std::string::npos);
    EXPECT_EQ(page.find("<td>all-cpus</td>"), std::string::npos) << "there was none";
}

TEST(ReportOfJitter, ABudgetIsSaidWithWhoExceededIt) {
    EXPECT_EQ(page_of(measured()).find("Budget"), std::string::npos) << "none was given";
    json document = measured();
    document["args"]["fail-above"] = "50us";
    EXPECT_NE(page_of(document).find("Budget: no gap above 50 us. EXCEEDED on cpu 5 (90 us)."),
              std::string::npos);
    document["args"]["fail-above"] = "1ms";
    EXPECT_NE(page_of(document).find("Budget: no gap above 1 ms. It was kept."), std::string::npos);
    document["args"]["fail-above"] = "soon";
    EXPECT_NE(refusal_of(document.dump()).find(".args.fail-above is no time"), std::string::npos);
}

TEST(ReportOfJitter, TheControlTwinSaysThatItSlept) {
    json document = measured();
    document["result"]["how"] = "sleep";
    document["result"]["interval_ns"] = 1'000'000;
    for (json& each : document["result"]["cpus"]) {
        each["share_lost"] = nullptr;
        each["chance_of_a_hit"] = nullptr;
    }
    const std::string page = page_of(document);
    EXPECT_NE(page.find("How late an idle twin woke"), std::string::npos);
    EXPECT_NE(page.find("Late wake-ups"), std::string::npos);
    EXPECT_NE(page.find("2 cpus looked at each 1 ms for 2 s"), std::string::npos);
}

TEST(ReportOfJitter, OfManyCpusTheLinesAreOfThoseWithTheLongestGaps) {
    json document = measured();
    json& cpus = document["result"]["cpus"] = json::array();
    for (int i = 0; i < 64; ++i) {
        cpus.push_back(cpu(i, 40, 3000 + i));
    }
    const std::string page = page_of(document);
    EXPECT_NE(page.find("the 6 cpus with the longest gaps, of 64"), std::string::npos);
    EXPECT_EQ(count(page, "<title>cpu 63</title>"), 2u);
    EXPECT_EQ(count(page, "<title>cpu 0</title>"), 0u);
}

TEST(ReportOfJitter, WhatIsDamagedIsNamedOrShownAsNothing) {
    json document = measured();
    document["result"]["cpus"][1]["list"][3]["class"] = "odd";
    EXPECT_NE(refusal_of(document.dump()).find(".result.cpus[1].list[3].class is no class of gaps"),
              std::string::npos);
    document = measured();
    document["result"]["cpus"][0]["hdr"] = "HISTFAAA";
    EXPECT_NE(refusal_of(document.dump()).find(".result.cpus[0].hdr is no histogram"),
              std::string::npos);
    expect_a_page_or_a_refusal_of_each_damage(measured(2));
}

}  // namespace
}  // namespace shunt::tools
