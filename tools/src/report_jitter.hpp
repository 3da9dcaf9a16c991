// SPDX-License-Identifier: MIT
//
// The section of a report that is of a document of `shunt jitter`.
#pragma once

#include "document_part.hpp"

#include <shunt_perf/svg.hpp>

namespace shunt::tools {

/// Throws Damaged.
void add_jitter_section(perf::svg::Element& to, const Part& document);

}  // namespace shunt::tools
