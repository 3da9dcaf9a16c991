// SPDX-License-Identifier: MIT
//
// The pages of what shunt bench fanin, fanout and slow wrote.
#include "unit/tools/page_of.hpp"

#include <gtest/gtest.h>

#include <string>

namespace shunt::tools {
namespace {

using nlohmann::json;
using perf_test::count;

json spread(double median) {
    return {{"median", median}, {"low", median / 2}, {"high", median * 2}, {"n", 3}};
}

json document(const std::string& command, const json& args, const json& result) {
    return {{"schema", "shunt/" + command + "/1"},
            {"command", "shunt bench"},
            {"args", args},
            {"warnings", json::array()},
            {"result", result}};
}

json fanin() {
    const auto row = [](double rate, double jain) {
        return json{
            {"msgs_per_s", spread(rate)}, {"jain", spread(jain)}, {"jain_by_finish", spread(0.97)}};
    };
    const auto one = [](double rate, double first) {
        return json{{"msgs_per_s", rate}, {"messages", json::array({first, 100 - first})}};
    };
    json result = row(20e6, 0.99);
    result["peers"] = {{"<boost>", row(5e6, 0.5)}};
    result["paired"] = {{"<boost>", spread(4)}};
    result["repeats"] = json::array();
    for (int i = 0; i < 3; ++i) {
        result["repeats"].push_back(one(20e6 + i, 55));
        result["repeats"].back()["peers"] = {{"<boost>", one(5e6, 90)}};
    }
    return document("bench-fanin",
                    {{"kind", "mpsc"}, {"producers", 2}, {"consumers", 1}, {"size", 8}}, result);
}

json fanout() {
    const auto row = [](int idle, bool stopped) {
        return json{{"idle_subscribers", idle},
                    {"stopped", stopped},
                    {"msgs_per_s", spread(7e6)},
                    {"publish_ns", {{"p50", 20}, {"p99", 160 + idle}, {"p9999", nullptr}}},
                    {"received_share", spread(0.5)},
                    {"paired",
                     {{"msgs_per_s", spread(1.01)},
                      {"publish_p99_ns",
                       {{"median", -0.02}, {"bootstrap", {{"low", -0.04}, {"high", 0.04}}}}}}}};
    };
    const json readers =
        json::array({{{"received", 90}, {"lost", 10}}, {{"received", 100}, {"lost", 0}}});
    json repeats = json::array();
    for (int i = 0; i < 2; ++i) {
        repeats.push_back(
            {{"rows", json::array({{{"readers", readers}}, {{"readers", readers}}})}});
    }
    json rows = json::array({row(0, false), row(8, true)});
    rows[0]["paired"] = nullptr;
    return document("bench-fanout",
                    {{"kind", "broadcast"}, {"policy", "lossy"}, {"subscribers", 2}, {"size", 8}},
                    {{"rows", rows}, {"repeats", repeats}});
}

json latest() {
    return document("bench-fanout",
                    {{"kind", "latest"}, {"policy", nullptr}, {"subscribers", 1}, {"size", 8}},
                    {{"read_ns", {{"alone", spread(5)}, {"written", spread(88)}}},
                     {"writes_per_s", spread(30e6)},
                     {"lapped", 181},
                     {"repeats", json::array()}});
}

json slow() {
    const auto row = [](const char* name, double p999, const char* when_full) {
        return json{{"name", name},
                    {"when_full", when_full},
                    {"received_per_s", spread(0.9e6)},
                    {"of_bound", spread(0.9)},
                    {"sent_per_s", spread(0.95e6)},
                    {"found_full", spread(0.25)},
                    {"dropped_share", spread(0)},
                    {"delivered_share", spread(1)},
                    {"send_ns", {{"p50", 10}, {"p99", 131}, {"p999", p999}, {"max", nullptr}}}};
    };
    return document(
        "bench-slow", {{"mode", "slow"}, {"work_ns", 1000}, {"size", 8}},
        {{"rows", json::array({row("spsc", 248e3, "waits"), row("<lossy>", 210, "overwrites")})},
         {"bound_per_s", 1e6},
         {"repeats", json::array()}});
}

TEST(ReportOfFanin, EachContenderHasItsRateItsFairnessAndItsProducers) {
    const std::string page = page_of(fanin());
    EXPECT_NE(page.find("mpsc: 2 producers, 1 consumer, 8 B"), std::string::npos);
    EXPECT_NE(page.find("<td>&lt;boost&gt;</td>\n<td>5 M/s (2.5 M/s to 10 M/s)</td>\n"
                        "<td>0.5 (0.25 to 1)</td>\n<td>0.97 (0.485 to 1.94)</td>\n"
                        "<td>4 (2 to 8)</td>"),
              std::string::npos);
    EXPECT_NE(page.find("<td>shunt</td>\n<td>55.0 %</td>\n<td>45.0 %</td>"), std::string::npos);
    EXPECT_NE(page.find("<td>&lt;boost&gt;</td>\n<td>90.0 %</td>\n<td>10.0 %</td>"),
              std::string::npos);
    EXPECT_EQ(count(page, "<title>shunt: 20 M/s</title>"), 1u) << "a bar";
    EXPECT_EQ(count(page, "<title>&lt;boost&gt;: 0.5</title>"), 1u) << "a bar";
    EXPECT_EQ(count(page, "<circle"), 6u) << "three repeats of two";
}

TEST(ReportOfFanin, OfARunWithoutARepeatThereAreNoFigures) {
    json none = fanin();
    for (const char* const key : {"msgs_per_s", "jain", "jain_by_finish"}) {
        none["result"][key] = nullptr;
    }
    none["result"]["repeats"] = json::array();
    none["result"]["peers"] = json::object();
    EXPECT_NE(page_of(none).find("<td>shunt</td>\n<td>–</td>"), std::string::npos);
}

TEST(ReportOfFanout, EachRowHasWhatPublishingCostAndEachReaderWhatItGot) {
    const std::string page = page_of(fanout());
    EXPECT_NE(page.find("broadcast: 2 readers, lossy, 8 B"), std::string::npos);
    EXPECT_NE(page.find("<td>8 idle, one stopped</td>\n<td>7 M/s (3.5 M/s to 14 M/s)</td>\n"
                        "<td>20 ns</td>\n<td>–</td>\n<td>168 ns</td>"),
              std::string::npos);
    EXPECT_NE(page.find("<td>-0.02 ns (-0.04 to +0.04)</td>"), std::string::npos);
    EXPECT_NE(page.find("<td>nobody idle: reader 1</td>\n<td>180</td>\n<td>20</td>\n"
                        "<td>90 %</td>"),
              std::string::npos);
    EXPECT_EQ(count(page, "<title>8 idle, one stopped: 168 ns</title>"), 1u) << "a bar";
}

TEST(ReportOfFanout, OfALatestValueALoadAloneAndWhileItIsWritten) {
    const std::string page = page_of(latest());
    EXPECT_NE(page.find("latest: 1 reader, 8 B"), std::string::npos);
    EXPECT_NE(page.find("<td>while it is written</td>\n<td>88 ns</td>\n<td>44 ns</td>"),
              std::string::npos);
    EXPECT_NE(page.find("stored at 30 M/s (15 M/s to 60 M/s); it lapped a reader in 181 loads"),
              std::string::npos);
}

TEST(ReportOfCrowds, WhatIsDamagedIsNamedOrShownAsNothing) {
    json damaged = fanout();
    damaged["result"]["rows"][1]["msgs_per_s"]["low"] = "slow";
    EXPECT_NE(refusal_of(damaged.dump()).find(".result.rows[1].msgs_per_s.low is no number"),
              std::string::npos);
    expect_a_page_or_a_refusal_of_each_damage(fanin());
    expect_a_page_or_a_refusal_of_each_damage(fanout());
    expect_a_page_or_a_refusal_of_each_damage(latest());
}

TEST(ReportOfSlow, EachRowHasWhatItsSenderMetAndWhatCameThrough) {
    const std::string page = page_of(slow());
    EXPECT_NE(page.find("A receiver that works for 1 us a message, 8 B"), std::string::npos);
    EXPECT_NE(page.find("<td>spsc</td>\n<td>900 k/s</td>\n<td>90 %</td>\n<td>950 k/s</td>"),
              std::string::npos)
        << page;
    EXPECT_NE(page.find("<td>10 ns</td>\n<td>131 ns</td>\n<td>248 us</td>\n<td>–</td>\n"
                        "<td>25 %</td>\n<td>0 %</td>\n<td>100 %</td>"),
              std::string::npos);
    EXPECT_NE(page.find("<td>overwrites</td>"), std::string::npos);
    EXPECT_EQ(count(page, "<title>&lt;lossy&gt;: 210 ns</title>"), 1u) << "a bar";
    expect_a_page_or_a_refusal_of_each_damage(slow());
}

}  // namespace
}  // namespace shunt::tools
