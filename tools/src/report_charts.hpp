// SPDX-License-Identifier: MIT
//
// The charts of a document of measurements; each says in its title what it shows.
#pragma once

#include "report_input.hpp"

#include <shunt_perf/svg.hpp>

#include <span>
#include <string>
#include <vector>

namespace shunt::tools {

using Rows = std::vector<const MeasuredRow*>;

/// The fastest first, those without a figure last.
[[nodiscard]] Rows by_speed(std::span<const MeasuredRow> rows);
/// As many of the fastest as there are colours, shunt among them.
[[nodiscard]] Rows shown_as_lines(const Rows& by_speed);

/// Latency over the share of messages that were as fast: 50 %, 90 %, 99 %, ...
[[nodiscard]] perf::svg::Element percentile_chart(const std::string& title, const Rows& rows);
/// The share of messages that took longer than so long.
[[nodiscard]] perf::svg::Element slower_than_chart(const std::string& title, const Rows& rows);
/// p50, or messages a second, of each row.
[[nodiscard]] perf::svg::Element row_chart(const std::string& title, const Rows& by_speed);
/// The same over the size of messages, one way; of rows named so.
[[nodiscard]] perf::svg::Element size_chart(const std::string& title, const Measured& measured,
                                            std::span<const std::string> names);
/// The same of each repeat, and which did not count.
[[nodiscard]] perf::svg::Element repeat_chart(const std::string& title, const Measured& measured,
                                              std::span<const std::string> names);

}  // namespace shunt::tools
