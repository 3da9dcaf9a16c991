// SPDX-License-Identifier: MIT
//
// Which repeats count. Each is measured between two floors; where the machine changed meanwhile, or
// was not the machine of the other repeats, the repeat is shown and not counted.
#pragma once

#include <span>
#include <string_view>
#include <vector>

namespace shunt::bench {

inline constexpr double kBracketTolerance = 0.20;

/// The floors before and after one repeat, in ns; not above zero: could not be measured.
struct Bracket {
    double before;
    double after;
    [[nodiscard]] double middle() const noexcept { return (before + after) / 2; }
};

enum class Verdict {
    counted,
    no_floor,       // one of the floors is missing
    floors_differ,  // the larger is more than 20 % above the smaller
    off_median,     // more than 20 % off the median floor of the run
};

/// One verdict for each. The median is that of all repeats whose own floors agree, so that a
/// verdict may change as a run goes on.
[[nodiscard]] std::vector<Verdict> judge(std::span<const Bracket> brackets);

/// Why, in words; empty for `counted`.
[[nodiscard]] std::string_view to_string(Verdict verdict) noexcept;

}  // namespace shunt::bench
