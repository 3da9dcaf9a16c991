// SPDX-License-Identifier: MIT
#include "tools/src/c2c_view.hpp"

#include "tools/src/c2c_map.hpp"

#include "unit/perf/xml.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <sstream>
#include <string>
#include <vector>

namespace shunt::tools {
namespace {

namespace c2c = perf::c2c;
using nlohmann::json;

perf::CpuPlace place(int cpu, int core, int l3, int node) {
    perf::CpuPlace place;
    place.cpu = cpu;
    place.core = core;
    place.package = node;
    place.l3 = l3;
    place.node = node;
    return place;
}

// Two nodes of two caches of one core with two threads, numbered as kernels do: siblings far apart.
std::vector<perf::CpuPlace> eight() {
    std::vector<perf::CpuPlace> places;
    for (int cpu = 0; cpu < 8; ++cpu) {
        places.push_back(place(cpu, cpu % 4, cpu % 4, cpu % 4 / 2));
        places.back().smt_siblings = {(cpu + 4) % 8};
    }
    return places;
}

perf::HeatMap map_of(const json& document) {
    return c2c_map(Part{document});
}

class View : public testing::Test {
protected:
    View() {
        for (const perf::CpuPlace& each : places_) {
            config_.cpus.push_back(each.cpu);
        }
        for (const int from : config_.cpus) {
            for (const int to : config_.cpus) {
                if (from != to) {
                    c2c::Pair pair{from, to, {}, 0, 0};
                    pair.ns = {10.0 * from + to + 0.125, 10.0 * from + to + 0.5, std::nullopt,
                               1000};
                    result_.pairs.push_back(pair);
                }
            }
        }
    }
    [[nodiscard]] C2cView view(C2cView::Stat stat = C2cView::Stat::p50,
                               std::size_t nodes = 2) const {
        return {config_, places_, result_, stat, nodes};
    }

    std::vector<perf::CpuPlace> places_ = eight();
    c2c::Config config_;
    c2c::Result result_;
};

TEST(C2cTopology, OrdersByNodeCacheAndCoreSoThatSiblingsAreNeighbours) {
    const auto order = topology_order(eight());
    EXPECT_EQ(order, (std::vector<std::size_t>{0, 4, 1, 5, 2, 6, 3, 7}));
    const auto clusters = clusters_of(eight(), order);
    ASSERT_EQ(clusters.size(), 4u);
    EXPECT_EQ(clusters[0].name, "node 0, L3 0");
    EXPECT_EQ(clusters[1].first, 2u);
    EXPECT_FALSE(clusters[1].strong);
    EXPECT_EQ(clusters[2].first, 4u);
    EXPECT_TRUE(clusters[2].strong);
    EXPECT_EQ(clusters[3].name, "node 1, L3 3");
}

TEST(C2cTopology, OfAHostThatSaysNothingIsOneCluster) {
    std::vector<perf::CpuPlace> places(3);
    places[0].cpu = 2;
    places[1].cpu = 0;
    places[2].cpu = 1;
    const auto order = topology_order(places);
    EXPECT_EQ(order, (std::vector<std::size_t>{1, 2, 0}));
    EXPECT_EQ(clusters_of(places, order).size(), 1u);
}

TEST_F(View, TheMatrixHasTheRowOfWhoBegins) {
    const auto cells = view().matrix();
    ASSERT_EQ(cells.size(), 64u);
    for (std::size_t i = 0; i < 8; ++i) {
        EXPECT_FALSE(cells[i * 8 + i]);
    }
    EXPECT_DOUBLE_EQ(*cells[2 * 8 + 5], 25.5);
    EXPECT_DOUBLE_EQ(*view(C2cView::Stat::min).matrix()[2 * 8 + 5], 25.13);
    EXPECT_FALSE(view(C2cView::Stat::p99).matrix()[2 * 8 + 5]);
}

TEST_F(View, CommaSeparatedNumbersAreAsManyInEachRowAsThereAreRows) {
    std::istringstream lines{view().csv()};
    std::size_t rows = 0;
    for (std::string line; std::getline(lines, line); ++rows) {
        EXPECT_EQ(std::count(line.begin(), line.end(), ','), 7);
        EXPECT_EQ(line.find_first_not_of("0123456789.,"), std::string::npos) << line;
    }
    EXPECT_EQ(rows, 8u);
    EXPECT_EQ(view().csv().substr(0, 12), ",1.5,2.5,3.5");
}

TEST_F(View, OfAStreamFiguresAreLinesASecond) {
    config_.mode = c2c::Mode::stream;
    for (c2c::Pair& pair : result_.pairs) {
        pair.ns = {20, 25, std::nullopt, 1000};
    }
    EXPECT_DOUBLE_EQ(*view().matrix()[1], 40e6);
    const json document = view().document();
    EXPECT_EQ(document.at("unit"), "lines_per_s");
    EXPECT_EQ(document.at("pairs").at(0).at("lines_per_s"), 40e6);
    EXPECT_EQ(document.at("pairs").at(0).at("bytes_per_s"), 2.56e9);
    EXPECT_EQ(document.at("pairs").at(0).at("line_ns").at("p50"), 25);
    EXPECT_DOUBLE_EQ(*map_of(view().document()).figures[1], 2.56);
    EXPECT_NE(view().text().find("2.56"), std::string::npos);
}

TEST_F(View, ADocumentHasEveryPairAndWhatItIs) {
    const json document = view().document();
    EXPECT_EQ(document.at("matrix").size(), 8u);
    EXPECT_EQ(document.at("matrix").at(3).size(), 8u);
    EXPECT_TRUE(document.at("matrix").at(3).at(3).is_null());
    EXPECT_EQ(document.at("matrix").at(3).at(1), 31.5);
    EXPECT_EQ(document.at("pairs").size(), 56u);
    EXPECT_TRUE(document.at("pairs").at(0).at("one_way_ns").at("p99").is_null());
    EXPECT_EQ(document.at("cpus").at(7).at("l3"), 3);
    EXPECT_EQ(document.at("partial"), false);
    EXPECT_NE(document.at("figure").get<std::string>().find("mean of 200 round trips"),
              std::string::npos);
}

TEST_F(View, TextGroupsByRelation) {
    const std::string text = view().text();
    for (const char* part : {"smt siblings", "same node", "other node", "from \\ to"}) {
        EXPECT_NE(text.find(part), std::string::npos) << part << "\n" << text;
    }
}

TEST_F(View, TheMapIsInTopologyOrderAndDraws) {
    const perf::HeatMap map = map_of(view().document());
    EXPECT_EQ(map.labels, (std::vector<std::string>{"0", "4", "1", "5", "2", "6", "3", "7"}));
    EXPECT_DOUBLE_EQ(*map.figures[1], 4.5);
    EXPECT_DOUBLE_EQ(*map.figures[8], 40.5);
    EXPECT_TRUE(perf_test::Xml::well_formed(perf::svg::file_of(perf::draw(map))));
}

TEST_F(View, WarnsOfPreemptionAndOfAHomeThatIsNoChoice) {
    EXPECT_TRUE(view().warnings().empty());
    result_.pairs[0].preempted = 10;  // one in a hundred
    EXPECT_TRUE(view().warnings().empty());
    result_.pairs[0].preempted = 11;
    ASSERT_EQ(view().warnings().size(), 1u);
    EXPECT_EQ(view().warnings()[0].id, "preempted");
    config_.home.where = c2c::Home::Where::remote;
    EXPECT_EQ(view().warnings().size(), 1u);
    EXPECT_EQ(view(C2cView::Stat::p50, 1).warnings()[0].id, "one_node");
    EXPECT_NE(view(C2cView::Stat::p50, 1).text().find("one node here has memory"),
              std::string::npos);
}

TEST_F(View, OfAnInterruptedRunShowsWhatThereIs) {
    result_.pairs.resize(3);
    result_.partial = true;
    EXPECT_EQ(view().document().at("partial"), true);
    EXPECT_EQ(view().csv().substr(0, 17), ",1.5,2.5,3.5,,,,\n");
    result_.pairs.clear();
    EXPECT_FALSE(view().text().empty());
    EXPECT_EQ(view().csv().substr(0, 8), ",,,,,,,\n");
}

}  // namespace
}  // namespace shunt::tools
