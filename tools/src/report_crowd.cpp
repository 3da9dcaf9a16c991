// SPDX-License-Identifier: MIT
#include "report_crowd.hpp"

#include "report_charts.hpp"
#include "report_html.hpp"
#include "report_input.hpp"

#include <shunt_perf/chart.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <utility>
#include <vector>

namespace shunt::tools {

namespace {

using perf::Bar;
using perf::Series;
using perf::svg::Element;
using Kind = perf::svg::Scale::Kind;
using Named = std::vector<std::pair<std::string, Part>>;

constexpr const char* kShunt = "shunt";

std::string share_text(double share) {
    return fmt::format("{:.4g} %", 100 * share);
}

// Of one row, or of one repeat of it.
std::optional<double> median_of(const Part& row, const char* key) {
    const auto spread = spread_of(row, key);
    return spread ? std::optional(spread->median) : std::nullopt;
}

// A bar of each that has the figure, rivals in a colour of their own; nothing of fewer than two.
void add_bars(Element& to, const std::string& title, const perf::Axis& axis, const Named& rows,
              const std::function<std::optional<double>(const Part&)>& figure_of) {
    const bool rivals = !rows.empty() && rows.front().first == kShunt;
    std::vector<Bar> bars;
    for (const auto& [name, row] : rows) {
        if (const auto value = figure_of(row)) {
            bars.push_back({name, *value, rivals && name != kShunt ? 1u : 0u, ""});
        }
    }
    if (bars.size() > 1) {
        to.add(figure(perf::bar_chart(title, axis, bars, {})));
    }
}

std::string count_of(const std::optional<double>& value, const std::string& thing) {
    return fmt::format("{} {}{}", whole_text(value), thing, value == 1 ? "" : "s");
}

// Figures of each repeat, by its number.
Element repeats_chart(const std::string& title, const perf::Axis& axis,
                      const std::vector<std::string>& names,
                      const std::vector<std::vector<std::optional<double>>>& figures) {
    std::vector<Series> all;
    for (std::size_t i = 0; i < std::min<std::size_t>(names.size(), perf::svg::kSeriesColours);
         ++i) {
        Series series;
        series.name = names[i];
        series.joined = false;
        for (std::size_t repeat = 0; repeat < figures[i].size(); ++repeat) {
            if (figures[i][repeat]) {
                series.points.push_back({static_cast<double>(repeat + 1), *figures[i][repeat]});
            }
        }
        all.push_back(std::move(series));
    }
    return perf::line_chart(title, number_axis("repeat", Kind::linear), axis, all);
}

Named contenders_of(const Part& result) {
    Named rows{{kShunt, result}};
    for (const auto& peer : result.members("peers")) {
        rows.push_back(peer);
    }
    return rows;
}

std::string fanin_head(const Part& document) {
    const auto args = document.find("args");
    if (!args) {
        return "Fan-in";
    }
    return fmt::format("{}: {}, {}, {} B", args->text("kind", "fan-in"),
                       count_of(args->number("producers"), "producer"),
                       count_of(args->number("consumers"), "consumer"),
                       whole_text(args->number("size")));
}

// What each producer got through, of all repeats together.
Element shares_table(const Part& result, const Named& rows) {
    HtmlTable table;
    std::size_t most = 0;
    std::vector<std::vector<double>> all(rows.size());
    for (const Part& repeat : result.items("repeats")) {
        const Named there = contenders_of(repeat);
        for (std::size_t i = 0; i < rows.size(); ++i) {
            const auto it = std::find_if(there.begin(), there.end(), [&](const auto& each) {
                return each.first == rows[i].first;
            });
            const auto messages =
                it == there.end() ? std::vector<Part>{} : it->second.items("messages");
            all[i].resize(std::max(all[i].size(), messages.size()));
            for (std::size_t p = 0; p < messages.size(); ++p) {
                all[i][p] += messages[p].number();
            }
            most = std::max(most, messages.size());
        }
    }
    std::vector<std::string> head{"share of"};
    for (std::size_t p = 0; p < most; ++p) {
        head.push_back(fmt::format("producer {}", p + 1));
    }
    table.head(head);
    for (std::size_t i = 0; i < rows.size(); ++i) {
        std::vector<std::string> cells{rows[i].first};
        double sum = 0;
        for (const double messages : all[i]) {
            sum += messages;
        }
        for (const double messages : all[i]) {
            cells.push_back(sum > 0 ? fmt::format("{:.1f} %", 100 * messages / sum) : "–");
        }
        table.row(cells);
    }
    return table.element();
}

Element fanin_table(const Part& result, const Named& rows) {
    HtmlTable table;
    table.head(std::vector<std::string>{"", "messages/s", "Jain, by rate", "Jain, by finish",
                                        "shunt over it"});
    const auto paired = result.find("paired");
    for (const auto& [name, row] : rows) {
        table.row(std::vector<std::string>{
            name, spread_text(spread_of(row, "msgs_per_s"), rate_text),
            spread_text(spread_of(row, "jain"), ratio_text),
            spread_text(spread_of(row, "jain_by_finish"), ratio_text),
            paired ? spread_text(spread_of(*paired, name), ratio_text) : "–"});
    }
    return table.element();
}

void add_fanin_repeats(Element& to, const Part& result, const Named& rows) {
    const auto repeats = result.items("repeats");
    if (repeats.size() < 2) {
        return;
    }
    std::vector<std::string> names;
    std::vector<std::vector<std::optional<double>>> figures;
    for (const auto& [name, row] : rows) {
        names.push_back(name);
        figures.emplace_back();
        for (const Part& repeat : repeats) {
            for (const auto& [other, one] : contenders_of(repeat)) {
                if (other == name) {
                    figures.back().push_back(one.number("msgs_per_s"));
                }
            }
        }
    }
    to.add(figure(
        repeats_chart("From repeat to repeat", rate_axis("messages a second"), names, figures)));
}

std::string row_name(const Part& row) {
    const std::uint64_t idle = row.at("idle_subscribers").count();
    return fmt::format("{}{}", idle == 0 ? "nobody idle" : fmt::format("{} idle", idle),
                       row.flag("stopped", false) ? ", one stopped" : "");
}

Named fanout_rows(const Part& result) {
    Named rows;
    for (const Part& row : result.at("rows").items()) {
        rows.emplace_back(row_name(row), row);
    }
    return rows;
}

// "-0.02 ns (95 % of the median: -0.04 to 0.04)".
std::string difference_text(const Part& paired) {
    const auto difference = paired.find("publish_p99_ns");
    const auto median = difference ? difference->number("median") : std::nullopt;
    if (!median) {
        return "–";
    }
    const auto bootstrap = difference->find("bootstrap");
    const auto low = bootstrap ? bootstrap->number("low") : std::nullopt;
    const auto high = bootstrap ? bootstrap->number("high") : std::nullopt;
    return low && high ? fmt::format("{:+.4g} ns ({:+.4g} to {:+.4g})", *median, *low, *high)
                       : fmt::format("{:+.4g} ns", *median);
}

Element fanout_table(const Named& rows) {
    HtmlTable table;
    table.head(std::vector<std::string>{"", "messages/s", "publish p50", "p90", "p99", "p99.9",
                                        "max", "received", "rate over the first",
                                        "p99 less the first's (95 % of the median)"});
    for (const auto& [name, row] : rows) {
        std::vector<std::string> cells{name, spread_text(spread_of(row, "msgs_per_s"), rate_text)};
        const auto publish = row.find("publish_ns");
        for (const char* const of : {"p50", "p90", "p99", "p999", "max"}) {
            cells.push_back(time_text(publish ? publish->number(of) : std::nullopt));
        }
        const auto paired = row.find("paired");
        cells.push_back(spread_text(spread_of(row, "received_share"), share_text));
        cells.push_back(paired ? spread_text(spread_of(*paired, "msgs_per_s"), ratio_text) : "–");
        cells.push_back(paired ? difference_text(*paired) : "–");
        table.row(cells);
    }
    return table.element();
}

// Of each row and reader, over all repeats.
void add_readers(Element& to, const Part& result, const Named& rows) {
    struct Reader {
        double received = 0;
        double lost = 0;
    };
    std::vector<std::vector<Reader>> all(rows.size());
    bool any = false;
    for (const Part& repeat : result.items("repeats")) {
        const auto there = repeat.items("rows");
        for (std::size_t i = 0; i < std::min(there.size(), rows.size()); ++i) {
            const auto readers = there[i].items("readers");
            all[i].resize(std::max(all[i].size(), readers.size()));
            for (std::size_t r = 0; r < readers.size(); ++r) {
                all[i][r].received += readers[r].at("received").number();
                all[i][r].lost += readers[r].at("lost").number();
                any = true;
            }
        }
    }
    if (!any) {
        return;
    }
    HtmlTable table;
    table.head(std::vector<std::string>{"", "received", "told that it lost", "share received"});
    for (std::size_t i = 0; i < rows.size(); ++i) {
        for (std::size_t r = 0; r < all[i].size(); ++r) {
            const auto [received, lost] = all[i][r];
            table.row(std::vector<std::string>{
                fmt::format("{}: reader {}", rows[i].first, r + 1), whole_text(received),
                whole_text(lost),
                received + lost > 0 ? share_text(received / (received + lost)) : "–"});
        }
    }
    to.add(wordy("h4", "What each reader got"));
    to.add(table.element());
}

void add_latest(Element& to, const Part& result) {
    const Part read = result.at("read_ns");
    const Named rows{{"alone", read}, {"while it is written", read}};
    constexpr const char* kKeys[] = {"alone", "written"};
    HtmlTable table;
    table.head(std::vector<std::string>{"a load, its payload read", "median", "lowest", "highest"});
    std::vector<Bar> bars;
    for (std::size_t i = 0; i < rows.size(); ++i) {
        const auto ns = spread_of(read, kKeys[i]);
        table.row(std::vector<std::string>{rows[i].first,
                                           time_text(ns ? std::optional(ns->median) : std::nullopt),
                                           time_text(ns ? std::optional(ns->low) : std::nullopt),
                                           time_text(ns ? std::optional(ns->high) : std::nullopt)});
        if (ns) {
            bars.push_back({rows[i].first, ns->median, 0, ""});
        }
    }
    to.add(table.element());
    to.add(figure(perf::bar_chart("A load of the latest value", time_axis("median"), bars, {})));
    to.add(wordy("p", fmt::format("The writer stored at {}; it lapped a reader in {} loads.",
                                  spread_text(spread_of(result, "writes_per_s"), rate_text),
                                  whole_text(result.number("lapped")))));
}

}  // namespace

void add_fanin_section(Element& to, const Part& document) {
    const Part result = document.at("result");
    const Named rows = contenders_of(result);
    to.add(wordy("h3", fanin_head(document)));
    to.add(fanin_table(result, rows));
    add_bars(to, "All producers together", rate_axis("messages a second"), rows,
             [](const Part& row) { return median_of(row, "msgs_per_s"); });
    to.add(wordy("p",
                 "Jain's index of the producers' shares is 1 where all got through equally, and "
                 "1/N where one of N had everything."));
    add_bars(to, "Fairness", {"Jain's index, by rate", Kind::linear, perf::svg::number, {}}, rows,
             [](const Part& row) { return median_of(row, "jain"); });
    to.add(shares_table(result, rows));
    add_fanin_repeats(to, result, rows);
}

void add_fanout_section(Element& to, const Part& document) {
    const Part result = document.at("result");
    const auto args = document.find("args");
    const std::string kind = args ? args->text("kind", "broadcast") : "broadcast";
    const std::string policy = args ? args->text("policy", "") : "";
    to.add(wordy("h3",
                 fmt::format("{}: {}{}, {} B", kind,
                             count_of(args ? args->number("subscribers") : std::nullopt, "reader"),
                             policy.empty() ? "" : ", " + policy,
                             whole_text(args ? args->number("size") : std::nullopt))));
    if (result.find("read_ns")) {
        add_latest(to, result);
        return;
    }
    const Named rows = fanout_rows(result);
    to.add(fanout_table(rows));
    add_bars(to, "The publisher", rate_axis("messages a second"), rows,
             [](const Part& row) { return median_of(row, "msgs_per_s"); });
    add_bars(to, "A publish", time_axis("99th percentile"), rows, [](const Part& row) {
        const auto publish = row.find("publish_ns");
        return publish ? publish->number("p99") : std::nullopt;
    });
    add_readers(to, result, rows);
}

void add_slow_section(Element& to, const Part& document) {
    const Part result = document.at("result");
    const auto args = document.find("args");
    to.add(wordy("h3", fmt::format("A receiver that works for {} a message, {} B",
                                   time_text(args ? args->number("work_ns") : std::nullopt),
                                   whole_text(args ? args->number("size") : std::nullopt))));
    // Medians alone: with lowest and highest the table is wider than a page.
    const auto cell = [](const Part& row, const char* key, auto&& text) {
        const auto median = median_of(row, key);
        return median ? text(*median) : "–";
    };
    Named rows;
    HtmlTable table;
    table.head(std::vector<std::string>{"", "received/s", "of what it could", "accepted/s",
                                        "send p50", "p99", "p99.9", "max", "was full", "dropped",
                                        "delivered", "when full, it"});
    for (const Part& row : result.at("rows").items()) {
        rows.emplace_back(row.text("name", "?"), row);
        std::vector<std::string> cells{rows.back().first, cell(row, "received_per_s", rate_text),
                                       cell(row, "of_bound", share_text),
                                       cell(row, "sent_per_s", rate_text)};
        const auto send = row.find("send_ns");
        for (const char* const of : {"p50", "p99", "p999", "max"}) {
            cells.push_back(time_text(send ? send->number(of) : std::nullopt));
        }
        for (const char* const of : {"found_full", "dropped_share", "delivered_share"}) {
            cells.push_back(cell(row, of, share_text));
        }
        cells.push_back(row.text("when_full", "–"));
        table.row(cells);
    }
    to.add(table.element());
    add_bars(to, "A send, from its first attempt on", time_axis("99.9th percentile"), rows,
             [](const Part& row) {
                 const auto send = row.find("send_ns");
                 return send ? send->number("p999") : std::nullopt;
             });
    add_bars(to, "What the receiver got", rate_axis("messages a second"), rows,
             [](const Part& row) { return median_of(row, "received_per_s"); });
}

}  // namespace shunt::tools
