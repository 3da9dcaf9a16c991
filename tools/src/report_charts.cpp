// SPDX-License-Identifier: MIT
#include "report_charts.hpp"

#include "report_html.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace shunt::tools {

namespace {

using perf::Axis;
using perf::Point;
using perf::Series;
using perf::svg::Element;
using Kind = perf::svg::Scale::Kind;

std::string size_text(double bytes) {
    return bytes >= 1024 && std::fmod(bytes, 1024) == 0 ? fmt::format("{:g} KiB", bytes / 1024)
                                                        : fmt::format("{:g} B", bytes);
}

// 2 is the median, 10 the 90th percentile.
std::string percentile_text(double one_in) {
    const double share = 100 * (1 - 1 / one_in);
    return share <= 0 ? "0" : fmt::format("{:.6g} %", share);
}
std::string share_text(double share) {
    return fmt::format("{:.3g} %", 100 * share);
}

std::optional<double> figure_of(const MeasuredRow& row) {
    return row.rate ? row.rate : row.percentile("p50");
}

Series series_of(const std::string& name) {
    Series series;
    series.name = name;
    return series;
}

// Calls visit(value, share of samples above it) for each bin, ascending, as long as ten are above.
template <class Visit>
void each_tail(const perf::Histogram& histogram, Visit&& visit) {
    const auto all = static_cast<double>(histogram.count());
    std::uint64_t below = 0;
    const auto counts = histogram.counts();
    for (std::size_t i = 0; i < counts.size(); ++i) {
        if (counts[i] == 0) {
            continue;
        }
        below += counts[i];
        const double above = all - static_cast<double>(below);
        if (above < 10) {
            return;
        }
        const auto value = static_cast<double>(perf::Histogram::lowest_of(i)) +
                           static_cast<double>(perf::Histogram::width_of(i)) / 2;
        visit(value, above / all);
    }
}

// A chart of 720 units shows no more than so many points of a line.
constexpr double kStepsADecade = 40;

}  // namespace

Axis time_axis(const std::string& name) {
    return {name, Kind::logarithmic, perf::svg::duration_text};
}
Axis rate_axis(const std::string& name) {
    return {name, Kind::logarithmic, [](double per_s) { return rate_text(per_s); }};
}

Axis number_axis(const std::string& name, Kind kind) {
    return {name, kind, [](double value) {
                return value == std::floor(value) ? perf::svg::number(value) : std::string{};
            }};
}

Rows by_speed(std::span<const MeasuredRow> rows) {
    Rows sorted;
    for (const MeasuredRow& row : rows) {
        sorted.push_back(&row);
    }
    // Of latencies the least comes first, of rates the greatest.
    const auto rank = [](const MeasuredRow* row) {
        const auto rate = row->rate;
        const auto p50 = row->percentile("p50");
        return rate ? -*rate : p50 ? *p50 : std::numeric_limits<double>::infinity();
    };
    std::stable_sort(sorted.begin(), sorted.end(),
                     [&](const auto* a, const auto* b) { return rank(a) < rank(b); });
    return sorted;
}

Rows shown_as_lines(const Rows& by_speed) {
    Rows shown;
    for (const MeasuredRow* const row : by_speed) {
        if (row->name == "shunt") {
            shown.insert(shown.begin(), row);
        } else if (shown.size() < perf::svg::kSeriesColours && figure_of(*row)) {
            shown.push_back(row);
        }
    }
    shown.resize(std::min<std::size_t>(shown.size(), perf::svg::kSeriesColours));
    return shown;
}

Curves curves_of(const Rows& rows) {
    Curves curves;
    for (const MeasuredRow* const row : rows) {
        if (row->histogram && row->histogram->count() != 0) {
            curves.lines.emplace_back(row->name, &*row->histogram);
        }
    }
    return curves;
}

Element percentile_chart(const std::string& title, const Curves& curves) {
    std::vector<Series> all;
    for (const auto& [name, histogram] : curves.lines) {
        Series series = series_of(name);
        double next = 0;
        each_tail(*histogram, [&](double value, double above) {
            const double one_in = 1 / above;
            if (std::log10(one_in) >= next) {
                series.points.push_back({one_in, value});
                next = std::log10(one_in) + 1 / kStepsADecade;
            }
        });
        all.push_back(std::move(series));
    }
    return perf::line_chart(
        title,
        {fmt::format("of {} were no longer", curves.things), Kind::logarithmic, percentile_text},
        time_axis(curves.figure + " by percentile"), all);
}

Element more_than_chart(const std::string& title, const Curves& curves) {
    std::vector<Series> all;
    for (const auto& [name, histogram] : curves.lines) {
        Series series = series_of(name);
        double next = -1;
        each_tail(*histogram, [&](double value, double above) {
            if (std::log10(value) >= next) {
                series.points.push_back({value, above});
                next = std::log10(value) + 1 / kStepsADecade / 4;
            }
        });
        all.push_back(std::move(series));
    }
    return perf::line_chart(
        title, time_axis(curves.figure),
        {fmt::format("share of {} that took longer", curves.things), Kind::logarithmic, share_text},
        all);
}

Element row_chart(const std::string& title, const Rows& by_speed) {
    const bool rates = !by_speed.empty() && by_speed.front()->rate.has_value();
    std::vector<perf::Bar> bars;
    bool others = false;
    bool blocks = false;
    bool told = false;  // what each of them is
    for (const MeasuredRow* const row : by_speed) {
        const auto value = figure_of(*row);
        if (!value) {
            continue;
        }
        const bool ours = row->name.starts_with("shunt");
        others = others || !ours;
        blocks = blocks || (!ours && row->blocks);
        told = told || row->about.is_object();
        bars.push_back({row->name, *value,
                        ours          ? 0u
                        : row->blocks ? 2u
                                      : 1u,
                        row->ratio ? "shunt over it " + ratio_text(*row->ratio) : ""});
    }
    std::vector<std::string> groups;
    if (others) {
        groups = {"shunt", told ? "others that poll" : "others"};
    }
    if (blocks) {
        groups.emplace_back("others that block");
    }
    return perf::bar_chart(
        title, rates ? rate_axis("messages a second") : time_axis("latency, median"), bars, groups);
}

Element size_chart(const std::string& title, const Measured& measured,
                   std::span<const std::string> names) {
    std::vector<Series> all;
    for (const std::string& name : names) {
        Series series = series_of(name);
        for (const MeasuredSize& size : measured.sizes) {
            for (const MeasuredRow& row : size.rows) {
                const auto value = figure_of(row);
                if (row.name == name && value && !row.round_trip) {
                    series.points.push_back({static_cast<double>(size.size), *value});
                }
            }
        }
        std::stable_sort(series.points.begin(), series.points.end(),
                         [](const Point& a, const Point& b) { return a.x < b.x; });
        all.push_back(std::move(series));
    }
    return perf::line_chart(
        title, {"size of a message", Kind::logarithmic, size_text},
        measured.latencies() ? time_axis("latency, median") : rate_axis("messages a second"), all);
}

}  // namespace shunt::tools
