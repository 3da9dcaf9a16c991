// SPDX-License-Identifier: MIT
#include "bench/lib/src/report.hpp"

#include "bench/lib/src/paired.hpp"
#include "bench/lib/src/report_view.hpp"
#include "bench/lib/src/words.hpp"

#include <shunt/core/layout/ring.hpp>
#include <shunt_perf/statistics.hpp>

#include <algorithm>
#include <cmath>
#include <string>

namespace shunt::bench {

namespace {

using nlohmann::json;

json row_json(const View& view, std::size_t row) {
    const Plan& plan = view.plan();
    const std::size_t task = view.size().rows[row];
    const perf::Histogram all = view.merged(task);
    json out;
    if (plan.mode != Mode::throughput) {
        const bool calls = plan.rows[row]->calls;
        const Scale scale = calls ? Scale{plan.clock, 1} : view.scale();
        out[calls ? "round_trip_ns" : "one_way_ns"] = percentiles_json(all, scale);
        out["distribution"] = distribution(all, scale);
        out["hdr"] = hdr_text(all, scale);
        add_pace_figures(out, view, task);
    } else {
        std::vector<double> rates;
        view.each([&](const Repeat& repeat) { rates.push_back(repeat[task].messages_per_s); });
        const auto rate = perf::spread(rates);
        const auto bytes = static_cast<double>(view.size().size);
        out["msgs_per_s"] = rate ? json(std::round(rate->median)) : json(nullptr);
        out["msgs_per_s_low"] = rate ? json(std::round(rate->low)) : json(nullptr);
        out["msgs_per_s_high"] = rate ? json(std::round(rate->high)) : json(nullptr);
        out["bytes_per_s"] = rate ? json(std::round(rate->median * bytes)) : json(nullptr);
        const auto push = [&](double q) {
            const auto ticks = all.percentile(q, static_cast<double>(plan.clock.step_ticks()));
            return ticks ? rounded(plan.clock.to_ns(*ticks)) : json(nullptr);
        };
        out["push_ns"] = {{"p50", push(0.5)}, {"p99", push(0.99)}, {"samples", all.count()}};
    }
    add_warm_up(out, view, task);
    view.each([&](const Repeat& repeat) {
        out["page_bytes"] = repeat[task].page_bytes;
        out["node"] = repeat[task].node;
        out["capacity"] = repeat[task].capacity;
    });
    return out;
}

json floors_json(const View& view) {
    const SizePlan& size = view.size();
    const Scale scale = view.floor_scale();
    const std::size_t brackets[] = {size.floor_before, size.floor_after};
    const perf::Histogram two_line = view.merged(brackets);
    json out{{"two_line", or_null(percentile_ns(two_line, scale, 0.5))},
             {"one_way_ns", percentiles_json(two_line, scale)},
             {"same_line", nullptr},
             {"best", nullptr},
             {"by_pauses", nullptr}};
    if (!size.same_line.empty()) {
        out["same_line"] = or_null(percentile_ns(view.merged(size.same_line), scale, 0.5));
    }
    std::optional<double> best;
    for (const auto& [pauses, task] : size.by_pause) {
        const auto p50 = percentile_ns(view.merged(task), scale, 0.5);
        out["by_pauses"][std::to_string(pauses)] = or_null(p50);
        if (p50 && (!best || *p50 < *best)) {
            best = p50;
        }
    }
    out["best"] = or_null(best);
    return out;
}

json paired_json(const View& view) {
    const Plan& plan = view.plan();
    const std::size_t ours = view.size().rows[0];
    json out = json::object();
    if (plan.mode != Mode::throughput) {
        std::vector<perf::Pair> pairs;
        view.each([&](const Repeat& repeat) {
            pairs.push_back({view.figure(repeat, ours), view.bracket(repeat).middle()});
        });
        out["floor"] = ratio_json(pairs);
    }
    for (std::size_t row = 1; row < plan.rows.size(); ++row) {
        std::vector<perf::Pair> pairs;
        view.each([&](const Repeat& repeat) {
            pairs.push_back(
                {view.figure(repeat, ours), view.figure(repeat, view.size().rows[row])});
        });
        out[std::string(plan.rows[row]->name)] = ratio_json(pairs);
    }
    return out;
}

json size_json(const View& view, std::size_t tried) {
    const Plan& plan = view.plan();
    json out = row_json(view, 0);
    out["size"] = view.size().size;
    add_pace_point(out, view);
    add_sweep_value(out, view);
    out["floor_ns"] = floors_json(view);
    out["paired"] = paired_json(view);
    out["peers"] = json::object();
    for (std::size_t row = 1; row < plan.rows.size(); ++row) {
        out["peers"][std::string(plan.rows[row]->name)] = row_json(view, row);
    }
    out["counted"] = view.counted();
    out["discarded"] = tried - view.counted();
    return out;
}

// Its slow ones, in the same share of a round trip as its p50.
void add_tail(json& raw, const View& view, const Outcome& outcome) {
    if (view.plan().mode == Mode::throughput) {
        return;
    }
    const double p99 = view.of_repeat(outcome, 0.99, &Outcome::histogram);
    raw["p99_ns"] = p99 > 0 ? rounded(p99) : json(nullptr);
    const bool none = outcome.missed() || outcome.histogram.bins.empty();
    raw["max_ns"] =
        none ? json(nullptr) : rounded(view.scale().ns(static_cast<double>(outcome.histogram.max)));
}

// One size of one repeat, counted or not.
json raw_json(const View& view, const Repeat& repeat, Verdict verdict) {
    const Plan& plan = view.plan();
    const Bracket bracket = view.bracket(repeat);
    json rows = json::object();
    for (std::size_t row = 0; row < plan.rows.size(); ++row) {
        const std::size_t task = view.size().rows[row];
        const double figure = view.figure(repeat, task);
        json& raw = rows[std::string(plan.rows[row]->name)];
        raw[plan.mode == Mode::throughput ? "msgs_per_s" : "p50_ns"] =
            figure > 0 ? rounded(figure) : json(nullptr);
        raw["samples"] = repeat[task].samples;
        add_tail(raw, view, repeat[task]);
        raw["preempted"] = {repeat[task].taken[0].preempted, repeat[task].taken[1].preempted};
        add_pace_raw(raw, repeat[task]);
        add_warm_up_raw(raw, repeat[task]);
    }
    json raw{{"size", view.size().size},
             {"floor_before_ns", rounded(bracket.before)},
             {"floor_after_ns", rounded(bracket.after)},
             {"rows", std::move(rows)},
             {"counted", verdict == Verdict::counted},
             {"why_not", verdict == Verdict::counted ? json(nullptr) : json(to_string(verdict))}};
    add_sweep_value(raw, view);
    return raw;
}

// Slowest over best of the sizes that pack into lines, in lines a second, per repeat that counts
// for all of them: below 1 by how much a size falls behind.
json lines_ratio(const std::vector<View>& views, const std::vector<Repeat>& repeats) {
    std::vector<const View*> small;
    for (const View& view : views) {
        if (view.size().size <= layout::kLinePayloadBytes) {
            small.push_back(&view);
        }
    }
    std::vector<double> ratios;
    for (std::size_t i = 0; small.size() >= 2 && i < repeats.size(); ++i) {
        if (!std::all_of(small.begin(), small.end(), [&](auto* view) { return view->counts(i); })) {
            continue;
        }
        std::vector<double> lines;
        for (const View* const view : small) {
            const auto per_line =
                static_cast<double>(layout::kLinePayloadBytes / view->size().size);
            lines.push_back(view->figure(repeats[i], view->size().rows[0]) / per_line);
        }
        const auto [slowest, best] = std::minmax_element(lines.begin(), lines.end());
        ratios.push_back(*best > 0 ? *slowest / *best : 0);
    }
    return with_interval(ratios);
}

}  // namespace

Verdicts judge_all(const Plan& plan, const std::vector<Repeat>& repeats) {
    Verdicts verdicts;
    for (const SizePlan& size : plan.sizes) {
        std::vector<Bracket> brackets;
        for (const Repeat& repeat : repeats) {
            brackets.push_back({repeat[size.floor_before].p50_ns.value_or(0),
                                repeat[size.floor_after].p50_ns.value_or(0)});
        }
        verdicts.push_back(judge(brackets));
    }
    return verdicts;
}

unsigned counted_everywhere(const Verdicts& verdicts) {
    unsigned least = ~0u;
    for (const auto& size : verdicts) {
        const auto counted = std::count(size.begin(), size.end(), Verdict::counted);
        least = std::min(least, static_cast<unsigned>(counted));
    }
    return least;
}

json result_of(const Plan& plan, const std::vector<Repeat>& repeats, bool interrupted) {
    const Verdicts verdicts = judge_all(plan, repeats);
    std::vector<View> views;
    for (std::size_t i = 0; i < plan.sizes.size(); ++i) {
        views.emplace_back(plan, plan.sizes[i], verdicts[i], repeats);
    }
    json result;
    const char* const several = plan.mode == Mode::openloop || plan.mode == Mode::paced ? "points"
                                : plan.swept != Swept::nothing                          ? "sweep"
                                                                                        : "sizes";
    if (views.size() == 1 && plan.mode != Mode::openloop && plan.mode != Mode::paced) {
        result = size_json(views[0], repeats.size());
    } else {
        for (const View& view : views) {
            result[several].push_back(size_json(view, repeats.size()));
            add_over_first(result[several].back(), view, views[view.size().first], repeats);
        }
    }
    if (plan.mode == Mode::throughput && plan.swept == Swept::nothing) {
        result["lines_ratio"] = lines_ratio(views, repeats);
    }
    result["repeats"] = json::array();
    unsigned discarded = 0;
    for (std::size_t i = 0; i < repeats.size(); ++i) {
        json sizes = json::array();
        bool all = true;
        for (std::size_t s = 0; s < views.size(); ++s) {
            sizes.push_back(raw_json(views[s], repeats[i], verdicts[s][i]));
            all = all && views[s].counts(i);
        }
        discarded += all ? 0 : 1;
        result["repeats"].push_back({{"counted", all}, {several, std::move(sizes)}});
    }
    if (plan.walk_bytes != 0) {
        result["walk_bytes"] = plan.walk_bytes;
    }
    result["discarded"] = discarded;
    result["unsettled"] = counted_everywhere(verdicts) < plan.wanted;
    if (interrupted) {
        result["partial"] = true;
    }
    return result;
}

// There are two ways to pop, as --pop says.
bool pops(const Config& config) {
    return (config.kind == Kind::mpmc || config.kind == Kind::mpsc) && !config.in_place;
}

json args_of(const Config& config, Mode mode) {
    constexpr const char* kConsume[] = {"latency", "throughput"};
    const auto consume = config.consume.value_or(usual_consume(mode));
    json args{{"mode", to_string(mode)},
              {"kind", to_string(config.kind)},
              {"idle_lanes", config.idle_lanes},
              {"idle_subscribers", config.idle_subscribers},
              {"sizes", config.sizes},
              {"cpus", config.cpus},
              {"wait", to_word(config.wait, config.loop)},
              {"pages", to_word(config.pages)},
              {"consume", kConsume[static_cast<std::uint32_t>(consume)]},
              {"blocks", config.blocks},
              {"bytes", config.bytes},
              {"batch", config.batch},
              {"in_place", config.in_place},
              {"pop", !pops(config)                    ? json(nullptr)
                      : config.pop == shunt::pop::copy ? json("copy")
                                                       : json("in-place")},
              {"fields", config.fields == 0 ? json(nullptr) : json(config.fields)},
              {"capacity", config.capacity == 0 ? json(nullptr) : json(config.capacity)},
              {"repeats", config.repeats},
              {"floor", config.floor},
              {"peers", config.peers},
              {"slice_ms", config.slice.count()}};
    if (mode == Mode::pingpong) {
        args["cold"] = config.cold == Cold::no ? json(nullptr) : json(to_word(config.cold));
    }
    add_pace_args(args, config, mode);
    add_sweep_args(args, config);
    return args;
}

}  // namespace shunt::bench
