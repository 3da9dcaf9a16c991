// SPDX-License-Identifier: MIT
//
// The heat map of a document of `shunt c2c`: what the command draws, and what a report does. Throws
// Damaged where the document is.
#pragma once

#include "document_part.hpp"

#include <shunt_perf/cpus.hpp>
#include <shunt_perf/heat_map.hpp>
#include <shunt_perf/statistics.hpp>

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace shunt::tools {

/// Indices of places in order of node, package, L3, L2, core, cpu.
[[nodiscard]] std::vector<std::size_t> topology_order(const std::vector<perf::CpuPlace>& places);
/// Of places in that order: a cluster for each L3, a strong one where a node or package begins.
[[nodiscard]] std::vector<perf::HeatMap::Cluster> clusters_of(
    const std::vector<perf::CpuPlace>& places, const std::vector<std::size_t>& order);

/// What `.result` of such a document says: cpus and, row by row, what was measured of each pair.
struct C2cMatrix {
    std::vector<perf::CpuPlace> places;
    std::vector<std::optional<double>> cells;  // ns one way, of a stream GB/s; by index in places
    bool stream;

    [[nodiscard]] const std::optional<double>& at(std::size_t from, std::size_t to) const {
        return cells[from * places.size() + to];
    }
};
[[nodiscard]] C2cMatrix c2c_matrix(const Part& result);

/// Cpus in order of topology, with lines between caches and between nodes.
[[nodiscard]] perf::HeatMap c2c_map(const Part& result);

/// By how two cpus lie to each other: "same L3", and the figures of such pairs.
[[nodiscard]] std::vector<std::pair<std::string_view, perf::Spread>> c2c_relations(
    const C2cMatrix& matrix);

}  // namespace shunt::tools
