// SPDX-License-Identifier: MIT
//
// The strip chart of a document of `shunt jitter`: what the command draws, and what a report does.
#pragma once

#include "document_part.hpp"

#include <shunt_perf/strip_chart.hpp>

#include <cstddef>
#include <optional>
#include <string>

namespace shunt::tools {

/// How cpus were watched, in words.
struct JitterHead {
    bool sleep;  // else spun
    std::size_t cpus;
    double watched_ns;  // the longest of them
    double threshold_ns;
    double interval_ns;  // of sleepers

    [[nodiscard]] std::string text() const;
};
[[nodiscard]] JitterHead jitter_head(const Part& result);

/// The longest gap of all.
struct JitterWorst {
    double ns = 0;  // 0: there was none
    std::uint64_t cpu = 0;
    std::optional<double> at_ns;  // from the start, as far as it is known

    /// "18.2 us on cpu 3, 1.25 s from the start", "none".
    [[nodiscard]] std::string text() const;
};
[[nodiscard]] JitterWorst jitter_worst(const Part& result);

/// Of `.result` of such a document. Throws Damaged.
[[nodiscard]] perf::StripChart jitter_chart(const Part& result);

}  // namespace shunt::tools
