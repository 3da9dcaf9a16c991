// SPDX-License-Identifier: MIT
//
// The page of what shunt c2c wrote.
#include "unit/tools/page_of.hpp"

#include "tools/src/c2c_map.hpp"

#include <gtest/gtest.h>

#include <string>

namespace shunt::tools {
namespace {

using nlohmann::json;
using perf_test::count;

// A document of n cpus, two of them to a cache; what goes from a to b takes 10 a + b + 20.
json measured(std::size_t n, bool stream = false) {
    json cpus = json::array();
    json matrix = json::array();
    json pairs = json::array();
    for (std::size_t a = 0; a < n; ++a) {
        cpus.push_back({{"cpu", a}, {"core", a}, {"l3", a / 2}, {"node", 0}, {"package", 0}});
        json row = json::array();
        for (std::size_t b = 0; b < n; ++b) {
            const auto ns = static_cast<double>(10 * a + b + 20);
            row.push_back(a == b ? json(nullptr) : json(stream ? 1e9 / ns : ns));
            if (a != b) {
                pairs.push_back({{"from", a}, {"to", b}, {"home_node", 0}, {"preempted", a}});
                pairs.back()[stream ? "line_ns" : "one_way_ns"] = {
                    {"min", ns - 5}, {"p50", ns}, {"p99", nullptr}};
            }
        }
        matrix.push_back(row);
    }
    return {{"schema", "shunt/c2c/1"},
            {"command", "shunt c2c --json"},
            {"host", {{"cpu_model", "A <CPU>"}}},
            {"tool", {{"version", "1"}}},
            {"args", {{"home", "remote"}}},
            {"warnings", json::array({{{"id", "x"}, {"msg", "one & only"}}})},
            {"ok", true},
            {"result",
             {{"mode", stream ? "stream" : "one-line"},
              {"figure", "half a round trip, p50 of 1000 samples"},
              {"unit", stream ? "lines_per_s" : "ns"},
              {"stat", "p50"},
              {"memory_nodes", 1},
              {"cpus", cpus},
              {"matrix", matrix},
              {"pairs", pairs},
              {"partial", false}}}};
}

TEST(ReportOfC2c, ThePageHasTheMapThatTheCommandDraws) {
    const json document = measured(4);
    const std::string page = page_of(document);
    const std::string map = perf::draw(c2c_map(Part{document}.at("result"))).text();
    EXPECT_NE(page.find(map), std::string::npos);
    EXPECT_EQ(count(map, "<title>from cpu "), 12u);
    EXPECT_NE(page.find("from cpu 2, to cpu 1: 41.0 ns one way"), std::string::npos);
    EXPECT_NE(page.find("shunt c2c --json"), std::string::npos);
    EXPECT_NE(page.find("A &lt;CPU&gt;"), std::string::npos);
    EXPECT_NE(page.find("one &amp; only"), std::string::npos);
    EXPECT_NE(page.find("node of who answers (--home remote)"), std::string::npos);
}

TEST(ReportOfC2c, BothDirectionsOfAPairStandSideBySideTheMostUnevenFirst) {
    const std::string page = page_of(measured(4));
    const std::size_t first = page.find("0 → 3");
    EXPECT_LT(first, page.find("3 → 0"));
    EXPECT_LT(page.find("3 → 0"), page.find("2 → 3"));
    EXPECT_NE(page.find("<td>2.17</td>"), std::string::npos) << "50 over 23 ns";
    EXPECT_NE(page.find("The two directions of each pair"), std::string::npos);
    EXPECT_NE(page_of(measured(9)).find("The two directions of the 24 most uneven of 36 pairs"),
              std::string::npos);
}

TEST(ReportOfC2c, OfAStreamFiguresAreBytesASecond) {
    const std::string page = page_of(measured(2, true));
    EXPECT_NE(page.find("from cpu 1, to cpu 0: 2.13 GB/s"), std::string::npos) << "64 B in 30 ns";
    EXPECT_NE(page.find("whole lines one way"), std::string::npos);
    EXPECT_NE(page.find("node of who reads"), std::string::npos);
}

TEST(ReportOfC2c, HowTwoCpusLieIsARowOfATable) {
    const std::string page = page_of(measured(4));
    EXPECT_NE(page.find("<td>same L3</td>\n<td>4</td>\n<td>21.0</td>"), std::string::npos);
    EXPECT_NE(page.find("<td>same node</td>\n<td>8</td>"), std::string::npos);
}

TEST(ReportOfC2c, OfManyCpusThePageIsStillOne) {
    const std::string page = page_of(measured(160));
    EXPECT_EQ(count(page, "<title>from cpu "), 160u * 159);
    EXPECT_LT(count(page, "<text "), 300u) << "labels thin out";
    EXPECT_NE(refusal_of(measured(2).patch({{{"op", "remove"}, {"path", "/result/cpus/0"}}}).dump())
                  .find(".result.matrix[0] has 2 figures, of 1 cpus"),
              std::string::npos);
}

TEST(ReportOfC2c, WhatIsDamagedIsNamedOrShownAsNothing) {
    json document = measured(2);
    document["result"]["matrix"][0][1] = "fast";
    EXPECT_NE(refusal_of(document.dump()).find("damaged: .result.matrix[0][1] is no number"),
              std::string::npos);
    document = measured(2);
    document["result"]["cpus"] = json::array();
    EXPECT_NE(refusal_of(document.dump()).find(".result.cpus are 0"), std::string::npos);
    expect_a_page_or_a_refusal_of_each_damage(measured(2));
    expect_a_page_or_a_refusal_of_each_damage(measured(3, true));
}

}  // namespace
}  // namespace shunt::tools
