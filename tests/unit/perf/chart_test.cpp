// SPDX-License-Identifier: MIT
#include <shunt_perf/chart.hpp>

#include "unit/perf/xml.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <string>
#include <vector>

namespace shunt::perf {
namespace {

using perf_test::count;
using perf_test::Xml;
using Kind = svg::Scale::Kind;

Series line(const std::string& name, const std::vector<Point>& points) {
    Series series;
    series.name = name;
    series.points = points;
    return series;
}

std::string checked(const svg::Element& drawing) {
    std::string text = svg::file_of(drawing);
    EXPECT_TRUE(Xml::well_formed(text));
    EXPECT_EQ(count(text, "nan"), 0u);
    EXPECT_EQ(count(text, "inf"), 0u);
    return text;
}

TEST(LineChart, HasALineADotAPointAndANameOfEachSeries) {
    const std::vector<Series> series{line("one <&>", {{1, 10}, {10, 20}, {100, 90}}),
                                     line("other", {{1, 5}, {100, 7}})};
    const std::string text = checked(line_chart("T & t", {"x", Kind::logarithmic}, {"y"}, series));
    EXPECT_EQ(count(text, "<path"), 2u);
    EXPECT_EQ(count(text, "<circle"), 5u);
    EXPECT_NE(text.find("one &lt;&amp;&gt;"), std::string::npos);
    EXPECT_NE(text.find("T &amp; t"), std::string::npos);
}

TEST(LineChart, LeavesOutWhatALogarithmHasNoPlaceFor) {
    const double nan = std::numeric_limits<double>::quiet_NaN();
    const double inf = std::numeric_limits<double>::infinity();
    const std::vector<Series> series{
        line("a", {{0, 1}, {-1, 1}, {1, 0}, {1, nan}, {inf, 1}, {2, 3}})};
    const std::string text =
        checked(line_chart("t", {"x", Kind::logarithmic}, {"y", Kind::logarithmic}, series));
    EXPECT_EQ(count(text, "<circle"), 1u);
}

TEST(LineChart, AHollowPointIsARingThatTheLineLeavesOut) {
    std::vector<Series> series{line("a", {{1, 10}, {2, 90, true, "left & out"}, {3, 10}})};
    const std::string text = checked(line_chart("t", {"x"}, {"y"}, series));
    EXPECT_EQ(count(text, "<circle"), 3u);
    EXPECT_EQ(count(text, "fill=\"var(--shunt-paper)\""), 1u);
    EXPECT_NE(text.find("<title>a: 2, 90; left &amp; out</title>"), std::string::npos);
    const std::size_t path = text.find("<path d=\"") + 9;
    EXPECT_EQ(count(text.substr(path, text.find('"', path) - path), "L"), 1u);
}

TEST(LineChart, AnAxisReachesFromWhereItIsTold) {
    const std::vector<Series> series{line("a", {{5, 100}, {6, 110}})};
    Axis x{"x"};
    EXPECT_EQ(checked(line_chart("t", x, {"y"}, series)).find(">2</text>"), std::string::npos);
    x.from = 0;
    EXPECT_NE(checked(line_chart("t", x, {"y"}, series)).find(">2</text>"), std::string::npos);
}

TEST(LineChart, WithoutAPointSaysSo) {
    const std::vector<Series> none{line("a", {})};
    EXPECT_NE(checked(line_chart("t", {"x"}, {"y"}, none)).find("no figures"), std::string::npos);
    EXPECT_NE(checked(line_chart("t", {"x"}, {"y"}, {})).find("no figures"), std::string::npos);
}

TEST(LineChart, NoMoreSeriesThanColoursOrNotAllAreInside) {
    std::vector<Series> series;
    for (int i = 0; i < 20; ++i) {
        series.push_back(
            line(fmt::format("a series of a long name {}", i), {{1.0 + i, 1}, {50, 2}}));
    }
    const std::string text = checked(line_chart("t", {"x"}, {"y"}, series));
    EXPECT_EQ(count(text, "<path"), 20u);
    EXPECT_EQ(count(text, "a series of a long name 19</text>"), 1u);
}

TEST(BarChart, HasABarOfEachRowAndItsFigure) {
    const std::vector<Bar> bars{{"shunt", 65, 0, ""}, {"pipe", 29'000, 2, "shunt over it 0.002"}};
    const std::vector<std::string> groups{"shunt", "polls", "blocks"};
    const std::string text =
        checked(bar_chart("8 B", {"latency", Kind::logarithmic, svg::duration_text}, bars, groups));
    EXPECT_EQ(count(text, "<rect"), 2u + 3u);
    EXPECT_NE(text.find(">65 ns<"), std::string::npos);
    EXPECT_NE(text.find(">29 us<"), std::string::npos);
    EXPECT_NE(text.find("shunt over it 0.002"), std::string::npos);
}

TEST(BarChart, StandsWithoutARowAndWithNothingToShow) {
    (void)checked(bar_chart("t", {"v"}, {}, {}));
    const std::vector<Bar> bars{{"a", 0, 0, ""}, {"b", std::nan(""), 1, ""}};
    for (const Kind kind : {Kind::linear, Kind::logarithmic}) {
        const Axis axis{"v", kind, [](double) { return std::string("v"); }};
        EXPECT_EQ(count(checked(bar_chart("t", axis, bars, {})), "<rect"), 2u);
    }
}

}  // namespace
}  // namespace shunt::perf
