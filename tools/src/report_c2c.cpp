// SPDX-License-Identifier: MIT
#include "report_c2c.hpp"

#include "c2c_map.hpp"
#include "report_html.hpp"

#include <shunt_perf/heat_map.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <map>

namespace shunt::tools {

namespace {

using perf::svg::Element;

std::string figure_text(const std::optional<double>& figure, bool stream) {
    return figure ? fmt::format("{:.{}f}", *figure, stream ? 2 : 1) : "–";
}

// What the words of --home mean here.
std::string home_text(const Part& document, bool stream) {
    const auto args = document.find("args");
    const std::string home = args ? args->text("home", "local") : "local";
    const std::string memory = home == "local"    ? (stream ? "who writes" : "who begins")
                               : home == "remote" ? (stream ? "who reads" : "who answers")
                                                  : home;
    return fmt::format("The lines' memory is asked for on the node of {} (--home {}).", memory,
                       home);
}

Element relation_table(const C2cMatrix& matrix) {
    HtmlTable table;
    const std::string unit = matrix.stream ? "GB/s" : "ns";
    table.head(std::vector<std::string>{"how the two cpus lie", "pairs", "least, " + unit,
                                        "median, " + unit, "most, " + unit});
    for (const auto& [relation, spread] : c2c_relations(matrix)) {
        table.row(std::vector<std::string>{
            std::string{relation}, std::to_string(spread.n), figure_text(spread.low, matrix.stream),
            figure_text(spread.median, matrix.stream), figure_text(spread.high, matrix.stream)});
    }
    return table.element();
}

// What a document says of one direction of a pair.
struct Direction {
    std::optional<double> min;
    std::optional<double> p50;
    std::optional<double> p99;
    std::uint64_t preempted = 0;
    std::string node;
};
using Directions = std::map<std::pair<std::uint64_t, std::uint64_t>, Direction>;

Directions directions_of(const Part& result, bool stream) {
    Directions directions;
    for (const Part& pair : result.at("pairs").items()) {
        const Part ns = pair.at(stream ? "line_ns" : "one_way_ns");
        const auto node = pair.count("home_node");
        directions[{pair.at("from").count(), pair.at("to").count()}] = {
            ns.number("min"), ns.number("p50"), ns.number("p99"), pair.at("preempted").count(),
            node ? std::to_string(*node) : "–"};
    }
    return directions;
}

// Two cpus, and how far their directions are apart.
struct Both {
    std::size_t a;
    std::size_t b;
    double apart;  // the larger over the smaller; 1: only one was measured
};

std::vector<Both> most_uneven(const C2cMatrix& matrix) {
    std::vector<Both> all;
    for (std::size_t a = 0; a < matrix.places.size(); ++a) {
        for (std::size_t b = a + 1; b < matrix.places.size(); ++b) {
            const auto& there = matrix.at(a, b);
            const auto& back = matrix.at(b, a);
            const bool two = there && back && std::min(*there, *back) > 0;
            if (there || back) {
                all.push_back({a, b, two ? std::max(*there, *back) / std::min(*there, *back) : 1});
            }
        }
    }
    std::stable_sort(all.begin(), all.end(),
                     [](const Both& x, const Both& y) { return x.apart > y.apart; });
    return all;
}

void add_directions(Element& to, const Part& result, const C2cMatrix& matrix) {
    constexpr std::size_t kShown = 24;
    const std::vector<Both> all = most_uneven(matrix);
    const Directions directions = directions_of(result, matrix.stream);
    HtmlTable table;
    const std::string unit = matrix.stream ? "ns a line" : "ns";
    std::vector<std::string> head{"from, to",       "how they lie",    "min, " + unit,
                                  "p50, " + unit,   "p99, " + unit,    "preempted",
                                  "memory on node", "the two apart by"};
    if (matrix.stream) {
        head.insert(head.begin() + 2, "GB/s");
    }
    table.head(head);
    for (std::size_t i = 0; i < std::min(all.size(), kShown); ++i) {
        for (const auto& [from, to_cpu] : {std::pair{all[i].a, all[i].b}, {all[i].b, all[i].a}}) {
            const perf::CpuPlace& begins = matrix.places[from];
            const perf::CpuPlace& answers = matrix.places[to_cpu];
            const auto it = directions.find(
                {static_cast<std::uint64_t>(begins.cpu), static_cast<std::uint64_t>(answers.cpu)});
            const Direction said = it == directions.end() ? Direction{} : it->second;
            std::vector<std::string> cells{
                fmt::format("{} → {}", begins.cpu, answers.cpu),
                std::string{perf::relation(begins, answers)},
                figure_text(said.min, false),
                figure_text(said.p50, false),
                figure_text(said.p99, false),
                std::to_string(said.preempted),
                said.node,
                from < to_cpu ? fmt::format("{:.2f}", all[i].apart) : ""};
            if (matrix.stream) {
                cells.insert(cells.begin() + 2, figure_text(matrix.at(from, to_cpu), true));
            }
            table.row(cells);
        }
    }
    to.add(wordy("p", all.size() <= kShown
                          ? "The two directions of each pair, those first that are most uneven:"
                          : fmt::format("The two directions of the {} most uneven of {} pairs:",
                                        kShown, all.size())));
    to.add(table.element());
}

}  // namespace

void add_c2c_section(Element& to, const Part& document) {
    const Part result = document.at("result");
    const C2cMatrix matrix = c2c_matrix(result);
    to.add(wordy("h3", fmt::format("{}: {}", result.at("mode").text(),
                                   matrix.stream ? "whole lines one way" : "half a round trip")));
    to.add(wordy("p", "The row is the cpu that begins, the column the one that answers. " +
                          home_text(document, matrix.stream)));
    to.add(figure(perf::draw(c2c_map(result))));
    to.add(relation_table(matrix));
    add_directions(to, result, matrix);
}

}  // namespace shunt::tools
