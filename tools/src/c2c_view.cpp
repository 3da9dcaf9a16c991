// SPDX-License-Identifier: MIT
#include "c2c_view.hpp"

#include "c2c_map.hpp"
#include "table.hpp"

#include <shunt/core/config.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <stdexcept>

namespace shunt::tools {

namespace {

using nlohmann::json;
namespace c2c = perf::c2c;

constexpr double kNsPerSecond = 1e9;

double rounded(double value) {
    return std::round(value * 100) / 100;
}

json rounded_or_null(const std::optional<double>& value) {
    return value ? json(rounded(*value)) : json(nullptr);
}

// Of a line a number of ns each: lines and bytes a second.
json lines_per_s(const std::optional<double>& ns) {
    return ns ? json(std::round(kNsPerSecond / *ns)) : json(nullptr);
}
json bytes_per_s(const std::optional<double>& ns) {
    return ns ? json(std::round(kNsPerSecond * double{kLineBytes} / *ns)) : json(nullptr);
}

}  // namespace

C2cView::Stat stat_of(const std::string& word) {
    for (const auto stat : {C2cView::Stat::min, C2cView::Stat::p50, C2cView::Stat::p99}) {
        if (word == to_string(stat)) {
            return stat;
        }
    }
    throw std::invalid_argument("'" + word + "' is no statistic: write min, p50 or p99");
}

std::string_view to_string(C2cView::Stat stat) noexcept {
    constexpr std::array<std::string_view, 3> kWords{"min", "p50", "p99"};
    return kWords[static_cast<std::size_t>(stat)];
}

C2cView::C2cView(const c2c::Config& config, const std::vector<perf::CpuPlace>& places,
                 const c2c::Result& result, Stat stat, std::size_t memory_nodes)
    : config_{config}, places_{places}, result_{result}, stat_{stat}, memory_nodes_{memory_nodes} {}

bool C2cView::stream() const noexcept {
    return config_.mode == c2c::Mode::stream;
}

std::optional<double> C2cView::ns_of(const c2c::Pair& pair) const {
    switch (stat_) {
        case Stat::min:
            return pair.ns.samples == 0 ? std::nullopt : std::optional{pair.ns.min};
        case Stat::p50:
            return pair.ns.p50;
        case Stat::p99:
            return pair.ns.p99;
    }
    return std::nullopt;
}

std::vector<std::optional<double>> C2cView::matrix() const {
    const std::size_t n = config_.cpus.size();
    std::vector<std::optional<double>> cells(n * n);
    const auto index = [&](int cpu) {
        return static_cast<std::size_t>(std::find(config_.cpus.begin(), config_.cpus.end(), cpu) -
                                        config_.cpus.begin());
    };
    for (const c2c::Pair& pair : result_.pairs) {
        if (const auto ns = ns_of(pair)) {
            cells[index(pair.from) * n + index(pair.to)] =
                stream() ? std::round(kNsPerSecond / *ns) : rounded(*ns);
        }
    }
    return cells;
}

std::string C2cView::what() const {
    return stream() ? fmt::format("{} of {} samples, each the mean of {} lines", to_string(stat_),
                                  config_.samples, config_.batch)
                    : fmt::format(
                          "half a round trip, {} of {} samples, each the mean of {} round "
                          "trips",
                          to_string(stat_), config_.samples, config_.batch);
}

std::string C2cView::home_text() const {
    const std::string asked =
        config_.home.where == c2c::Home::Where::node
            ? fmt::format("node {}", config_.home.node)
            : fmt::format("the node of who {}", config_.home.where == c2c::Home::Where::remote
                                                    ? (stream() ? "reads" : "answers")
                                                    : (stream() ? "writes" : "begins"));
    return "memory on " + asked +
           (memory_nodes_ == 1 ? "; one node here has memory, so that is where all of it is" : "");
}

std::string C2cView::csv() const {
    const auto cells = matrix();
    const std::size_t n = config_.cpus.size();
    std::string text;
    for (std::size_t i = 0; i < cells.size(); ++i) {
        text += cells[i] ? fmt::format("{}", *cells[i]) : "";
        text += (i + 1) % n == 0 ? "\n" : ",";
    }
    return text;
}

std::string C2cView::text() const {
    const auto cells = matrix();
    const std::size_t n = config_.cpus.size();
    std::vector<std::string> heads{">from \\ to"};
    for (const int cpu : config_.cpus) {
        heads.push_back(fmt::format(">{}", cpu));
    }
    Table table{heads};
    for (std::size_t row = 0; row < n; ++row) {
        std::vector<std::string> line{std::to_string(config_.cpus[row])};
        for (std::size_t column = 0; column < n; ++column) {
            const auto& cell = cells[row * n + column];
            line.push_back(!cell      ? "-"
                           : stream() ? fmt::format("{:.2f}", *cell * double{kLineBytes} / 1e9)
                                      : fmt::format("{:.1f}", *cell));
        }
        table.add(std::move(line));
    }
    std::string text = fmt::format("{}, {}\n{}\n{}\n\n{}\n{}", c2c::to_string(config_.mode),
                                   stream() ? "GB/s of cache lines" : "ns one way", what(),
                                   home_text(), table.text(), by_relation());
    for (const perf::Warning& warning : warnings()) {
        text += "\nwarning: " + warning.text + "\n";
    }
    return text;
}

std::string C2cView::by_relation() const {
    const json result = document();
    Table table{{"relation", ">pairs", ">least", ">median", ">most"}};
    for (const auto& [relation, spread] : c2c_relations(c2c_matrix(Part{result}))) {
        const auto figure = [&](double value) {
            return fmt::format("{:.{}f}", value, stream() ? 2 : 1);
        };
        table.add({std::string{relation}, std::to_string(spread.n), figure(spread.low),
                   figure(spread.median), figure(spread.high)});
    }
    return table.text();
}

std::vector<perf::Warning> C2cView::warnings() const {
    std::vector<perf::Warning> warnings;
    if (!result_.clock.note().empty()) {
        warnings.push_back({"clock", result_.clock.note()});
    }
    if (memory_nodes_ == 1 && config_.home.where == c2c::Home::Where::remote) {
        warnings.push_back({"one_node",
                            "one node of this host has memory: --home remote is the same as "
                            "--home local, but for who touches the lines first"});
    }
    const auto preempted =
        std::count_if(result_.pairs.begin(), result_.pairs.end(), [](const c2c::Pair& pair) {
            constexpr std::uint64_t kOneSampleInAHundred = 100;
            return pair.preempted * kOneSampleInAHundred > pair.ns.samples;
        });
    if (preempted != 0) {
        warnings.push_back(
            {"preempted", fmt::format("of {} of {} pairs the kernel gave a cpu to others in more "
                                      "than one sample of a hundred: their p99 is the scheduler's. "
                                      "Choose idle cpus with --cpus",
                                      preempted, result_.pairs.size())});
    }
    return warnings;
}

json C2cView::document() const {
    const std::size_t n = config_.cpus.size();
    const auto cells = matrix();
    json rows = json::array();
    for (std::size_t row = 0; row < n; ++row) {
        json line = json::array();
        for (std::size_t column = 0; column < n; ++column) {
            const auto& cell = cells[row * n + column];
            line.push_back(cell ? json(*cell) : json(nullptr));
        }
        rows.push_back(std::move(line));
    }
    json pairs = json::array();
    for (const c2c::Pair& pair : result_.pairs) {
        json each{{"from", pair.from},
                  {"to", pair.to},
                  {"home_node", pair.home_node < 0 ? json(nullptr) : json(pair.home_node)},
                  {"preempted", pair.preempted},
                  {"samples", pair.ns.samples}};
        each[stream() ? "line_ns" : "one_way_ns"] = {{"min", rounded(pair.ns.min)},
                                                     {"p50", rounded_or_null(pair.ns.p50)},
                                                     {"p99", rounded_or_null(pair.ns.p99)}};
        if (stream()) {
            each["lines_per_s"] = lines_per_s(pair.ns.p50);
            each["bytes_per_s"] = bytes_per_s(pair.ns.p50);
        }
        pairs.push_back(std::move(each));
    }
    json cpus = json::array();
    for (const perf::CpuPlace& place : places_) {
        cpus.push_back(perf::to_json(place));
    }
    return {{"mode", c2c::to_string(config_.mode)},
            {"stat", to_string(stat_)},
            {"figure", what()},
            {"unit", stream() ? "lines_per_s" : "ns"},
            {"batch", config_.batch},
            {"samples", config_.samples},
            {"memory_nodes", memory_nodes_},
            {"clock", perf::to_json(result_.clock)},
            {"cpus", std::move(cpus)},
            {"matrix", std::move(rows)},
            {"pairs", std::move(pairs)},
            {"partial", result_.partial}};
}

}  // namespace shunt::tools
