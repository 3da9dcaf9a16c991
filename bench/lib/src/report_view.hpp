// SPDX-License-Identifier: MIT
//
// What all parts of a report share: repeats as one point sees them, and figures as JSON.
#pragma once

#include "bench/lib/src/plan.hpp"
#include "bench/lib/src/repeat.hpp"

#include <shunt_bench/bracket.hpp>
#include <shunt_perf/histogram.hpp>
#include <shunt_perf/statistics.hpp>

#include <nlohmann/json.hpp>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace shunt::bench {

/// With two decimals.
[[nodiscard]] nlohmann::json rounded(double value);
[[nodiscard]] nlohmann::json or_null(const std::optional<double>& value);
/// {median, low, high, n} with four decimals.
[[nodiscard]] nlohmann::json or_null(const std::optional<perf::Spread>& all);

/// "1.05 (0.98 to 1.10)" of such a one, each over `scale`; "-" of null.
[[nodiscard]] std::string spread_text(const nlohmann::json& spread, double scale, int digits);
/// The same of ratios: two decimals, and none from 100 on, so that a column holds them.
[[nodiscard]] std::string ratio_text(const nlohmann::json& spread);

/// How a histogram of ticks becomes ns: of round trips, half.
struct Scale {
    const perf::Clock& clock;
    double share = 1;
    [[nodiscard]] double ns(double ticks) const noexcept { return clock.to_ns(ticks) * share; }
};

[[nodiscard]] std::optional<double> percentile_ns(const perf::Histogram& all, const Scale& scale,
                                                  double q);
/// {min, p50, p90, p99, p999, p9999, max, samples}.
[[nodiscard]] nlohmann::json percentiles_json(const perf::Histogram& all, const Scale& scale);
/// Counts in steps of a twelfth of an octave: for the eye.
[[nodiscard]] nlohmann::json distribution(const perf::Histogram& all, const Scale& scale);
/// All of it in ns, in the text that logs of HdrHistogram hold: for tools that merge and plot.
[[nodiscard]] std::string hdr_text(const perf::Histogram& all, const Scale& scale);

/// Repeats as one point sees them: its own verdicts, its own tasks.
class View {
public:
    View(const Plan& plan, const SizePlan& size, const std::vector<Verdict>& verdicts,
         const std::vector<Repeat>& repeats)
        : plan_{plan}, size_{size}, verdicts_{verdicts}, repeats_{repeats} {}

    [[nodiscard]] const Plan& plan() const { return plan_; }
    [[nodiscard]] const SizePlan& size() const { return size_; }
    [[nodiscard]] unsigned counted() const {
        return static_cast<unsigned>(
            std::count(verdicts_.begin(), verdicts_.end(), Verdict::counted));
    }
    [[nodiscard]] bool counts(std::size_t repeat) const {
        return verdicts_[repeat] == Verdict::counted;
    }

    /// Calls `use(repeat)` for those that count.
    template <class Use>
    void each(Use&& use) const {
        for (std::size_t i = 0; i < repeats_.size(); ++i) {
            if (counts(i)) {
                use(repeats_[i]);
            }
        }
    }

    /// Of what counts and kept its schedule; `which`: one of an outcome's histograms.
    [[nodiscard]] perf::Histogram merged(
        std::span<const std::size_t> tasks,
        perf::SparseHistogram Outcome::*which = &Outcome::histogram) const;
    [[nodiscard]] perf::Histogram merged(
        std::size_t task, perf::SparseHistogram Outcome::*which = &Outcome::histogram) const {
        return merged({&task, 1}, which);
    }

    /// Of the rows' histograms, and of the floors'.
    [[nodiscard]] Scale scale() const {
        return {plan_.clock, there_and_back(plan_.mode) ? 0.5 : 1.0};
    }
    [[nodiscard]] Scale floor_scale() const { return {plan_.clock, 0.5}; }

    /// The figure that rows are compared by: one-way p50, or messages a second; 0: it has none.
    [[nodiscard]] double figure(const Repeat& repeat, std::size_t task) const;
    [[nodiscard]] Bracket bracket(const Repeat& repeat) const {
        return {repeat[size_.floor_before].p50_ns.value_or(0),
                repeat[size_.floor_after].p50_ns.value_or(0)};
    }
    /// A percentile of one repeat's histogram; 0: it has none, or missed its schedule.
    [[nodiscard]] double of_repeat(const Outcome& outcome, double q,
                                   perf::SparseHistogram Outcome::*which) const;

    /// Per repeat, shunt's over each other row's.
    [[nodiscard]] nlohmann::json paired(
        const std::function<double(const Outcome&)>& figure_of) const;

private:
    const Plan& plan_;
    const SizePlan& size_;
    const std::vector<Verdict>& verdicts_;
    const std::vector<Repeat>& repeats_;
};

/// What a row of an open loop, a wake-up or a cold start has beside its latency.
void add_pace_figures(nlohmann::json& row, const View& view, std::size_t task);
/// What such a point has beside its rows; what one of its rows shows of one repeat.
void add_pace_point(nlohmann::json& point, const View& view);
void add_pace_raw(nlohmann::json& raw, const Outcome& outcome);
/// What only such a workload is asked for.
void add_pace_args(nlohmann::json& args, const Config& config, Mode mode);

/// In how many repeats the warm-up of a row did not settle; of one repeat, how long it took and
/// whether it did. None of this where it is a fixed number of messages.
void add_warm_up(nlohmann::json& row, const View& view, std::size_t task);
void add_warm_up_raw(nlohmann::json& raw, const Outcome& outcome);
/// Names the rows of which most were not.
[[nodiscard]] std::vector<perf::Warning> warm_up_warnings(const View& view);

/// What a point of a sweep is called, of itself and in a repeat. None of this where nothing is
/// swept.
void add_sweep_value(nlohmann::json& point, const View& view);
/// paired.first: the point over the first one of its size, of each repeat that counts for both.
void add_over_first(nlohmann::json& point, const View& view, const View& first,
                    const std::vector<Repeat>& repeats);
void add_sweep_args(nlohmann::json& args, const Config& config);

}  // namespace shunt::bench
