// SPDX-License-Identifier: MIT
#include <shunt_perf/strip_chart.hpp>

#include "unit/perf/xml.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>

namespace shunt::perf {
namespace {

using perf_test::count;
using perf_test::Xml;

StripChart chart() {
    StripChart chart;
    chart.title = "gaps & <such>";
    chart.subtitle = "of two cpus";
    chart.length_s = 2;
    chart.least_ns = 1000;
    chart.series = {"one", "two"};
    chart.lanes = {{"cpu 0", {{0.5, 2000, 0}, {1.0, 18'000, 1}}}, {"cpu 1", {}}};
    return chart;
}

TEST(StripChart, HasABarForEachMarkAndALaneForEachName) {
    const std::string text = draw(chart()).text();
    EXPECT_TRUE(Xml::well_formed(svg::file_of(draw(chart()))));
    EXPECT_EQ(count(text, "<title>cpu 0, at "), 2u);
    EXPECT_EQ(count(text, "<title>cpu 0, at 1.000000 s: 18 us, two</title>"), 1u);
    EXPECT_EQ(count(text, ">cpu 1</text>"), 1u);
    EXPECT_EQ(count(text, ">one</text>") + count(text, ">two</text>"), 2u);
}

TEST(StripChart, OfMarksAtOnePlaceTheLongestIsShown) {
    StripChart many = chart();
    many.lanes[1].marks = {{1.0, 4000, 0}, {1.0001, 90'000, 1}, {1.0002, 5000, 0}};
    const std::string text = draw(many).text();
    EXPECT_EQ(count(text, "<title>cpu 1, at "), 1u);
    EXPECT_EQ(count(text, "at 1.000100 s: 90 us, two; the longest of 3"), 1u);
}

TEST(StripChart, StaysSmallHoweverManyMarksThereAre) {
    StripChart many = chart();
    for (int i = 0; i < 100'000; ++i) {
        many.lanes[0].marks.push_back({i * 2e-5, 1000.0 + i, 0});
    }
    EXPECT_LT(draw(many).text().size(), 200'000u);
}

TEST(StripChart, OfNothingIsStillDrawn) {
    EXPECT_TRUE(Xml::well_formed(svg::file_of(draw(StripChart{}))));
    StripChart odd = chart();
    odd.length_s = 0;
    odd.lanes[0].marks = {{-1, 0, 9}, {99, 1e12, 0}};
    const std::string text = svg::file_of(draw(odd));
    EXPECT_TRUE(Xml::well_formed(text));
    EXPECT_EQ(count(text, "nan") + count(text, "inf"), 0u);
}

}  // namespace
}  // namespace shunt::perf
