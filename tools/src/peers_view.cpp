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

std::string ns_text(const json& ns) {
    return ns.is_number() ? fmt::format("{:.0f}", ns.get<double>()) : "-";
}

// How many times as long as shunt.
std::string times_text(const json& ratio) {
    if (!ratio.is_object() || ratio["median"].get<double>() <= 0) {
        return "-";
    }
    return fmt::format("{:.1f}", 1 / ratio["median"].get<double>());
}

double p50_of(const Row& row) {
    const json& p50 = row.figures["one_way_ns"]["p50"];
    return p50.is_number() ? p50.get<double>() : 1e18;
}

// A table of its own: rows that are compared with one of shunt's.
struct Group {
    const char* head;
    const char* base;  // of shunt; empty: the document's own row
    const char* what;  // of that row
    const char* paired;
    bool (*has)(const json& about);
};

bool busy(const json& about) {
    return about["waits"] == "busy";
}
bool in_threads(const json& about) {
    return about["between"] == "threads";
}

constexpr Group kGroups[] = {
    {"polls", "", "a ring that is polled", "paired",
     [](const json& about) { return busy(about) && !in_threads(about); }},
    {"polls, in threads", "shunt-threads", "that ring between two threads of one process",
     "paired_threads", in_threads},
    {"blocks", "shunt-park", "a ring; who finds it empty polls for a while, then sleeps",
     "paired_park", [](const json& about) { return !busy(about); }},
};

std::string table_of(const json& size, const Group& group) {
    std::vector<Row> rows;
    for (const auto& [key, figures] : size["peers"].items()) {
        if (figures.contains("about") && group.has(figures["about"])) {
            rows.push_back({key, figures, size[group.paired][key], figures["about"]["what"]});
        }
    }
    const std::string base = group.base;
    if (rows.empty()) {
        return {};
    }
    rows.insert(rows.begin(), {base.empty() ? "shunt" : base,
                               base.empty() ? size : size["peers"][base], nullptr, group.what});
    std::stable_sort(rows.begin(), rows.end(),
                     [](const Row& a, const Row& b) { return p50_of(a) < p50_of(b); });
    Table table({group.head, ">p50 ns", ">p99 ns", ">x shunt", ">copies", "what"});
    for (const Row& row : rows) {
        const json& one_way = row.figures["one_way_ns"];
        table.add({row.key, ns_text(one_way["p50"]), ns_text(one_way["p99"]), times_text(row.ratio),
                   row.figures.contains("about")
                       ? std::to_string(row.figures["about"]["copies"].get<int>())
                       : "2",
                   row.what});
    }
    return table.text("  ") + "\n";
}

std::string size_text(const json& size) {
    std::string text =
        fmt::format("{} bytes one way; floor {} ns; {} repeats count\n\n", size["size"].get<int>(),
                    ns_text(size["floor_ns"]["two_line"]), size["counted"].get<int>());
    for (const Group& group : kGroups) {
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
