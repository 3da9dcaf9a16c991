// SPDX-License-Identifier: MIT
#include "bench/lib/src/report_view.hpp"

#include "bench/lib/src/paired.hpp"

#include <shunt_perf/hdr.hpp>

#include <fmt/format.h>

#include <cmath>
#include <string>

namespace shunt::bench {

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

std::string spread_text(const json& spread, double scale, int digits) {
    if (spread.is_null()) {
        return "-";
    }
    const auto value = [&](const char* key) { return spread.at(key).get<double>() / scale; };
    return fmt::format("{:.{}f} ({:.{}f} to {:.{}f})", value("median"), digits, value("low"),
                       digits, value("high"), digits);
}

std::string ratio_text(const json& spread) {
    if (spread.is_null()) {
        return "-";
    }
    const auto text = [&](const char* key) {
        const auto value = spread.at(key).get<double>();
        return fmt::format("{:.{}f}", value, value < 100 ? 2 : 0);
    };
    return fmt::format("{} ({} to {})", text("median"), text("low"), text("high"));
}

std::optional<double> percentile_ns(const perf::Histogram& all, const Scale& scale, double q) {
    const auto ticks = all.percentile(q, static_cast<double>(scale.clock.step_ticks()));
    return ticks ? std::optional{scale.ns(*ticks)} : std::nullopt;
}

json percentiles_json(const perf::Histogram& all, const Scale& scale) {
    const std::uint64_t n = all.count();
    const auto extreme = [&](std::uint64_t ticks) {
        return n == 0 ? json(nullptr) : rounded(scale.ns(static_cast<double>(ticks)));
    };
    return {{"min", extreme(all.min())},
            {"p50", or_null(percentile_ns(all, scale, 0.5))},
            {"p90", or_null(percentile_ns(all, scale, 0.9))},
            {"p99", or_null(percentile_ns(all, scale, 0.99))},
            {"p999", or_null(percentile_ns(all, scale, 0.999))},
            {"p9999", or_null(percentile_ns(all, scale, 0.9999))},
            {"max", extreme(all.max())},
            {"samples", n}};
}

json distribution(const perf::Histogram& all, const Scale& scale) {
    constexpr double kStepsPerOctave = 12;
    json bins = json::array();
    double last = -1;
    for (const perf::Bin& bin : all.sparse().bins) {
        const double ns = scale.ns(static_cast<double>(perf::Histogram::lowest_of(bin.index)));
        const double step = std::floor(std::log2(std::max(ns, 0.5)) * kStepsPerOctave);
        if (bins.empty() || step != last) {
            bins.push_back({{"from_ns", rounded(std::exp2(step / kStepsPerOctave))}, {"count", 0}});
            last = step;
        }
        bins.back()["count"] = bins.back()["count"].get<std::uint64_t>() + bin.count;
    }
    return bins;
}

std::string hdr_text(const perf::Histogram& all, const Scale& scale) {
    perf::Histogram ns;
    for (const perf::Bin& bin : all.sparse().bins) {
        const auto middle = static_cast<double>(perf::Histogram::lowest_of(bin.index) +
                                                perf::Histogram::width_of(bin.index) / 2);
        ns.record(static_cast<std::uint64_t>(std::llround(scale.ns(middle))), bin.count);
    }
    return perf::hdr::encode_text(ns);
}

perf::Histogram View::merged(std::span<const std::size_t> tasks,
                             perf::SparseHistogram Outcome::*which) const {
    perf::Histogram all;
    each([&](const Repeat& repeat) {
        for (const std::size_t task : tasks) {
            if (!repeat[task].missed()) {
                all.merge(repeat[task].*which);
            }
        }
    });
    return all;
}

double View::figure(const Repeat& repeat, std::size_t task) const {
    if (plan_.mode == Mode::throughput) {
        return repeat[task].messages_per_s;
    }
    return repeat[task].missed() ? 0 : repeat[task].p50_ns.value_or(0);
}

double View::of_repeat(const Outcome& outcome, double q,
                       perf::SparseHistogram Outcome::*which) const {
    if (outcome.missed()) {
        return 0;
    }
    perf::Histogram histogram;
    histogram.merge(outcome.*which);
    return percentile_ns(histogram, scale(), q).value_or(0);
}

json View::paired(const std::function<double(const Outcome&)>& figure_of) const {
    json out = json::object();
    for (std::size_t row = 1; row < plan_.rows.size(); ++row) {
        std::vector<perf::Pair> pairs;
        each([&](const Repeat& repeat) {
            pairs.push_back({figure_of(repeat[size_.rows[0]]), figure_of(repeat[size_.rows[row]])});
        });
        out[std::string(plan_.rows[row]->name)] = ratio_json(pairs);
    }
    return out;
}

}  // namespace shunt::bench
