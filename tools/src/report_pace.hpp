// SPDX-License-Identifier: MIT
//
// What a report says of the workloads that wait between messages, beside their latencies: how late
// a sender was and whether it kept its rate, what the call that wakes cost, what the first messages
// took.
#pragma once

#include "document_part.hpp"

#include <shunt_perf/svg.hpp>

#include <span>
#include <string>

namespace shunt::tools {

/// Latency over the rate that was asked for, or the gap, of some points. Nothing of fewer than two.
/// Throws Damaged.
void add_over_pace(perf::svg::Element& to, std::span<const Part> points);

/// Of one size or point: nothing where it has nothing of that kind. Throws Damaged.
void add_pace(perf::svg::Element& to, const std::string& title, const Part& size);

}  // namespace shunt::tools
