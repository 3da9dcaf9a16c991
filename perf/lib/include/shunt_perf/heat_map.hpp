// SPDX-License-Identifier: MIT
//
// A heat map: a matrix of figures as coloured cells, with their numbers where there is room, lines
// between clusters of rows and columns, and a legend. What the figures are is the caller's affair.
#pragma once

#include <shunt_perf/svg.hpp>

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

namespace shunt::perf {

struct HeatMap {
    std::string title;
    std::string subtitle;  // small print below it
    std::string unit;      // "ns", for the legend and the tooltips
    std::string row_name;  // what rows are: "from"
    std::string column_name;
    std::vector<std::string> labels;             // of rows and columns alike
    std::vector<std::optional<double>> figures;  // row by row; nullopt: not measured

    /// Begins before the index `first`, and has a name; `strong`: a thicker line.
    struct Cluster {
        std::size_t first;
        std::string name;
        bool strong;
    };
    std::vector<Cluster> clusters;  // ascending; the first begins at 0
};

/// The colours are those of a logarithmic scale where the largest figure is more than five times
/// the smallest.
[[nodiscard]] svg::Element draw(const HeatMap& map);

}  // namespace shunt::perf
