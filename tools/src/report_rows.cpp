// SPDX-License-Identifier: MIT
#include "report_rows.hpp"

#include "report_charts.hpp"
#include "report_html.hpp"
#include "report_pace.hpp"
#include "report_time.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace shunt::tools {

namespace {

using nlohmann::json;
using perf::svg::Element;

Element table_of(const Rows& rows) {
    HtmlTable table;
    const bool rates = !rows.empty() && rows.front()->rate.has_value();
    table.head(
        rates ? std::vector<std::string>{"", "messages/s", "lowest", "highest", "shunt over it"}
              : std::vector<std::string>{"", "min", "p50", "p90", "p99", "p99.9", "p99.99", "max",
                                         "samples", "shunt over it"});
    for (const MeasuredRow* const row : rows) {
        std::vector<std::string> cells{row->name};
        if (rates) {
            cells.push_back(whole_text(row->rate));
            cells.push_back(whole_text(row->lowest_rate));
            cells.push_back(whole_text(row->highest_rate));
        } else {
            for (const char* const of : {"min", "p50", "p90", "p99", "p999", "p9999", "max"}) {
                cells.push_back(time_text(row->percentile(of)));
            }
            cells.push_back(whole_text(row->percentile("samples")));
        }
        cells.push_back(row->ratio ? fmt::format("{:.3g}", *row->ratio) : "–");
        table.row(cells);
    }
    return table.element();
}

// What each row is, where the document says so.
std::optional<Element> about_of(const Rows& rows) {
    constexpr std::array kFields{"what",  "between",        "waits",    "copies",  "capacity",
                                 "order", "helper_threads", "settings", "version", "command"};
    HtmlTable table{"words broad"};
    table.head(std::vector<std::string>{"", "what", "between", "waits", "copies", "capacity",
                                        "order and loss", "helper threads", "settings", "version",
                                        "command"});
    bool any = false;
    for (const MeasuredRow* const row : rows) {
        if (!row->about.is_object()) {
            continue;
        }
        any = true;
        std::vector<std::string> cells{row->name};
        if (row->oversubscribed) {
            cells.front() += " (oversubscribed: more threads than cpus)";
        }
        for (const char* const field : kFields) {
            const auto it = row->about.find(field);
            cells.push_back(it == row->about.end() ? "" : text_of(*it));
        }
        table.row(cells);
    }
    return any ? std::optional(table.element()) : std::nullopt;
}

std::string head_of(const MeasuredSize& size) {
    return size.setting.empty() ? fmt::format("{} B", size.size)
                                : fmt::format("{} B, {}", size.size, size.setting);
}

// One way and there and back are not to be compared.
void add_group(Element& to, const std::string& head, const Rows& rows) {
    if (rows.empty()) {
        return;
    }
    to.add(table_of(rows));
    if (std::any_of(rows.begin(), rows.end(), [](const auto* row) { return row->blocks; })) {
        to.add(wordy("p", "Who sleeps until a message comes is compared with shunt that does."));
    }
    const bool figures = std::any_of(rows.begin(), rows.end(), [](const MeasuredRow* row) {
        return row->rate || row->percentile("p50");
    });
    if (rows.size() > 1 && figures) {
        to.add(figure(row_chart(head, rows)));
    }
    const Rows lines = shown_as_lines(rows);
    const Curves curves = curves_of(lines);
    if (!curves.lines.empty()) {
        if (lines.size() < rows.size()) {
            to.add(wordy("p", fmt::format("The lines are of the {} fastest.", lines.size())));
        }
        to.add(figure(percentile_chart(head, curves)));
        to.add(figure(more_than_chart(head, curves)));
    }
}

// Of those that are lines in a chart, one way.
std::vector<std::string> names_of(const MeasuredSize& size) {
    Rows one_way = by_speed(size.rows);
    std::erase_if(one_way, [](const MeasuredRow* row) { return row->round_trip; });
    std::vector<std::string> names;
    for (const MeasuredRow* const row : shown_as_lines(one_way)) {
        names.push_back(row->name);
    }
    return names;
}

void add_size(Element& to, const MeasuredSize& size) {
    const std::string head = head_of(size);
    to.add(wordy("h3", head));
    Rows processes;
    Rows threads;
    Rows calls;
    for (const MeasuredRow* const row : by_speed(size.rows)) {
        (row->round_trip ? calls : row->in_threads ? threads : processes).push_back(row);
    }
    add_group(to, head, processes);
    if (!threads.empty()) {
        to.add(wordy("h4", "Between two threads of one process"));
        add_group(to, head + ", threads", threads);
    }
    if (!calls.empty()) {
        to.add(wordy("h4", "Request and reply: there and back"));
        add_group(to, head + ", there and back", calls);
    }
    if (const auto about = about_of(by_speed(size.rows))) {
        to.add(folded("What each row is", *about));
    }
}

}  // namespace

void add_rows_section(Element& to, const Measured& measured) {
    const Part result = Part{measured.document}.at("result");
    const std::vector<Part> parts = sizes_of(result);
    if (result.find("points")) {
        add_over_pace(to, parts);
    } else if (measured.sizes.size() > 1 && measured.sizes.front().setting.empty()) {
        to.add(figure(size_chart("By size", measured, names_of(measured.sizes.front()))));
    }
    for (std::size_t i = 0; i < measured.sizes.size(); ++i) {
        const MeasuredSize& size = measured.sizes[i];
        add_size(to, size);
        add_pace(to, head_of(size), parts[i]);
        add_over_time(to, head_of(size), size, names_of(size));
    }
    if (const auto absent = result.find("absent"); absent && !absent->members().empty()) {
        to.add(wordy("h3", "Absent"));
        to.add(facts_of(absent->value()));
    }
}

}  // namespace shunt::tools
