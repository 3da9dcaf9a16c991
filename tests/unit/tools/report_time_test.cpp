// SPDX-License-Identifier: MIT
//
// How a page shows what went on from repeat to repeat.
#include "tools/src/report_time.hpp"

#include "unit/tools/page_of.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace shunt::tools {
namespace {

using nlohmann::json;
using perf_test::count;

MeasuredSize measured() {
    MeasuredSize size{8, "", {}, {}};
    for (const char* const name : {"shunt", "boost"}) {
        MeasuredRow row;
        row.name = name;
        row.latencies = Percentiles{{"p50", 60}};
        size.rows.push_back(row);
    }
    for (int i = 0; i < 4; ++i) {
        const bool counted = i != 1;
        Repeat repeat{counted, counted ? "" : "the floors <differ>", 1e9 * (i + 1), 50.0, {}};
        repeat.rows["shunt"] = {60.0 + i, 95, 4000};
        repeat.rows["boost"] = {130, std::nullopt, 9000};
        size.repeats.push_back(repeat);
    }
    return size;
}

std::string drawn(const MeasuredSize& size, const std::vector<std::string>& names) {
    perf::svg::Element body{"div"};
    add_over_time(body, "8 B", size, names);
    EXPECT_TRUE(perf_test::Xml::well_formed(body.text()));
    return body.text();
}

TEST(ReportOverTime, MedianTailAndFloorOfEachRepeatStandAtItsTime) {
    const std::string text = drawn(measured(), {"shunt", "boost"});
    EXPECT_NE(text.find("<title>p50: 1 s, 60 ns</title>"), std::string::npos);
    EXPECT_NE(text.find("<title>p99: 3 s, 95 ns</title>"), std::string::npos);
    EXPECT_NE(text.find("<title>the longest: 4 s, 4 us</title>"), std::string::npos);
    EXPECT_NE(text.find("<title>the floor&#39;s p50: 4 s, 50 ns</title>"), std::string::npos);
    EXPECT_NE(text.find("<title>boost: 4 s, 130 ns</title>"), std::string::npos);
    EXPECT_NE(text.find("3 of 4 repeats count"), std::string::npos);
    EXPECT_NE(text.find("1 does not: the floors &lt;differ&gt;."), std::string::npos);
}

TEST(ReportOverTime, ARepeatThatDoesNotCountIsARingAndSaysWhy) {
    const std::string text = drawn(measured(), {"shunt"});
    EXPECT_EQ(count(text, "fill=\"var(--shunt-paper)\""), 4u) << "p50, p99, the longest, floor";
    EXPECT_NE(
        text.find("<title>p50: 2 s, 61 ns; does not count: the floors &lt;differ&gt;</title>"),
        std::string::npos);
}

TEST(ReportOverTime, WithoutTimesRepeatsStandByTheirNumber) {
    MeasuredSize size = measured();
    size.repeats[2].at_ns.reset();
    const std::string text = drawn(size, {"shunt"});
    EXPECT_NE(text.find("<title>p50: 1, 60 ns</title>"), std::string::npos);
    EXPECT_NE(text.find(">repeat</text>"), std::string::npos);
}

TEST(ReportOverTime, OfRatesThereIsOnePicture) {
    MeasuredSize size = measured();
    for (MeasuredRow& row : size.rows) {
        row.latencies.reset();
        row.rate = 2e6;
    }
    for (Repeat& repeat : size.repeats) {
        repeat.rows = {{"shunt", {2e6, {}, {}}}, {"boost", {1e6, {}, {}}}};
    }
    const std::string text = drawn(size, {"shunt", "boost"});
    EXPECT_EQ(count(text, "<svg"), 1u);
    EXPECT_NE(text.find("<title>shunt: 3 s, 2 M/s</title>"), std::string::npos);
    size.repeats.resize(1);
    EXPECT_EQ(drawn(size, {"shunt"}), "<div></div>\n") << "one is no course";
}

TEST(ReportOverTime, OfManyRowsThoseThatAreLinesAreShown) {
    MeasuredSize size = measured();
    for (Repeat& repeat : size.repeats) {
        repeat.rows["another"] = {1, 2, 3};
    }
    EXPECT_EQ(drawn(size, {"shunt", "boost"}).find("another"), std::string::npos);
}

}  // namespace
}  // namespace shunt::tools
