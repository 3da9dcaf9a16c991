// SPDX-License-Identifier: MIT
#include <shunt_perf/heat_map.hpp>

#include "unit/perf/xml.hpp"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>

namespace shunt::perf {
namespace {

using perf_test::count;
using perf_test::Xml;

HeatMap of_size(std::size_t n) {
    HeatMap map;
    map.title = "core <to> core";
    map.subtitle = "a & b";
    map.unit = "ns";
    map.row_name = "from cpu";
    map.column_name = "to cpu";
    map.clusters = {{0, "L3 0", false}};
    for (std::size_t i = 0; i < n; ++i) {
        map.labels.push_back(std::to_string(i));
        if (i > 0 && i % 4 == 0) {
            map.clusters.push_back({i, "L3 " + std::to_string(i / 4), i % 8 == 0});
        }
    }
    for (std::size_t i = 0; i < n * n; ++i) {
        const bool diagonal = i / n == i % n;
        map.figures.push_back(diagonal ? std::nullopt : std::optional{20.0 + double(i)});
    }
    return map;
}

TEST(HeatMap, IsWellFormedInEverySize) {
    for (const std::size_t n : {1u, 2u, 8u, 40u, 130u}) {
        const std::string text = svg::file_of(draw(of_size(n)));
        EXPECT_TRUE(Xml::well_formed(text)) << n;
        EXPECT_EQ(count(text, "nan"), 0u) << n;
        EXPECT_EQ(count(text, "inf"), 0u) << n;
    }
}

TEST(HeatMap, EachFigureIsACellWithItsNumberAndItsName) {
    const std::string text = draw(of_size(8)).text();
    EXPECT_EQ(count(text, "<title>from cpu "), 8u * 8 - 8);
    EXPECT_NE(text.find("<title>from cpu 1, to cpu 2: 30.0 ns</title>"), std::string::npos);
    EXPECT_EQ(count(text, ">30.0</text>"), 1u);
    EXPECT_EQ(count(text, ">21.0</text>"), 1u);
    EXPECT_EQ(count(text, "on-dark") + count(text, "on-light"), 8u * 8 - 8);
}

TEST(HeatMap, CellsWithoutRoomHaveNoNumberAndLabelsThinOut) {
    const std::string text = draw(of_size(130)).text();
    EXPECT_EQ(count(text, "on-dark") + count(text, "on-light"), 0u);
    EXPECT_EQ(count(text, "<title>from cpu "), 130u * 130 - 130);
    EXPECT_LT(count(text, "<text "), 260u);
}

TEST(HeatMap, ALineStandsBetweenClustersAndIsThickerBetweenStrongOnes) {
    const std::string one = draw(of_size(4)).text();
    EXPECT_EQ(count(one, "stroke-width:"), 0u);
    const std::string three = draw(of_size(12)).text();
    EXPECT_EQ(count(three, "stroke-width:1\""), 2u);
    EXPECT_EQ(count(three, "stroke-width:2.5\""), 2u);
    EXPECT_EQ(count(three, ">L3 2</text>"), 1u);
}

TEST(HeatMap, NamesOfClustersThatWouldTouchAreLeftOut) {
    HeatMap map = of_size(300);
    EXPECT_EQ(count(draw(map).text(), ">L3 "), 75u);
    map.clusters.clear();
    for (std::size_t i = 0; i < 300; ++i) {
        map.clusters.push_back({i, "L3 " + std::to_string(i), false});
    }
    const std::size_t names = count(draw(map).text(), ">L3 ");
    EXPECT_EQ(names, 150u) << "cells of 3 and gaps of 6, names of 12";
}

TEST(HeatMap, ASmallOneIsAsWideAsItsSmallPrint) {
    HeatMap map = of_size(2);
    map.subtitle = std::string(100, 'm');
    EXPECT_NE(draw(map).text().find("viewBox=\"0 0 660 "), std::string::npos);
}

TEST(HeatMap, OfNothingMeasuredIsStillDrawn) {
    HeatMap map = of_size(2);
    map.figures.assign(4, std::nullopt);
    EXPECT_TRUE(Xml::well_formed(svg::file_of(draw(map))));
}

}  // namespace
}  // namespace shunt::perf
