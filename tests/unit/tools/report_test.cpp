// SPDX-License-Identifier: MIT
#include "tools/src/report_charts.hpp"
#include "unit/tools/page_of.hpp"

#include <shunt_perf/hdr.hpp>

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace shunt::tools {
namespace {

using nlohmann::json;
using perf_test::Xml;

json latencies(double p50) {
    perf::Histogram histogram;
    for (int i = 0; i < 2000; ++i) {
        histogram.record(static_cast<std::uint64_t>(p50) + static_cast<std::uint64_t>(i) % 50);
    }
    return {{"one_way_ns",
             {{"min", p50}, {"p50", p50}, {"p90", p50 + 40}, {"p99", nullptr}, {"samples", 2000}}},
            {"hdr", perf::hdr::encode_text(histogram)}};
}

json pingpong() {
    json sizes = json::array();
    for (const int size : {8, 1024}) {
        json one = latencies(60 + size / 8);
        one["size"] = size;
        one["peers"] = {{"boost", latencies(130)}, {"<odd> & 'row'", latencies(99)}};
        one["paired"] = {{"boost", {{"median", 0.5}, {"n", 3}}}, {"floor", {{"median", 0.9}}}};
        sizes.push_back(one);
    }
    json repeats = json::array();
    for (const bool counted : {true, false, true}) {
        json all = json::array();
        for (const int size : {8, 1024}) {
            all.push_back({{"size", size},
                           {"counted", counted},
                           {"why_not", counted ? json(nullptr) : json("the floors differ")},
                           {"floor_before_ns", 50},
                           {"floor_after_ns", 52},
                           {"rows",
                            {{"shunt", {{"p50_ns", 60}, {"p99_ns", 95}, {"max_ns", 4000}}},
                             {"boost", {{"p50_ns", 130}, {"p99_ns", nullptr}}}}}});
        }
        repeats.push_back(
            {{"counted", counted}, {"at_ms", 100 * (repeats.size() + 1)}, {"sizes", all}});
    }
    return {{"schema", "shunt/bench-pingpong/1"},
            {"command", "shunt bench pingpong --json"},
            {"host", {{"cpu_model", "A <CPU>"}, {"cpus", json::array({0, 1})}}},
            {"tool", {{"version", "1"}}},
            {"args", {{"size", "8,1024"}}},
            {"warnings", json::array({{{"id", "a"}, {"msg", "it is & hot"}}})},
            {"result", {{"sizes", sizes}, {"repeats", repeats}}}};
}

Measured read(const json& document) {
    return read_text(document.dump());
}

TEST(Report, ADocumentIsReadWithItsRowsItsRatiosAndItsRepeats) {
    const Measured measured = read(pingpong());
    EXPECT_EQ(measured.command, "bench-pingpong");
    EXPECT_TRUE(measured.latencies());
    ASSERT_EQ(measured.sizes.size(), 2u);
    const auto& rows = measured.sizes[0].rows;
    ASSERT_EQ(rows.size(), 3u);
    EXPECT_EQ(rows[0].name, "shunt");
    EXPECT_EQ(rows[0].percentile("p50"), 61);
    EXPECT_EQ(rows[0].percentile("p99"), std::nullopt);
    ASSERT_TRUE(rows[0].histogram);
    EXPECT_EQ(rows[0].histogram->count(), 2000u);
    const Rows sorted = by_speed(rows);
    EXPECT_EQ(sorted[0]->name, "shunt");
    EXPECT_EQ(sorted[2]->name, "boost");
    EXPECT_EQ(sorted[2]->ratio, 0.5);
    const auto& repeats = measured.sizes[0].repeats;
    ASSERT_EQ(repeats.size(), 3u);
    EXPECT_FALSE(repeats[1].counted);
    EXPECT_EQ(repeats[1].why_not, "the floors differ");
    EXPECT_EQ(repeats[2].at_ns, 300e6);
    EXPECT_EQ(repeats[2].rows.at("shunt").p99, 95);
}

TEST(Report, APageIsXmlHoldsItsDocumentAndNeedsNothingElse) {
    const std::vector<Measured> documents{read(pingpong()), read(pingpong())};
    const std::string page = report_page("A & <B>", documents);
    EXPECT_TRUE(Xml::well_formed(page));
    EXPECT_NE(page.find("A &amp; &lt;B&gt;"), std::string::npos);
    EXPECT_NE(page.find("&lt;odd&gt; &amp; &#39;row&#39;"), std::string::npos);
    EXPECT_NE(page.find("shunt bench pingpong --json"), std::string::npos);
    EXPECT_NE(page.find("it is &amp; hot"), std::string::npos);
    EXPECT_NE(page.find("2 of 3 repeats count"), std::string::npos);
    EXPECT_NE(page.find("%22shunt%2Fbench-pingpong%2F1%22"), std::string::npos)
        << "the document is in it";
    EXPECT_EQ(page.find("<script"), std::string::npos);
    EXPECT_EQ(page.find("http://www.w3.org/1999/xhtml"), page.find("http://"))
        << "the only addresses are names of XML";
    EXPECT_EQ(page.find("https://"), std::string::npos);
    EXPECT_EQ(page.find("src="), std::string::npos);
}

TEST(Report, WhoBlocksIsComparedWithShuntThatParks) {
    json document = pingpong();
    json& size = document["result"]["sizes"][0];
    size["peers"]["boost"]["about"] = {{"waits", "blocking"}, {"what", "a queue"}};
    size["paired_park"] = {{"boost", {{"median", 0.25}}}};
    const Measured measured = read(document);
    for (const MeasuredRow& row : measured.sizes[0].rows) {
        if (row.name == "boost") {
            EXPECT_EQ(row.ratio, 0.25);
            EXPECT_TRUE(row.blocks);
        }
    }
    size["peers"]["boost"]["about"] = {{"waits", "busy"}, {"between", "threads"}};
    size["paired_threads"] = {{"boost", {{"median", 0.75}}}};
    const Measured threads = read(document);
    for (const MeasuredRow& row : threads.sizes[0].rows) {
        if (row.name == "boost") {
            EXPECT_EQ(row.ratio, 0.75);
            EXPECT_TRUE(row.in_threads);
        }
    }
    EXPECT_NE(report_page("t", {&threads, 1}).find("threads of one process"), std::string::npos);
}

TEST(Report, RatesComeFastestFirstAndRoundTripsStandApart) {
    json document = pingpong();
    document["schema"] = "shunt/bench-throughput/1";
    document["result"] = {
        {"size", 8},
        {"msgs_per_s", 1e6},
        {"peers", {{"fast", {{"msgs_per_s", 2e6}}}, {"none", {{"msgs_per_s", nullptr}}}}}};
    const Measured rates = read(document);
    EXPECT_FALSE(rates.latencies());
    EXPECT_EQ(by_speed(rates.sizes[0].rows)[0]->name, "fast");
    EXPECT_EQ(by_speed(rates.sizes[0].rows)[2]->name, "none");
    EXPECT_TRUE(Xml::well_formed(report_page("t", {&rates, 1})));

    document = pingpong();
    json& row = document["result"]["sizes"][0]["peers"]["boost"];
    row["round_trip_ns"] = row["one_way_ns"];
    row.erase("one_way_ns");
    // Shunt's own was measured one way, and stands for calls too.
    json& ours = document["result"]["sizes"][0];
    ours["round_trip_ns"] = {{"p50", 140}};
    const Measured trips = read(document);
    EXPECT_EQ(trips.sizes[0].rows[0].percentile("p50"), 61);
    EXPECT_FALSE(trips.sizes[0].rows[0].round_trip);
    EXPECT_EQ(trips.sizes[0].rows[1].name, "shunt");
    EXPECT_EQ(trips.sizes[0].rows[1].percentile("p50"), 140);
    EXPECT_TRUE(trips.sizes[0].rows[1].round_trip);
    const std::vector<std::string> names{"shunt"};
    const std::string sizes = size_chart("t", trips, names).text();
    EXPECT_NE(sizes.find("shunt: 8 B, 61 ns"), std::string::npos);
    EXPECT_EQ(sizes.find("140 ns"), std::string::npos) << "there and back is no point of it";
    EXPECT_NE(report_page("t", {&trips, 1}).find("there and back"), std::string::npos);
}

TEST(Report, WhatIsNoDocumentOfMeasurementsIsRefusedAndSaysWhy) {
    EXPECT_NE(refusal_of("").find("no JSON"), std::string::npos);
    const std::string whole = pingpong().dump();
    EXPECT_NE(refusal_of(whole.substr(0, whole.size() / 2)).find("not all of it"),
              std::string::npos);
    EXPECT_NE(refusal_of("[1,2]").find("no schema"), std::string::npos);
    EXPECT_NE(refusal_of("7").find("no schema"), std::string::npos);
    EXPECT_NE(refusal_of(R"({"schema":"shunt/ls/1"})").find("shunt/ls/1 cannot be shown"),
              std::string::npos);
    EXPECT_NE(refusal_of(R"({"schema":"shunt/peers/1"})").find("damaged"), std::string::npos);
    EXPECT_NE(refusal_of(R"({"schema":"shunt/peers/1","result":{"sizes":[]}})").find("no figures"),
              std::string::npos);
    json document = pingpong();
    document["result"]["sizes"][0]["hdr"] = "HISTFAAAthis is none";
    EXPECT_NE(refusal_of(document.dump()).find(".result.sizes[0].hdr is no histogram"),
              std::string::npos);
    document = pingpong();
    document["result"]["sizes"][1]["size"] = "large";
    EXPECT_NE(refusal_of(document.dump()).find("damaged"), std::string::npos);
}

TEST(Report, EachRowSaysWhatItIsUnderTheRightHead) {
    json document = pingpong();
    document["result"]["sizes"][0]["peers"]["boost"]["about"] = {
        {"what", "a queue"}, {"between", "processes"},         {"waits", "busy"},
        {"copies", 2},       {"order", "in order, all there"}, {"helper_threads", 0},
        {"version", "1.74"}};
    EXPECT_NE(page_of(document).find("<td>boost</td>\n<td>a queue</td>\n<td>processes</td>\n"
                                     "<td>busy</td>\n<td>2</td>\n<td></td>\n"
                                     "<td>in order, all there</td>\n<td>0</td>\n<td></td>\n"
                                     "<td>1.74</td>"),
              std::string::npos);
}

TEST(Report, NeitherDepthNorANumberWithoutEndIsACrash) {
    const std::string deep(100'000, '[');
    EXPECT_NE(refusal_of(deep).find("deep in each other"), std::string::npos);
    EXPECT_NE(refusal_of(R"({"schema":"shunt/peers/1","host":)" + deep).find("deep"),
              std::string::npos);
    EXPECT_NE(refusal_of(R"({"schema":"shunt/peers/1","result":{"size":1e999}})").find("damaged"),
              std::string::npos);
    json document = pingpong();
    document["host"]["cpu_model"] = std::string(100, '[') + "\"{";  // a text is not deep
    EXPECT_NE(page_of(document).find("[[[["), std::string::npos);
}

TEST(Report, ADocumentThatIsCutOffAnywhereIsRefused) {
    const std::string whole = pingpong().dump();
    for (std::size_t bytes = 0; bytes < whole.size(); bytes += 61) {
        EXPECT_NE(refusal_of(whole.substr(0, bytes)).find("no JSON"), std::string::npos) << bytes;
    }
}

TEST(Report, ASweepIsAHeadForEachOfItsValues) {
    json document = pingpong();
    json& result = document["result"];
    result["sweep"] = result["sizes"];
    result["sweep"][0]["wait"] = "park";
    result["sweep"][1]["asked_capacity"] = 64;
    result.erase("sizes");
    for (json& repeat : result["repeats"]) {
        repeat["sweep"] = repeat["sizes"];
        repeat.erase("sizes");
    }
    const std::string page = page_of(document);
    EXPECT_NE(page.find("<h3>8 B, wait park</h3>"), std::string::npos);
    EXPECT_NE(page.find("<h3>1024 B, capacity 64</h3>"), std::string::npos);
    EXPECT_EQ(perf_test::count(page, "2 of 3 repeats count"), 2u);
    EXPECT_EQ(page.find("By size"), std::string::npos);
}

TEST(Report, AnyDamageIsARefusalOrLeavesAPage) {
    expect_a_page_or_a_refusal_of_each_damage(pingpong());
}

}  // namespace
}  // namespace shunt::tools
