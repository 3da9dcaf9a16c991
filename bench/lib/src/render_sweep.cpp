// SPDX-License-Identifier: MIT
//
// A sweep as a table: a line for each point, and for each rival below it.
#include "bench/lib/src/render_parts.hpp"
#include "bench/lib/src/report_view.hpp"

#include <fmt/format.h>

#include <iterator>

namespace shunt::bench {

namespace {

using nlohmann::json;

std::string of_pair(const json& paired, const std::string& name) {
    const auto it = paired.find(name);
    return it == paired.end() ? "" : ratio_text(*it);
}

// The figures of a row; of one that is none of shunt's the floor and the repeats are those above.
std::string figures(const json& row, bool latency, const json& point, bool first) {
    const std::string floor = first ? number(point.at("floor_ns").at("two_line")) : "";
    const std::string counted = first ? fmt::format("{}", point.at("counted").get<unsigned>()) : "";
    if (latency) {
        const json& ns = row.at("one_way_ns");
        return fmt::format("{:>7} {:>7} {:>7} {:>7} {:>8}", floor, number(ns.at("p50")),
                           number(ns.at("p99")), number(ns.at("p999")), counted);
    }
    return fmt::format("{:>7} {:>9} {:>10} {:>8} {:>8}", floor, rate(row.at("msgs_per_s")),
                       rate(row.at("bytes_per_s")) + "B", number(row.at("push_ns").at("p50")),
                       counted);
}

void titles(std::string& out, const std::string& swept, bool latency) {
    const std::string columns = latency ? fmt::format("{:>7} {:>7} {:>7} {:>7} {:>8}", "floor",
                                                      "p50", "p99", "p99.9", "repeats")
                                        : fmt::format("{:>7} {:>9} {:>10} {:>8} {:>8}", "floor",
                                                      "msgs/s", "bytes/s", "push p50", "repeats");
    fmt::format_to(std::back_inserter(out), "{:<11} {}  {:<21} {}\n", swept, columns,
                   latency ? "over the first, p50" : "over the first, rate", "shunt / this");
}

void line(std::string& out, const std::string& name, const std::string& cells,
          const std::string& over_first, const std::string& than) {
    std::string text = fmt::format("{:<11} {}  {:<21} {}", name, cells, over_first, than);
    text.erase(text.find_last_not_of(' ') + 1);
    out += text + '\n';
}

}  // namespace

void sweep_tables(std::string& out, const json& document) {
    const json& args = document.at("args");
    const auto swept = args.at("sweep").get<std::string>();
    const std::string key = swept == "capacity" ? "asked_capacity" : swept;
    const bool latency = args.at("mode") == "pingpong";
    json size;
    for (const json& point : document.at("result").at("sweep")) {
        if (point.at("size") != size) {
            size = point.at("size");
            fmt::format_to(std::back_inserter(out), "\n{} bytes, {}\n", size.get<std::uint64_t>(),
                           latency ? "one way, ns" : "ns");
            titles(out, swept, latency);
        }
        const json& value = point.at(key);
        const json& paired = point.at("paired");
        line(out, value.is_string() ? value.get<std::string>() : value.dump(),
             figures(point, latency, point, true), of_pair(paired, "first"), "");
        for (const auto& [name, row] : point.at("peers").items()) {
            line(out, "  " + name, figures(row, latency, point, false), "", of_pair(paired, name));
        }
    }
}

}  // namespace shunt::bench
