// SPDX-License-Identifier: MIT
#include "c2c_map.hpp"

#include <shunt/core/config.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <numeric>
#include <tuple>

namespace shunt::tools {

namespace {

// Of more a map would be larger than anybody looks at: a cell each, so a million of them.
constexpr std::size_t kMostCpus = 1024;

auto key_of(const perf::CpuPlace& place) {
    return std::tuple{place.node.value_or(-1), place.package.value_or(-1), place.l3.value_or(-1),
                      place.l2.value_or(-1),   place.core.value_or(-1),    place.cpu};
}

int id_of(const Part& part) {
    const std::uint64_t id = part.count();
    if (id > static_cast<std::uint64_t>(std::numeric_limits<int>::max())) {
        part.refuse("is no number of a cpu, a cache or a node");
    }
    return static_cast<int>(id);
}

perf::CpuPlace place_of(const Part& part) {
    const auto id = [&](const char* key) {
        const auto there = part.find(key);
        return there ? std::optional(id_of(*there)) : std::nullopt;
    };
    perf::CpuPlace place;
    place.cpu = id_of(part.at("cpu"));
    place.core = id("core");
    place.package = id("package");
    place.l2 = id("l2");
    place.l3 = id("l3");
    place.node = id("node");
    for (const Part& sibling : part.items("smt_siblings")) {
        place.smt_siblings.push_back(id_of(sibling));
    }
    return place;
}

// ns, or lines a second, as HeatMap has them.
std::optional<double> cell_of(const Part& part, bool stream) {
    if (part.value().is_null()) {
        return std::nullopt;
    }
    const double value = stream ? part.number() * double{kLineBytes} / 1e9 : part.number();
    if (!(value >= 0) || !std::isfinite(value)) {
        part.refuse("is no figure of a pair");
    }
    return value;
}

}  // namespace

std::vector<std::size_t> topology_order(const std::vector<perf::CpuPlace>& places) {
    std::vector<std::size_t> order(places.size());
    std::iota(order.begin(), order.end(), std::size_t{0});
    std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
        return key_of(places[a]) < key_of(places[b]);
    });
    return order;
}

std::vector<perf::HeatMap::Cluster> clusters_of(const std::vector<perf::CpuPlace>& places,
                                                const std::vector<std::size_t>& order) {
    const auto differ = [&](auto member) {
        return std::any_of(places.begin(), places.end(), [&](const perf::CpuPlace& place) {
            return place.*member != places.front().*member;
        });
    };
    const bool nodes = differ(&perf::CpuPlace::node);
    const bool packages = differ(&perf::CpuPlace::package);
    std::vector<perf::HeatMap::Cluster> clusters;
    for (std::size_t i = 0; i < order.size(); ++i) {
        const perf::CpuPlace& place = places[order[i]];
        const perf::CpuPlace* const before = i == 0 ? nullptr : &places[order[i - 1]];
        const bool strong =
            before != nullptr && (before->node != place.node || before->package != place.package);
        if (before != nullptr && !strong && before->l3 == place.l3) {
            continue;
        }
        std::string name;
        const auto add = [&](bool say, const char* what, const std::optional<int>& id) {
            if (say && id) {
                name += fmt::format("{}{} {}", name.empty() ? "" : ", ", what, *id);
            }
        };
        add(nodes, "node", place.node);
        add(packages && !nodes, "package", place.package);
        add(true, "L3", place.l3);
        clusters.push_back({i, name, strong});
    }
    return clusters;
}

C2cMatrix c2c_matrix(const Part& result) {
    C2cMatrix matrix;
    matrix.stream = result.at("mode").text() == "stream";
    const Part cpus = result.at("cpus");
    for (const Part& cpu : cpus.items()) {
        matrix.places.push_back(place_of(cpu));
    }
    const std::size_t n = matrix.places.size();
    if (n == 0 || n > kMostCpus) {
        cpus.refuse(fmt::format("are {}: a map has 1 to {}", n, kMostCpus));
    }
    const Part rows = result.at("matrix");
    for (const Part& row : rows.items()) {
        const auto cells = row.items();
        if (cells.size() != n) {
            row.refuse(fmt::format("has {} figures, of {} cpus", cells.size(), n));
        }
        for (const Part& cell : cells) {
            matrix.cells.push_back(cell_of(cell, matrix.stream));
        }
    }
    if (matrix.cells.size() != n * n) {
        rows.refuse(fmt::format("has {} rows, of {} cpus", rows.items().size(), n));
    }
    return matrix;
}

perf::HeatMap c2c_map(const Part& result) {
    const C2cMatrix matrix = c2c_matrix(result);
    const std::vector<std::size_t> order = topology_order(matrix.places);
    perf::HeatMap map;
    map.title = matrix.stream ? "Cache lines from cpu to cpu" : "Core to core";
    map.subtitle = fmt::format("{}: {}{}", result.at("mode").text(), result.at("figure").text(),
                               result.flag("partial", false) ? "; interrupted" : "");
    map.unit = matrix.stream ? "GB/s" : "ns one way";
    map.row_name = "from cpu";
    map.column_name = "to cpu";
    map.clusters = clusters_of(matrix.places, order);
    for (const std::size_t row : order) {
        map.labels.push_back(std::to_string(matrix.places[row].cpu));
        for (const std::size_t column : order) {
            map.figures.push_back(matrix.at(row, column));
        }
    }
    return map;
}

std::vector<std::pair<std::string_view, perf::Spread>> c2c_relations(const C2cMatrix& matrix) {
    std::map<std::string_view, std::vector<double>> groups;
    for (std::size_t from = 0; from < matrix.places.size(); ++from) {
        for (std::size_t to = 0; to < matrix.places.size(); ++to) {
            if (const auto& figure = matrix.at(from, to); figure && from != to) {
                groups[perf::relation(matrix.places[from], matrix.places[to])].push_back(*figure);
            }
        }
    }
    std::vector<std::pair<std::string_view, perf::Spread>> relations;
    for (const auto& [relation, figures] : groups) {
        relations.emplace_back(relation, *perf::spread(figures));
    }
    return relations;
}

}  // namespace shunt::tools
