// SPDX-License-Identifier: MIT
//
// The knee: the highest rate at which an open loop still keeps its schedule. Found before the run,
// so that loads can be given as parts of it.
#pragma once

#include "bench/lib/src/plan.hpp"

#include <nlohmann/json.hpp>

#include <optional>
#include <vector>

namespace shunt::bench {

struct Probe {
    double per_second;
    bool kept;
};

struct Knee {
    double per_second = 0;
    std::vector<Probe> probes;  // in the order that they were made
    bool interrupted = false;
};

/// Asks `kept(rate)` for ever higher rates, then between the last two until they lie within 3 %.
/// The knee is the highest that was kept; 0: not even the first was.
template <class Kept>
[[nodiscard]] Knee search_knee(double from_per_s, double to_per_s, Kept&& kept);

/// In an openloop without rates and bursts: finds the knee of the first row and puts the rates that
/// `config.loads` (50, 80 and 95 % if there are none) make of it into `config.rates`. Else nothing.
/// Throws Failure.
[[nodiscard]] std::optional<Knee> find_loads(Config& config, Mode mode,
                                             const std::vector<const Contender*>& rows);

/// {per_s, probes: [{per_s, kept}]}.
[[nodiscard]] nlohmann::json to_json(const Knee& knee);

template <class Kept>
Knee search_knee(double from_per_s, double to_per_s, Kept&& kept) {
    constexpr double kClose = 1.03;
    Knee knee;
    double too_much = 0;
    const auto probe = [&](double per_second) {
        const bool well = kept(per_second);
        knee.probes.push_back({per_second, well});
        (well ? knee.per_second : too_much) = per_second;
        return well;
    };
    double next = from_per_s;
    while (next <= to_per_s && probe(next)) {
        next *= 2;
    }
    while (knee.per_second > 0 && too_much > knee.per_second * kClose) {
        (void)probe((knee.per_second + too_much) / 2);
    }
    return knee;
}

}  // namespace shunt::bench
