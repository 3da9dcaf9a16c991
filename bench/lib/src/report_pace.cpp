// SPDX-License-Identifier: MIT
//
// What a report of openloop, paced, wake and coldstart has beside that of a ping-pong.
#include "bench/lib/src/paired.hpp"
#include "bench/lib/src/report_view.hpp"
#include "bench/lib/src/stage.hpp"

#include <cmath>
#include <limits>
#include <string>

namespace shunt::bench {

namespace {

using nlohmann::json;

json whole(const std::optional<perf::Spread>& all) {
    return all ? json(std::round(all->median)) : json(nullptr);
}

json spread_ns(const std::vector<double>& values) {
    const auto all = perf::spread(values);
    return all ? json{{"p50", rounded(all->median)},
                      {"low", rounded(all->low)},
                      {"high", rounded(all->high)}}
               : json(nullptr);
}

// What left on time says how fast it was; a row that mostly did not says nothing but that.
void add_schedule(json& row, const View& view, std::size_t task) {
    unsigned missed = 0;
    std::vector<double> achieved;
    view.each([&](const Repeat& repeat) {
        missed += repeat[task].missed() ? 1u : 0u;
        achieved.push_back(repeat[task].achieved_per_s);
    });
    row["achieved_per_s"] = whole(perf::spread(achieved));
    row["missed_repeats"] = missed;
    row["missed"] = 2 * missed > achieved.size();
    if (row["missed"] == true) {
        row["one_way_ns"] = percentiles_json({}, view.scale());
        row["distribution"] = json::array();
        row["hdr"] = hdr_text({}, view.scale());
    }
    row["late_ns"] = percentiles_json(view.merged(task, &Outcome::sender), view.scale());
    if (view.size().pace.burst > 1) {
        row["last_of_burst_ns"] = percentiles_json(view.merged(task, &Outcome::last), view.scale());
    }
}

void add_clock(json& row, const View& view, std::size_t task) {
    const Outcome* worst = nullptr;
    view.each([&](const Repeat& repeat) {
        const Outcome& here = repeat[task];
        if (worst == nullptr || std::abs(here.clock_offset_ns) > std::abs(worst->clock_offset_ns)) {
            worst = &here;
        }
    });
    row["clock_offset_ns"] = worst != nullptr ? rounded(worst->clock_offset_ns) : json(nullptr);
    row["clock_bound_ns"] = worst != nullptr ? rounded(worst->clock_bound_ns) : json(nullptr);
}

void add_first_trips(json& row, const View& view, std::size_t task) {
    json first = json::array();
    for (std::size_t i = 0; i < kFirstTrips; ++i) {
        std::vector<double> ns;
        view.each([&](const Repeat& repeat) { ns.push_back(repeat[task].first_ns[i]); });
        first.push_back(spread_ns(ns));
    }
    std::vector<perf::Pair> ratios;
    std::uint64_t faults[2] = {};
    std::uint64_t clean = 0;
    std::uint64_t trips = std::numeric_limits<std::uint64_t>::max();
    view.each([&](const Repeat& repeat) {
        const Outcome& here = repeat[task];
        ratios.push_back({here.first_ns[0], here.p50_ns.value_or(0)});
        for (std::size_t side = 0; side < 2; ++side) {
            faults[side] = std::max(faults[side], here.minor_faults[side]);
        }
        trips = std::min(trips, here.messages);
        clean += here.minor_faults == std::array<std::uint64_t, 2>{} ? 1u : 0u;
    });
    row["first_ns"] = std::move(first);
    row["first_over_steady"] = ratio_json(ratios);
    row["minor_faults"] = {{"first_side", faults[0]}, {"second_side", faults[1]}};
    row["without_faults"] = clean;
    row["round_trips"] = view.counted() != 0 ? json(trips) : json(nullptr);
}

}  // namespace

void add_pace_figures(json& row, const View& view, std::size_t task) {
    const Mode mode = view.plan().mode;
    if (mode == Mode::openloop || mode == Mode::paced) {
        add_schedule(row, view, task);
    } else if (mode == Mode::wake) {
        row["send_ns"] = percentiles_json(view.merged(task, &Outcome::sender), view.scale());
    } else if (mode == Mode::coldstart) {
        add_first_trips(row, view, task);
    }
    if (one_way(mode)) {
        add_clock(row, view, task);
    }
}

void add_pace_point(json& point, const View& view) {
    const SizePlan& size = view.size();
    if (view.plan().mode == Mode::paced) {
        point["gap_ns"] = rounded(size.gap_ns);
    }
    if (size.pace.per_second > 0) {
        point["asked_per_s"] = std::round(size.pace.per_second);
    }
    if (!one_way(view.plan().mode)) {
        return;
    }
    const auto at = [&](double q, perf::SparseHistogram Outcome::*which) {
        return view.paired(
            [&, q, which](const Outcome& outcome) { return view.of_repeat(outcome, q, which); });
    };
    point["paired_p99"] = at(0.99, &Outcome::histogram);
    if (size.pace.burst > 1) {
        point["paired_last"] = at(0.5, &Outcome::last);
        point["paired_last_p99"] = at(0.99, &Outcome::last);
    }
}

void add_pace_raw(json& raw, const Outcome& outcome) {
    if (outcome.scheduled_per_s > 0) {
        raw["achieved_per_s"] = std::round(outcome.achieved_per_s);
        raw["missed"] = outcome.missed();
    }
    if (!outcome.first_ns.empty()) {
        raw["first_ns"] = rounded(outcome.first_ns[0]);
        raw["minor_faults"] = outcome.minor_faults;
    }
}

void add_pace_args(json& args, const Config& config, Mode mode) {
    constexpr const char* kArrivals[] = {"constant", "poisson", "burst"};
    const bool bursts = config.arrivals == Arrivals::burst;
    if (mode == Mode::openloop) {
        args["arrivals"] = kArrivals[static_cast<std::uint32_t>(config.arrivals)];
        args["rates"] = bursts ? json::array() : json(config.rates);
        args["loads"] = bursts ? json::array() : json(config.loads);
        args["burst"] = bursts ? json(config.burst) : json(nullptr);
        args["every_ns"] = bursts ? json(config.every.count()) : json(nullptr);
        args["seed"] = config.seed;
    } else if (mode == Mode::paced) {
        args["gaps_ns"] = config.gaps_ns;
    } else if (mode == Mode::coldstart) {
        args["after"] = config.after;
    }
}

}  // namespace shunt::bench
