// SPDX-License-Identifier: MIT
#include "peers_view.hpp"
#include "table.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace shunt::tools {

namespace {

using nlohmann::json;

struct Row {
    std::string key;
    json figures;
    json ratio;  // of shunt, waiting as this one does, over this one
    std::string what;
};

std::string number_text(const json& number) {
    return number.is_number() ? fmt::format("{:.0f}", number.get<double>()) : "-";
}

// How many times as long as shunt; of rates, what part of shunt's.
std::string times_text(const json& ratio) {
    if (!ratio.is_object() || ratio["median"].get<double>() <= 0) {
        return "-";
    }
    const double times = 1 / ratio["median"].get<double>();
    return fmt::format("{:.{}f}", times, times < 1 ? 3 : 1);
}

// A table of its own: rows that are compared with one or two of shunt's.
struct Group {
    const char* key;
    const char* head;
    const char* unit;
    const char* paired;
    std::vector<std::pair<const char*, const char*>> ours;  // keys of shunt's rows, and what
};

const std::vector<Group>& groups() {
    static const std::vector<Group> all{
        {"polls", "polls", "one_way_ns", "paired", {{"shunt", "a ring that is polled"}}},
        {"threads",
         "polls, in threads",
         "one_way_ns",
         "paired_threads",
         {{"shunt-threads", "that ring between two threads of one process"}}},
        {"blocks",
         "blocks",
         "one_way_ns",
         "paired_park",
         {{"shunt-park", "a ring; who finds it empty polls for a while, then sleeps"}}},
        {"request_reply",
         "request and reply",
         "round_trip_ns",
         "paired_park",
         {{"shunt-park", "a ring each way; who finds it empty polls for a while, then sleeps"},
          {"shunt", "a ring each way, polled"}}}};
    return all;
}

const json& row_of(const json& size, const std::string& key) {
    return key == "shunt" ? size : size["peers"][key];
}

std::vector<Row> rows_of(const json& size, const Group& group) {
    std::vector<Row> rows;
    for (const auto& [key, figures] : size["peers"].items()) {
        if (!figures.contains("about") || figures["about"]["group"] != group.key) {
            continue;
        }
        const json& about = figures["about"];
        const bool crowded = about["oversubscribed"].get<bool>();
        const json& ratio = size[group.paired][key];
        const bool equal = ratio.is_object() && ratio.value("no_difference", json()) == true;
        rows.push_back({key, figures, ratio,
                        about["what"].get<std::string>() + (crowded ? " (oversubscribed)" : "") +
                            (equal ? " (no difference)" : "")});
    }
    if (!rows.empty()) {
        for (const auto& [key, what] : group.ours) {
            rows.insert(rows.begin(), {key, row_of(size, key), nullptr, what});
        }
    }
    const auto cost_of = [&](const Row& row) {
        const bool rate = row.figures.contains("msgs_per_s");
        const json& figure = rate ? row.figures["msgs_per_s"] : row.figures[group.unit]["p50"];
        return figure.is_number() ? figure.get<double>() * (rate ? -1 : 1) : 1e18;
    };
    std::stable_sort(rows.begin(), rows.end(),
                     [&](const Row& a, const Row& b) { return cost_of(a) < cost_of(b); });
    return rows;
}

std::string table_of(const json& size, const Group& group) {
    const std::vector<Row> rows = rows_of(size, group);
    if (rows.empty()) {
        return {};
    }
    const bool rate = size.contains("msgs_per_s");
    Table table({group.head, rate ? ">msgs/s" : ">p50 ns", rate ? ">lowest" : ">p99 ns", ">x shunt",
                 ">copies", "what"});
    for (const Row& row : rows) {
        const json& of = row.figures;
        table.add({row.key, number_text(rate ? of["msgs_per_s"] : of[group.unit]["p50"]),
                   number_text(rate ? of["msgs_per_s_low"] : of[group.unit]["p99"]),
                   times_text(row.ratio),
                   of.contains("about") ? std::to_string(of["about"]["copies"].get<int>()) : "2",
                   row.what});
    }
    return table.text("  ") + "\n";
}

std::string size_text(const json& size) {
    std::string text =
        fmt::format("{} bytes; floor {} ns; {} repeats count\n\n", size["size"].get<int>(),
                    number_text(size["floor_ns"]["two_line"]), size["counted"].get<int>());
    for (const Group& group : groups()) {
        text += table_of(size, group);
    }
    return text;
}

}  // namespace

std::string absent_text(const json& absent) {
    std::string text;
    for (const auto& [key, why] : absent.items()) {
        text += fmt::format("absent: {}: {}\n", key, why.get<std::string>());
    }
    return text;
}

std::string peers_text(const json& document) {
    const json& result = document["result"];
    std::string text;
    if (result.contains("sizes")) {
        for (const json& size : result["sizes"]) {
            text += size_text(size);
        }
    } else {
        text = size_text(result);
    }
    text += absent_text(result["absent"]);
    for (const json& warning : document["warnings"]) {
        text += fmt::format("warning: {}\n", warning["msg"].get<std::string>());
    }
    return text;
}

}  // namespace shunt::tools
