// SPDX-License-Identifier: MIT
//
// What a report says of warm-ups: whether they settled.
#include "bench/lib/src/report_view.hpp"

#include <fmt/format.h>

namespace shunt::bench {

namespace {

using nlohmann::json;

// Repeats that count in which it did not settle.
unsigned unsettled(const View& view, std::size_t task) {
    unsigned all = 0;
    view.each([&](const Repeat& repeat) {
        all += repeat[task].warm_up_ms > 0 && !repeat[task].settled ? 1u : 0u;
    });
    return all;
}

}  // namespace

void add_warm_up(json& row, const View& view, std::size_t task) {
    const Mode mode = view.plan().mode;
    const bool cold = view.plan().walk_bytes != 0;
    if ((mode == Mode::pingpong && !cold) || mode == Mode::throughput) {
        row["warm_up_unsettled"] = unsettled(view, task);
    }
}

void add_warm_up_raw(json& raw, const Outcome& outcome) {
    if (outcome.warm_up_ms > 0) {
        raw["warm_up_ms"] = rounded(outcome.warm_up_ms);
        raw["settled"] = outcome.settled;
    }
}

std::vector<perf::Warning> warm_up_warnings(const View& view) {
    const Plan& plan = view.plan();
    const SizePlan& size = view.size();
    std::vector<perf::Warning> warnings;
    for (std::size_t row = 0; row < plan.rows.size(); ++row) {
        const unsigned restless = unsettled(view, size.rows[row]);
        if (2 * restless > view.counted()) {
            warnings.push_back(
                {"warm_up",
                 fmt::format("{} bytes{}: in {} of {} repeats {} was still changing, "
                             "by more than "
                             "2 % from one window to the next, when its warm-up "
                             "ended after half "
                             "a slice",
                             size.size, sweep_words(plan.swept, plan.tasks[size.rows[0]]), restless,
                             view.counted(), plan.rows[row]->name)});
        }
    }
    return warnings;
}

}  // namespace shunt::bench
