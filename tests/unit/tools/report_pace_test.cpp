// SPDX-License-Identifier: MIT
//
// The pages of what shunt bench openloop, paced, wake and coldstart wrote.
#include "unit/tools/page_of.hpp"

#include <gtest/gtest.h>

#include <string>

namespace shunt::tools {
namespace {

using nlohmann::json;
using perf_test::count;

json percentiles(double p50) {
    return {{"min", p50 / 2}, {"p50", p50}, {"p90", p50 * 2}, {"p99", p50 * 10}, {"samples", 5000}};
}

json document(const std::string& command, const json& result) {
    return {{"schema", "shunt/" + command + "/1"},
            {"command", "shunt bench"},
            {"warnings", json::array()},
            {"result", result}};
}

json repeats(const char* list, std::size_t points) {
    json all = json::array();
    for (int i = 0; i < 2; ++i) {
        json each = json::array();
        for (std::size_t p = 0; p < points; ++p) {
            each.push_back({{"counted", true}, {"rows", {{"shunt", {{"p50_ns", 60}}}}}});
        }
        all.push_back({{"counted", true}, {"at_ms", 10 * (i + 1)}, {list, each}});
    }
    return all;
}

// Points at two gaps; the first one was too fast for the rival.
json paced() {
    json points = json::array();
    for (const int gap : {30, 1000}) {
        json point{{"size", 8},
                   {"gap_ns", gap},
                   {"asked_per_s", 1e9 / gap},
                   {"counted", 9},
                   {"missed_repeats", 0},
                   {"missed", false},
                   {"achieved_per_s", 1e9 / gap},
                   {"one_way_ns", percentiles(gap)},
                   {"late_ns", percentiles(12)},
                   {"paired", {{"shunt-throughput", {{"median", 0.75}}}}}};
        json rival = point;
        rival.erase("paired");
        rival["missed_repeats"] = gap == 30 ? 7 : 0;
        rival["missed"] = gap == 30;
        rival["one_way_ns"] = gap == 30 ? json{{"p50", nullptr}} : percentiles(90);
        point["peers"] = {{"shunt-throughput", rival}};
        points.push_back(point);
    }
    return document("bench-paced", {{"points", points}, {"repeats", repeats("points", 2)}});
}

json wake() {
    json result{{"size", 8},
                {"counted", 2},
                {"one_way_ns", percentiles(30'000)},
                {"send_ns", percentiles(9000)},
                {"repeats", repeats("sizes", 1)}};
    result["peers"]["futex"] = {{"one_way_ns", percentiles(29'000)},
                                {"send_ns", percentiles(8000)}};
    return document("bench-wake", result);
}

json coldstart() {
    const auto row = [](double first) {
        json trips = json::array();
        for (int i = 0; i < 32; ++i) {
            trips.push_back({{"p50", i == 0 ? first : 80}, {"low", 70}, {"high", 900}});
        }
        return json{{"one_way_ns", percentiles(65)},
                    {"first_ns", trips},
                    {"first_over_steady", {{"median", 9.5}, {"low", 7}, {"high", 12}}},
                    {"minor_faults", {{"first_side", 4}, {"second_side", 3}}},
                    {"without_faults", 5}};
    };
    json result = row(620);
    result["size"] = 8;
    result["counted"] = 6;
    result["peers"] = {{"shunt-unprepared", row(4700)}};
    result["repeats"] = repeats("sizes", 1);
    return document("bench-coldstart", result);
}

TEST(ReportOfPaced, EachGapHasBothTuningsAndThereIsOnePictureOfAll) {
    const std::string page = page_of(paced());
    EXPECT_NE(page.find("<h3>8 B, a message each 30 ns</h3>"), std::string::npos);
    EXPECT_EQ(count(page, "<title>By the gap between messages</title>"), 1u);
    EXPECT_NE(page.find("<title>shunt, p99: 30 ns, 300 ns</title>"), std::string::npos);
    EXPECT_NE(page.find("<title>shunt-throughput, p50: 1 us, 90 ns</title>"), std::string::npos);
    EXPECT_EQ(page.find("<title>shunt-throughput, p50: 30 ns"), std::string::npos);
    EXPECT_NE(page.find("shunt-throughput missed its rate in 7 of 9 repeats, which are in no "
                        "figure; it achieved 33.3 M/s. That is most of them"),
              std::string::npos);
    EXPECT_NE(page.find("<td>shunt: sender late by</td>\n<td>6 ns</td>\n<td>12 ns</td>"),
              std::string::npos);
}

TEST(ReportOfOpenLoop, LatencyStandsOverTheRateThatWasAskedFor) {
    json open = paced();
    open["schema"] = "shunt/bench-openloop/1";
    for (json& point : open["result"]["points"]) {
        point.erase("gap_ns");
    }
    const std::string page = page_of(open);
    EXPECT_EQ(count(page, "<title>By the rate of messages</title>"), 1u);
    EXPECT_NE(page.find("<title>shunt, p50: 1 M/s, 1 us</title>"), std::string::npos);
    open["result"]["points"].erase(1);
    EXPECT_EQ(page_of(open).find("By the rate"), std::string::npos) << "of one point";
}

TEST(ReportOfPaced, WhereNobodyKeptTheRateThereAreNoEmptyPictures) {
    json none = paced();
    none["result"]["points"].erase(1);
    none["result"]["points"][0]["one_way_ns"] = {{"p50", nullptr}, {"samples", 0}};
    none["result"]["repeats"] = json::array();
    EXPECT_EQ(count(page_of(none), "<svg"), 0u);
}

TEST(ReportOfWake, TheCallStandsBesideTheLatency) {
    const std::string page = page_of(wake());
    EXPECT_NE(page.find("<td>shunt: the call that sends</td>\n<td>4.5 us</td>\n<td>9 us</td>\n"
                        "<td>18 us</td>\n<td>90 us</td>"),
              std::string::npos);
    EXPECT_NE(page.find("<td>futex: the call that sends</td>"), std::string::npos);
}

TEST(ReportOfColdstart, TheFirstMessagesAreALineAndSoIsTheSteadyState) {
    const std::string page = page_of(coldstart());
    EXPECT_EQ(count(page, "<title>8 B, the first messages</title>"), 1u);
    EXPECT_EQ(count(page, "<title>shunt-unprepared</title>"), 1u) << "a line";
    EXPECT_NE(page.find("<title>shunt, steady: p50 of those after</title>"), std::string::npos);
    EXPECT_NE(page.find("<td>shunt-unprepared</td>\n<td>4.7 us</td>\n<td>80 ns</td>"),
              std::string::npos);
    EXPECT_NE(page.find("<td>65 ns</td>\n<td>9.5 (7 to 12)</td>\n<td>4 and 3</td>\n"
                        "<td>5 of 6</td>"),
              std::string::npos);
}

TEST(ReportOfPace, WhatIsDamagedIsNamedOrShownAsNothing) {
    json damaged = coldstart();
    damaged["result"]["first_ns"][3]["p50"] = "soon";
    EXPECT_NE(refusal_of(damaged.dump()).find(".result.first_ns[3].p50 is no number"),
              std::string::npos);
    expect_a_page_or_a_refusal_of_each_damage(paced());
    expect_a_page_or_a_refusal_of_each_damage(wake());
    damaged = coldstart();
    for (json* row : {&damaged["result"], &damaged["result"]["peers"]["shunt-unprepared"]}) {
        json& trips = (*row)["first_ns"];
        trips = json::array({trips[0], trips[1]});
    }
    expect_a_page_or_a_refusal_of_each_damage(damaged);
}

}  // namespace
}  // namespace shunt::tools
