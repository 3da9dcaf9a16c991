// SPDX-License-Identifier: MIT
//
// The document as text. It reads nothing but the document, so that a saved result can be shown
// again.
#include "bench/lib/src/paired.hpp"
#include "bench/lib/src/render_parts.hpp"
#include "bench/lib/src/report_view.hpp"

#include <shunt_bench/run.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>
#include <vector>

namespace shunt::bench {

using nlohmann::json;

std::string number(const json& value) {
    if (!value.is_number()) {
        return "-";
    }
    const double v = value.get<double>();
    if (v < 100) {
        return fmt::format("{:.1f}", v);
    }
    return v < 1e5   ? fmt::format("{:.0f}", v)
           : v < 1e6 ? fmt::format("{:.0f}k", v / 1e3)
           : v < 1e8 ? fmt::format("{:.1f}M", v / 1e6)
                     : fmt::format("{:.1f}G", v / 1e9);
}

std::string rate(const json& value) {
    if (!value.is_number()) {
        return "-";
    }
    const double v = value.get<double>();
    return v >= 1e9   ? fmt::format("{:.2f} G", v / 1e9)
           : v >= 1e6 ? fmt::format("{:.2f} M", v / 1e6)
           : v >= 1e3 ? fmt::format("{:.2f} k", v / 1e3)
                      : fmt::format("{:.1f} ", v);
}

void latency_row(std::string& out, std::string_view name, const json& ns, const std::string& than) {
    fmt::format_to(std::back_inserter(out), "{:<18}", name);
    for (const char* key : {"min", "p50", "p90", "p99", "p999", "p9999", "max"}) {
        fmt::format_to(std::back_inserter(out), " {:>7}", number(ns.value(key, json())));
    }
    fmt::format_to(std::back_inserter(out), "   {}\n", than);
}

namespace {

std::string ratio(const json& paired, std::string_view name) {
    const auto it = paired.find(name);
    return it == paired.end() || it->is_null() ? "" : ratio_text(*it);
}

// A page size of 0 is that of nothing measured.
std::string pages(const json& row) {
    const auto it = row.find("page_bytes");
    if (it == row.end() || !it->is_number()) {
        return "";
    }
    const auto bytes = it->get<std::uint64_t>();
    return bytes >= 1u << 20 ? fmt::format(", {} MiB pages", bytes >> 20)
                             : fmt::format(", {} KiB pages", bytes >> 10);
}

std::string cold_text(const json& args) {
    const json cold = args.value("cold", json());
    return cold.is_null() ? ""
           : cold == "l2" ? ", L1 and L2 cold before each message"
                          : ", all caches cold before each message";
}

std::string idle_text(const json& args) {
    const json& kind = args.at("kind");
    return kind == "mpsc" ? fmt::format(", {} idle lanes", args.at("idle_lanes").get<int>())
           : kind == "broadcast"
               ? fmt::format(", {} idle subscribers", args.at("idle_subscribers").get<int>())
               : "";
}

// One of them, or those of a sweep.
std::string words(const json& value) {
    if (value.is_string()) {
        return value.get<std::string>();
    }
    std::string all;
    for (const json& each : value) {
        all += (all.empty() ? "" : ", ") + each.get<std::string>();
    }
    return all;
}

void head(std::string& out, const json& document) {
    const json& args = document.at("args");
    const json& cpus = document.at("host").at("cpus");
    fmt::format_to(
        std::back_inserter(out), "{} {}{}{}{}{}{}, wait {}, consume {}, cpus {} and {} ({})\n",
        args.at("kind").get<std::string>(), args.at("mode").get<std::string>() + cold_text(args),
        idle_text(args), args.at("bytes").get<bool>() ? ", bytes" : "",
        args.at("in_place").get<bool>() ? ", in place" : "",
        args.at("pop").is_null() ? "" : fmt::format(", pop {}", args.at("pop").get<std::string>()),
        args.at("batch") == 1 ? "" : fmt::format(", batches of {}", args.at("batch").get<int>()),
        words(args.at("wait")), args.at("consume").get<std::string>(), cpus[0].at("cpu").get<int>(),
        cpus[1].at("cpu").get<int>(), document.at("host").at("cpus_relation").get<std::string>());
}

void floor_rows(std::string& out, const json& size) {
    const json& floors = size.at("floor_ns");
    const auto row = [&](const char* key, const char* name, const std::string& than) {
        if (!floors.at(key).is_null()) {
            latency_row(out, name, {{"p50", floors.at(key)}}, than);
        }
    };
    row("two_line", "floor, two lines", ratio(size.at("paired"), "floor"));
    row("same_line", "floor, one line", "");
    row("best", "floor, best pause", "");
}

void latency_table(std::string& out, const json& size) {
    fmt::format_to(std::back_inserter(out), "{:<18}", "one way, ns");
    for (const char* title : {"min", "p50", "p90", "p99", "p99.9", "p99.99", "max"}) {
        fmt::format_to(std::back_inserter(out), " {:>7}", title);
    }
    out += "   shunt / this, p50\n";
    latency_row(out, "shunt", size.at("one_way_ns"), "");
    pace_rows(out, size);
    for (const auto& [name, row] : size.at("peers").items()) {
        latency_row(out, name, row.at("one_way_ns"), ratio(size.at("paired"), name));
        pace_rows(out, row);
    }
    floor_rows(out, size);
}

void rate_row(std::string& out, std::string_view name, const json& row, const std::string& than) {
    fmt::format_to(std::back_inserter(out), "{:<18} {:>12} {:>12} {:>9} {:>9}   {}\n", name,
                   rate(row.at("msgs_per_s")), rate(row.at("bytes_per_s")) + "B",
                   number(row.at("push_ns").at("p50")), number(row.at("push_ns").at("p99")), than);
}

void rate_table(std::string& out, const json& size) {
    fmt::format_to(std::back_inserter(out), "{:<18} {:>12} {:>12} {:>9} {:>9}   {}\n", "",
                   "messages/s", "bytes/s", "push p50", "p99, ns", "shunt / this, messages/s");
    rate_row(out, "shunt", size, "");
    for (const auto& [name, row] : size.at("peers").items()) {
        rate_row(out, name, row, ratio(size.at("paired"), name));
    }
    fmt::format_to(std::back_inserter(out), "{:<18} {} ns one way\n", "floor, two lines",
                   number(size.at("floor_ns").at("two_line")));
}

// The floor first, then the peers by name.
std::string intervals(const json& size) {
    std::vector<RatioRow> rows;
    for (const auto& [name, paired] : size.at("paired").items()) {
        const bool floor = name == "floor";
        rows.insert(floor ? rows.begin() : rows.end(), {floor ? "floor, two lines" : name, paired});
    }
    return interval_lines("shunt / this, 95 % of the median:", rows);
}

// One bar a step, steps joined until they fit; beyond p99.99 or 25 steps only the number.
void histogram(std::string& out, const json& row, std::size_t columns) {
    constexpr std::size_t kRows = 20;
    const json& bins = row.at("distribution");
    if (bins.empty()) {
        return;
    }
    std::uint64_t total = 0;
    std::uint64_t largest = 0;
    for (const json& bin : bins) {
        total += bin.at("count").get<std::uint64_t>();
    }
    struct Bar {
        double from;
        std::uint64_t count;
    };
    std::vector<Bar> bars;
    std::uint64_t below = 0;
    for (const json& bin : bins) {
        const auto count = bin.at("count").get<std::uint64_t>();
        const bool tail = bars.size() == kRows || below > total - total / 1000;
        if (tail && !bars.empty()) {
            bars.back().count += count;
        } else {
            bars.push_back({bin.at("from_ns").get<double>(), count});
        }
        below += count;
        largest = std::max(largest, bars.back().count);
    }
    fmt::format_to(std::back_inserter(out), "\nshunt, one way, ns ({} samples)\n", total);
    const std::size_t room = columns > 40 ? columns - 22 : 18;
    for (std::size_t i = 0; i < bars.size(); ++i) {
        const double share = static_cast<double>(bars[i].count) / static_cast<double>(total);
        const auto length = static_cast<std::size_t>(static_cast<double>(room) *
                                                     static_cast<double>(bars[i].count) /
                                                     static_cast<double>(largest));
        fmt::format_to(std::back_inserter(out), "{:>9}{} {:>7.3f} %{}{}\n", number(bars[i].from),
                       i + 1 == bars.size() ? "+" : " ", share * 100, length == 0 ? "" : " ",
                       std::string(length, '#'));
    }
}

void foot(std::string& out, const json& document) {
    const json& result = document.at("result");
    if (const auto it = result.find("knee"); it != result.end()) {
        fmt::format_to(std::back_inserter(out),
                       "the knee, where shunt just keeps its schedule: "
                       "{} messages/s\n",
                       rate(it->at("per_s")));
    }
    if (const auto it = result.find("lines_ratio"); it != result.end() && !it->is_null()) {
        fmt::format_to(std::back_inserter(out),
                       "lines per second, slowest size over best: {:.2f} ({:.2f} to {:.2f})\n",
                       it->at("median").get<double>(), it->at("low").get<double>(),
                       it->at("high").get<double>());
    }
    fmt::format_to(std::back_inserter(out), "{} repeats tried, {} not counted{}\n",
                   result.at("repeats").size(), result.at("discarded").get<unsigned>(),
                   result.contains("partial") ? "; interrupted" : "");
    for (const json& warning : document.at("warnings")) {
        fmt::format_to(std::back_inserter(out), "warning: {}\n",
                       warning.at("msg").get<std::string>());
    }
}

}  // namespace

std::string render(const json& document, std::size_t columns) {
    const json& result = document.at("result");
    const bool latency = document.at("args").at("mode") != "throughput";
    std::string out;
    head(out, document);
    if (result.contains("sweep")) {
        sweep_tables(out, document);
        out += '\n';
        foot(out, document);
        return out;
    }
    const json sizes = result.contains("points")  ? result.at("points")
                       : result.contains("sizes") ? result.at("sizes")
                                                  : json::array({result});
    for (const json& size : sizes) {
        fmt::format_to(std::back_inserter(out), "\n{} bytes{}{}, {} repeats count\n",
                       size.at("size").get<std::uint64_t>(), pages(size), pace_words(size),
                       size.at("counted").get<unsigned>());
        if (latency) {
            latency_table(out, size);
        } else {
            rate_table(out, size);
        }
        out += intervals(size);
    }
    if (latency && sizes.size() == 1) {
        histogram(out, sizes[0], columns);
    }
    out += '\n';
    foot(out, document);
    return out;
}

}  // namespace shunt::bench
