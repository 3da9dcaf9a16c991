// SPDX-License-Identifier: MIT
//
// The sections of a report that are of several processes on one side, fan-in and fan-out, and of a
// receiver that is too slow.
#pragma once

#include "document_part.hpp"

#include <shunt_perf/svg.hpp>

namespace shunt::tools {

/// Rates, and how evenly the producers got through. Throws Damaged.
void add_fanin_section(perf::svg::Element& to, const Part& document);

/// What publishing cost and what each reader received; of a latest value what a read cost. Throws
/// Damaged.
void add_fanout_section(perf::svg::Element& to, const Part& document);

/// What a sender met whose receiver was slow, by kind and policy. Throws Damaged.
void add_slow_section(perf::svg::Element& to, const Part& document);

}  // namespace shunt::tools
