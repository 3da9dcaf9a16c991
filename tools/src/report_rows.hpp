// SPDX-License-Identifier: MIT
//
// The section of a report that is of rows of contenders, size by size.
#pragma once

#include "report_input.hpp"

#include <shunt_perf/svg.hpp>

namespace shunt::tools {

/// Of those that has_rows() says. Throws Damaged.
void add_rows_section(perf::svg::Element& to, const Measured& measured);

}  // namespace shunt::tools
