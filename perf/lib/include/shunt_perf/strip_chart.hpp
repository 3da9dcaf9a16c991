// SPDX-License-Identifier: MIT
//
// A strip chart: for each of several lanes, how long something took and when, as bars on a
// logarithmic scale; where several fall on one place the longest is shown and their number told.
#pragma once

#include <shunt_perf/svg.hpp>

#include <string>
#include <vector>

namespace shunt::perf {

struct StripChart {
    std::string title;
    std::string subtitle;  // small print below it
    double length_s = 1;
    double least_ns = 1;  // the bottom of every lane

    struct Mark {
        double at_s;
        double ns;
        unsigned series;  // of `series`
    };
    struct Lane {
        std::string name;
        std::vector<Mark> marks;
    };
    std::vector<Lane> lanes;
    std::vector<std::string> series;  // names, at most svg::kSeriesColours
};

[[nodiscard]] svg::Element draw(const StripChart& chart);

}  // namespace shunt::perf
