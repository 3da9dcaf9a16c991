// SPDX-License-Identifier: MIT
//
// The charts of a document of measurements; each says in its title what it shows.
#pragma once

#include "report_input.hpp"

#include <shunt_perf/chart.hpp>
#include <shunt_perf/svg.hpp>

#include <span>
#include <string>
#include <utility>
#include <vector>

namespace shunt::tools {

/// Logarithmic ones; the name says what is on them.
[[nodiscard]] perf::Axis time_axis(const std::string& name);
[[nodiscard]] perf::Axis rate_axis(const std::string& name);

/// Of whole numbers from 1 on; what lies between two has no name.
[[nodiscard]] perf::Axis number_axis(const std::string& name, perf::svg::Scale::Kind kind);

using Rows = std::vector<const MeasuredRow*>;

/// The fastest first, those without a figure last.
[[nodiscard]] Rows by_speed(std::span<const MeasuredRow> rows);
/// As many of the fastest as there are colours, shunt among them.
[[nodiscard]] Rows shown_as_lines(const Rows& by_speed);

/// Histograms of the same things, each by its name.
struct Curves {
    std::string things = "messages";
    std::string figure = "latency";
    std::vector<std::pair<std::string, const perf::Histogram*>> lines;  // which live as long
};
/// Those of rows that have one, with anything in it.
[[nodiscard]] Curves curves_of(const Rows& rows);
/// The figure over the share of things that had no more of it: 50 %, 90 %, 99 %, ...
[[nodiscard]] perf::svg::Element percentile_chart(const std::string& title, const Curves& curves);
/// The share of things that had more than so much.
[[nodiscard]] perf::svg::Element more_than_chart(const std::string& title, const Curves& curves);
/// p50, or messages a second, of each row.
[[nodiscard]] perf::svg::Element row_chart(const std::string& title, const Rows& by_speed);
/// The same over the size of messages, one way; of rows named so.
[[nodiscard]] perf::svg::Element size_chart(const std::string& title, const Measured& measured,
                                            std::span<const std::string> names);

}  // namespace shunt::tools
