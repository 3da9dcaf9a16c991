// SPDX-License-Identifier: MIT
#include "report_time.hpp"

#include "report_charts.hpp"
#include "report_html.hpp"

#include <shunt_perf/chart.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <map>
#include <vector>

namespace shunt::tools {

namespace {

using perf::Point;
using perf::Series;
using perf::svg::Element;
using Kind = perf::svg::Scale::Kind;
using Figure = std::function<std::optional<double>(const Repeat&)>;

// Documents of before have no time of their repeats, which then stand by their number.
class Times {
public:
    explicit Times(std::span<const Repeat> repeats)
        : known_{std::all_of(repeats.begin(), repeats.end(),
                             [](const Repeat& repeat) { return bool{repeat.at_ns}; })} {}

    [[nodiscard]] double of(std::span<const Repeat> repeats, std::size_t i) const {
        return known_ ? *repeats[i].at_ns : static_cast<double>(i + 1);
    }
    [[nodiscard]] perf::Axis axis() const {
        const auto text = [](double ns) {
            return ns > 0 ? perf::svg::duration_text(ns) : std::string("0");
        };
        return known_ ? perf::Axis{"from the beginning to the end of each repeat", Kind::linear,
                                   text, 0}
                      : number_axis("repeat", Kind::linear);
    }

private:
    bool known_;
};

Series series_of(const std::string& name, std::span<const Repeat> repeats, bool joined,
                 const Figure& figure_of) {
    const Times times{repeats};
    Series series;
    series.name = name;
    series.joined = joined;
    for (std::size_t i = 0; i < repeats.size(); ++i) {
        if (const auto figure = figure_of(repeats[i])) {
            const bool hollow = !repeats[i].counted;
            series.points.push_back({times.of(repeats, i), *figure, hollow,
                                     hollow ? "does not count: " + repeats[i].why_not : ""});
        }
    }
    return series;
}

// Nothing where the row was not in that repeat.
Figure of_row(const std::string& name, std::optional<double> RepeatRow::*which) {
    return [name, which](const Repeat& repeat) {
        const auto it = repeat.rows.find(name);
        return it == repeat.rows.end() ? std::nullopt : it->second.*which;
    };
}

// Those in which anything is to be seen.
void drop_empty(std::vector<Series>& all) {
    std::erase_if(all, [](const Series& series) { return series.points.empty(); });
}

// Nothing where that row has no figure of any repeat.
void add_tail_chart(Element& to, const std::string& title, const std::string& row,
                    std::span<const Repeat> repeats) {
    std::vector<Series> all{
        series_of("p50", repeats, true, of_row(row, &RepeatRow::figure)),
        series_of("p99", repeats, true, of_row(row, &RepeatRow::p99)),
        series_of("the longest", repeats, true, of_row(row, &RepeatRow::longest)),
        series_of("the floor's p50", repeats, false,
                  [](const Repeat& repeat) { return repeat.floor; })};
    if (all.front().points.empty()) {
        return;
    }
    drop_empty(all);
    to.add(figure(
        perf::line_chart(title, Times{repeats}.axis(), time_axis("latency of each repeat"), all)));
}

void add_rows_chart(Element& to, const std::string& title, bool rates,
                    std::span<const Repeat> repeats, std::span<const std::string> names) {
    std::vector<Series> all;
    for (const std::string& name : names) {
        all.push_back(series_of(name, repeats, false, of_row(name, &RepeatRow::figure)));
    }
    drop_empty(all);
    if (all.empty()) {
        return;
    }
    to.add(figure(perf::line_chart(
        title, Times{repeats}.axis(),
        rates ? rate_axis("messages a second") : time_axis("latency, median"), all)));
}

// "13 of 15 repeats count. 2 do not: the floor is ...".
std::string counted_text(std::span<const Repeat> repeats) {
    std::map<std::string, unsigned> reasons;
    std::size_t counted = repeats.size();
    for (const Repeat& repeat : repeats) {
        if (!repeat.counted) {
            ++reasons[repeat.why_not];
            --counted;
        }
    }
    std::string text =
        fmt::format("{} of {} repeats count: the machine was the same before and after them.",
                    counted, repeats.size());
    for (const auto& [reason, times] : reasons) {
        text += fmt::format(" {} {} not: {}.", times, times == 1 ? "does" : "do", reason);
    }
    return text;
}

}  // namespace

void add_over_time(Element& to, const std::string& title, const MeasuredSize& size,
                   std::span<const std::string> names) {
    const std::span<const Repeat> repeats{size.repeats};
    if (repeats.size() < 2 || size.rows.empty()) {
        return;
    }
    const bool rates = size.rows.front().rate.has_value();
    to.add(wordy("h4", "From repeat to repeat"));
    to.add(wordy("p", counted_text(repeats)));
    if (!rates) {
        add_tail_chart(to, title + ", shunt over time", "shunt", repeats);
    }
    if (rates || names.size() > 1) {
        add_rows_chart(to, title + " over time", rates, repeats, names);
    }
    Element others{"div"};
    for (const std::string& name : names) {
        if (!rates && name != "shunt") {
            add_tail_chart(others, title + ", " + name + " over time", name, repeats);
        }
    }
    if (!rates && names.size() > 1) {
        to.add(folded("The others over time", others));
    }
}

}  // namespace shunt::tools
