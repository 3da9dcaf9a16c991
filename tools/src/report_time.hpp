// SPDX-License-Identifier: MIT
//
// How figures went from repeat to repeat, over the time of the run: what shows whether a machine
// was the same all along. Repeats that do not count are rings, and say why.
#pragma once

#include "report_input.hpp"

#include <shunt_perf/svg.hpp>

#include <span>
#include <string>

namespace shunt::tools {

/// A picture of shunt's p50, p99 and longest of each repeat, with the floor's, and one of all rows
/// in `names`; where rates were measured, of those. Nothing where there is but one repeat.
void add_over_time(perf::svg::Element& to, const std::string& title, const MeasuredSize& size,
                   std::span<const std::string> names);

}  // namespace shunt::tools
