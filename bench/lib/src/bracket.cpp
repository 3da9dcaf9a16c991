// SPDX-License-Identifier: MIT
#include <shunt_bench/bracket.hpp>
#include <shunt_perf/statistics.hpp>

#include <algorithm>
#include <cmath>

namespace shunt::bench {

std::vector<Verdict> judge(std::span<const Bracket> brackets) {
    std::vector<Verdict> verdicts;
    std::vector<double> floors;
    for (const Bracket& bracket : brackets) {
        const auto [low, high] = std::minmax(bracket.before, bracket.after);
        if (!(low > 0)) {
            verdicts.push_back(Verdict::no_floor);
        } else if (high > low * (1 + kBracketTolerance)) {
            verdicts.push_back(Verdict::floors_differ);
        } else {
            verdicts.push_back(Verdict::counted);
            floors.push_back(bracket.middle());
        }
    }
    const double usual = perf::median(floors).value_or(0);
    for (std::size_t i = 0; i < brackets.size(); ++i) {
        const double off = std::abs(brackets[i].middle() - usual);
        if (verdicts[i] == Verdict::counted && off > usual * kBracketTolerance) {
            verdicts[i] = Verdict::off_median;
        }
    }
    return verdicts;
}

std::string_view to_string(Verdict verdict) noexcept {
    switch (verdict) {
        case Verdict::counted:
            return "";
        case Verdict::no_floor:
            return "the floor could not be measured";
        case Verdict::floors_differ:
            return "the floors before and after differ by more than 20 %";
        case Verdict::off_median:
            return "the floor is more than 20 % off the run's median";
    }
    return "";
}

}  // namespace shunt::bench
