// SPDX-License-Identifier: MIT
#include "bench/lib/src/report.hpp"

#include "bench/lib/src/contenders/floor.hpp"

#include <shunt/core/layout/ring.hpp>
#include <shunt_perf/hdr.hpp>
#include <shunt_perf/statistics.hpp>

#include <algorithm>
#include <cmath>
#include <string>

namespace shunt::bench {

namespace {

using nlohmann::json;

json rounded(double value) {
    return std::round(value * 100) / 100;
}

json or_null(const std::optional<double>& value) {
    return value ? rounded(*value) : json(nullptr);
}

json or_null(const std::optional<perf::Spread>& all) {
    if (!all) {
        return nullptr;
    }
    const auto fine = [](double ratio) { return std::round(ratio * 10'000) / 10'000; };
    return {{"median", fine(all->median)},
            {"low", fine(all->low)},
            {"high", fine(all->high)},
            {"n", all->n}};
}

// Repeats as one size sees them: its own verdicts, its own tasks.
class View {
public:
    View(const Plan& plan, const SizePlan& size, const std::vector<Verdict>& verdicts,
         const std::vector<Repeat>& repeats)
        : plan_{plan}, size_{size}, verdicts_{verdicts}, repeats_{repeats} {}

    [[nodiscard]] const SizePlan& size() const { return size_; }
    [[nodiscard]] unsigned counted() const {
        return static_cast<unsigned>(
            std::count(verdicts_.begin(), verdicts_.end(), Verdict::counted));
    }
    [[nodiscard]] bool counts(std::size_t repeat) const {
        return verdicts_[repeat] == Verdict::counted;
    }

    // Calls `use(repeat)` for those that count.
    template <class Use>
    void each(Use&& use) const {
        for (std::size_t i = 0; i < repeats_.size(); ++i) {
            if (counts(i)) {
                use(repeats_[i]);
            }
        }
    }

    [[nodiscard]] perf::Histogram merged(std::span<const std::size_t> tasks) const {
        perf::Histogram all;
        each([&](const Repeat& repeat) {
            for (const std::size_t task : tasks) {
                all.merge(repeat[task].histogram);
            }
        });
        return all;
    }
    [[nodiscard]] perf::Histogram merged(std::size_t task) const { return merged({&task, 1}); }

    // The figure that rows are compared by: one-way p50, or messages a second.
    [[nodiscard]] double figure(const Repeat& repeat, std::size_t task) const {
        return plan_.mode == Mode::pingpong ? repeat[task].p50_ns.value_or(0)
                                            : repeat[task].messages_per_s;
    }
    [[nodiscard]] Bracket bracket(const Repeat& repeat) const {
        return {repeat[size_.floor_before].p50_ns.value_or(0),
                repeat[size_.floor_after].p50_ns.value_or(0)};
    }

    [[nodiscard]] const Plan& plan() const { return plan_; }

private:
    const Plan& plan_;
    const SizePlan& size_;
    const std::vector<Verdict>& verdicts_;
    const std::vector<Repeat>& repeats_;
};

// Of round trips: half, in ns.
std::optional<double> one_way(const perf::Histogram& all, const perf::Clock& clock, double q) {
    const auto ticks = all.percentile(q, static_cast<double>(clock.step_ticks()));
    return ticks ? std::optional{clock.to_ns(*ticks) / 2} : std::nullopt;
}

json one_way_json(const perf::Histogram& all, const perf::Clock& clock) {
    const std::uint64_t n = all.count();
    const auto extreme = [&](std::uint64_t ticks) {
        return n == 0 ? json(nullptr) : rounded(clock.to_ns(static_cast<double>(ticks)) / 2);
    };
    return {{"min", extreme(all.min())},
            {"p50", or_null(one_way(all, clock, 0.5))},
            {"p90", or_null(one_way(all, clock, 0.9))},
            {"p99", or_null(one_way(all, clock, 0.99))},
            {"p999", or_null(one_way(all, clock, 0.999))},
            {"p9999", or_null(one_way(all, clock, 0.9999))},
            {"max", extreme(all.max())},
            {"samples", n}};
}

// Counts by one-way time in steps of a twelfth of an octave: for the eye.
json distribution(const perf::Histogram& all, const perf::Clock& clock) {
    constexpr double kStepsPerOctave = 12;
    json bins = json::array();
    double last = -1;
    for (const perf::Bin& bin : all.sparse().bins) {
        const double ns =
            clock.to_ns(static_cast<double>(perf::Histogram::lowest_of(bin.index))) / 2;
        const double step = std::floor(std::log2(std::max(ns, 0.5)) * kStepsPerOctave);
        if (bins.empty() || step != last) {
            bins.push_back({{"from_ns", rounded(std::exp2(step / kStepsPerOctave))}, {"count", 0}});
            last = step;
        }
        bins.back()["count"] = bins.back()["count"].get<std::uint64_t>() + bin.count;
    }
    return bins;
}

// All of it in ns, in the text that logs of HdrHistogram hold: for tools that merge and plot.
std::string hdr_text(const perf::Histogram& all, const perf::Clock& clock) {
    perf::Histogram ns;
    for (const perf::Bin& bin : all.sparse().bins) {
        const auto middle = static_cast<double>(perf::Histogram::lowest_of(bin.index) +
                                                perf::Histogram::width_of(bin.index) / 2);
        ns.record(static_cast<std::uint64_t>(std::llround(clock.to_ns(middle) / 2)), bin.count);
    }
    return perf::hdr::encode_text(ns);
}

json row_json(const View& view, std::size_t row) {
    const Plan& plan = view.plan();
    const std::size_t task = view.size().rows[row];
    const perf::Histogram all = view.merged(task);
    json out;
    if (plan.mode == Mode::pingpong) {
        out["one_way_ns"] = one_way_json(all, plan.clock);
        out["distribution"] = distribution(all, plan.clock);
        out["hdr"] = hdr_text(all, plan.clock);
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
    view.each([&](const Repeat& repeat) {
        out["page_bytes"] = repeat[task].page_bytes;
        out["node"] = repeat[task].node;
        out["capacity"] = repeat[task].capacity;
    });
    return out;
}

json floors_json(const View& view) {
    const SizePlan& size = view.size();
    const perf::Clock& clock = view.plan().clock;
    const std::size_t brackets[] = {size.floor_before, size.floor_after};
    json out{{"two_line", or_null(one_way(view.merged(brackets), clock, 0.5))},
             {"same_line", nullptr},
             {"best", nullptr},
             {"by_pauses", nullptr}};
    if (!size.same_line.empty()) {
        out["same_line"] = or_null(one_way(view.merged(size.same_line), clock, 0.5));
    }
    std::optional<double> best;
    for (const auto& [pauses, task] : size.by_pause) {
        const auto p50 = one_way(view.merged(task), clock, 0.5);
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
    if (plan.mode == Mode::pingpong) {
        std::vector<perf::Pair> pairs;
        view.each([&](const Repeat& repeat) {
            pairs.push_back({view.figure(repeat, ours), view.bracket(repeat).middle()});
        });
        out["floor"] = or_null(perf::paired_ratio(pairs));
    }
    for (std::size_t row = 1; row < plan.rows.size(); ++row) {
        std::vector<perf::Pair> pairs;
        view.each([&](const Repeat& repeat) {
            pairs.push_back(
                {view.figure(repeat, ours), view.figure(repeat, view.size().rows[row])});
        });
        out[std::string(plan.rows[row]->name)] = or_null(perf::paired_ratio(pairs));
    }
    return out;
}

json size_json(const View& view, std::size_t tried) {
    const Plan& plan = view.plan();
    json out = row_json(view, 0);
    out["size"] = view.size().size;
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

// One size of one repeat, counted or not.
json raw_json(const View& view, const Repeat& repeat, Verdict verdict) {
    const Plan& plan = view.plan();
    const Bracket bracket = view.bracket(repeat);
    json rows = json::object();
    for (std::size_t row = 0; row < plan.rows.size(); ++row) {
        const char* const unit = plan.mode == Mode::pingpong ? "p50_ns" : "msgs_per_s";
        rows[std::string(plan.rows[row]->name)] = {
            {unit, rounded(view.figure(repeat, view.size().rows[row]))}};
    }
    return {{"size", view.size().size},
            {"floor_before_ns", rounded(bracket.before)},
            {"floor_after_ns", rounded(bracket.after)},
            {"rows", std::move(rows)},
            {"counted", verdict == Verdict::counted},
            {"why_not", verdict == Verdict::counted ? json(nullptr) : json(to_string(verdict))}};
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
    return or_null(perf::spread(ratios));
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
    if (views.size() == 1) {
        result = size_json(views[0], repeats.size());
    } else {
        for (const View& view : views) {
            result["sizes"].push_back(size_json(view, repeats.size()));
        }
    }
    if (plan.mode == Mode::throughput) {
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
        result["repeats"].push_back({{"counted", all}, {"sizes", std::move(sizes)}});
    }
    result["discarded"] = discarded;
    result["unsettled"] = counted_everywhere(verdicts) < plan.wanted;
    if (interrupted) {
        result["partial"] = true;
    }
    return result;
}

json args_of(const Config& config, Mode mode) {
    constexpr const char* kWaits[] = {"spin", "spin_pause", "park"};
    constexpr const char* kPages[] = {"4k", "2m", "prefer", "thp", "1g"};
    constexpr const char* kConsume[] = {"latency", "throughput"};
    const auto usual =
        mode == Mode::pingpong ? shunt::consume::latency : shunt::consume::throughput;
    return {{"mode", mode == Mode::pingpong ? "pingpong" : "throughput"},
            {"kind", config.kind},
            {"sizes", config.sizes},
            {"cpus", config.cpus},
            {"wait", kWaits[static_cast<std::uint32_t>(config.wait)]},
            {"pages", kPages[static_cast<std::uint32_t>(config.pages)]},
            {"consume", kConsume[static_cast<std::uint32_t>(config.consume.value_or(usual))]},
            {"bytes", config.bytes},
            {"batch", config.batch},
            {"in_place", config.in_place},
            {"fields", config.fields == 0 ? json(nullptr) : json(config.fields)},
            {"capacity", config.capacity == 0 ? json(nullptr) : json(config.capacity)},
            {"repeats", config.repeats},
            {"floor", config.floor},
            {"peers", config.peers},
            {"slice_ms", config.slice.count()}};
}

}  // namespace shunt::bench
