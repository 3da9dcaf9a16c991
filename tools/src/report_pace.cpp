// SPDX-License-Identifier: MIT
#include "report_pace.hpp"

#include "report_charts.hpp"
#include "report_html.hpp"
#include "report_input.hpp"

#include <shunt_perf/chart.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

namespace shunt::tools {

namespace {

using perf::Series;
using perf::svg::Element;
using Kind = perf::svg::Scale::Kind;
using Named = std::vector<std::pair<std::string, Part>>;

// Shunt's row, then the others.
Named rows_of(const Part& size) {
    Named rows{{"shunt", size}};
    for (const auto& peer : size.members("peers")) {
        rows.push_back(peer);
    }
    return rows;
}

std::optional<double> percentile_of(const Part& row, const char* of, const char* name) {
    const auto percentiles = row.find(of);
    return percentiles ? percentiles->number(name) : std::nullopt;
}

// Percentiles that stand beside those of the latency.
void add_beside(Element& to, const Named& rows) {
    constexpr std::pair<const char*, const char*> kBeside[] = {
        {"send_ns", "the call that sends"},
        {"late_ns", "sender late by"},
        {"last_of_burst_ns", "last of a burst"}};
    HtmlTable table;
    table.head(std::vector<std::string>{"", "min", "p50", "p90", "p99", "p99.9", "max", "samples"});
    bool any = false;
    for (const auto& [key, words] : kBeside) {
        for (const auto& [name, row] : rows) {
            if (percentile_of(row, key, "samples").value_or(0) == 0) {
                continue;
            }
            any = true;
            std::vector<std::string> cells{fmt::format("{}: {}", name, words)};
            for (const char* const of : {"min", "p50", "p90", "p99", "p999", "max"}) {
                cells.push_back(time_text(percentile_of(row, key, of)));
            }
            cells.push_back(whole_text(percentile_of(row, key, "samples")));
            table.row(cells);
        }
    }
    if (any) {
        to.add(table.element());
    }
}

void add_missed(Element& to, const Part& size, const Named& rows) {
    for (const auto& [name, row] : rows) {
        const std::uint64_t missed = row.count("missed_repeats").value_or(0);
        if (missed == 0) {
            continue;
        }
        to.add(wordy("p", fmt::format("{} missed its rate in {} of {} repeats, which are in no "
                                      "figure; it achieved {}.{}",
                                      name, missed, size.count("counted").value_or(missed),
                                      rate_text(row.number("achieved_per_s")),
                                      row.flag("missed", false)
                                          ? " That is most of them, so it has no figures here."
                                          : "")));
    }
}

std::optional<double> first_of(const Part& trip) {
    return trip.value().is_null() ? std::nullopt : trip.number("p50");
}

Element first_chart(const std::string& title, const Named& rows) {
    std::vector<Series> all;
    std::size_t most = 1;
    for (const auto& [name, row] : rows) {
        Series series;
        series.name = name;
        for (const Part& trip : row.items("first_ns")) {
            series.points.push_back({static_cast<double>(series.points.size() + 1),
                                     first_of(trip).value_or(0)});  // nothing is left out
        }
        most = std::max(most, series.points.size());
        all.push_back(std::move(series));
    }
    if (const auto steady = percentile_of(rows.front().second, "one_way_ns", "p50")) {
        Series series;
        series.name = fmt::format("{}, steady: p50 of those after", rows.front().first);
        series.points = {{1, *steady}, {static_cast<double>(most), *steady}};
        all.push_back(std::move(series));
    }
    return perf::line_chart(title,
                            number_axis("message after the channel was opened", Kind::logarithmic),
                            time_axis("half a round trip, median"), all);
}

void add_first_trips(Element& to, const std::string& title, const Part& size, const Named& rows) {
    if (!size.find("first_ns")) {
        return;
    }
    to.add(wordy("h4", "The first messages"));
    to.add(figure(first_chart(title + ", the first messages", rows)));
    constexpr std::size_t kShown[] = {1, 2, 4, 8, 16, 32};
    HtmlTable table;
    std::vector<std::string> head{""};
    for (const std::size_t number : kShown) {
        head.push_back(fmt::format("{}.", number));
    }
    head.insert(head.end(),
                {"steady p50", "1st over steady", "minor faults, at most", "pairs without"});
    table.head(head);
    for (const auto& [name, row] : rows) {
        std::vector<std::string> cells{name};
        const auto trips = row.items("first_ns");
        for (const std::size_t number : kShown) {
            cells.push_back(
                time_text(number <= trips.size() ? first_of(trips[number - 1]) : std::nullopt));
        }
        const auto faults = row.find("minor_faults");
        cells.push_back(time_text(percentile_of(row, "one_way_ns", "p50")));
        cells.push_back(spread_text(spread_of(row, "first_over_steady"), ratio_text));
        cells.push_back(faults ? fmt::format("{} and {}", faults->at("first_side").count(),
                                             faults->at("second_side").count())
                               : "–");
        cells.push_back(fmt::format("{} of {}", whole_text(row.number("without_faults")),
                                    whole_text(size.number("counted"))));
        table.row(cells);
    }
    to.add(table.element());
}

}  // namespace

void add_over_pace(Element& to, std::span<const Part> points) {
    constexpr std::size_t kShown = perf::svg::kSeriesColours / 2;
    if (points.size() < 2) {
        return;
    }
    const bool gaps = points.front().number("gap_ns").has_value();
    const char* const key = gaps ? "gap_ns" : "asked_per_s";
    std::vector<Series> all;
    const Named first = rows_of(points.front());
    for (std::size_t i = 0; i < std::min(first.size(), kShown); ++i) {
        for (const char* const of : {"p50", "p99"}) {
            Series series;
            series.name = fmt::format("{}, {}", first[i].first, of);
            for (const Part& point : points) {
                for (const auto& [name, row] : rows_of(point)) {
                    const auto x = point.number(key);
                    const auto y = percentile_of(row, "one_way_ns", of);
                    if (x && y && name == first[i].first) {
                        series.points.push_back({*x, *y});
                    }
                }
            }
            std::stable_sort(series.points.begin(), series.points.end(),
                             [](const auto& a, const auto& b) { return a.x < b.x; });
            all.push_back(std::move(series));
        }
    }
    const std::string title = gaps ? "By the gap between messages" : "By the rate of messages";
    to.add(figure(perf::line_chart(title,
                                   gaps ? time_axis("from one message to the next")
                                        : rate_axis("messages a second, asked for"),
                                   time_axis("latency"), all)));
}

void add_pace(Element& to, const std::string& title, const Part& size) {
    const Named rows = rows_of(size);
    add_missed(to, size, rows);
    add_beside(to, rows);
    add_first_trips(to, title, size, rows);
}

}  // namespace shunt::tools
