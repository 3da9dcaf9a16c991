// SPDX-License-Identifier: MIT
#include "jitter_chart.hpp"

#include <shunt_experiments/gap_class.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace shunt::tools {

namespace {

using perf::svg::duration_text;

constexpr double kNsPerSecond = 1e9;

bool sleeps(const Part& result) {
    const Part how = result.at("how");
    if (how.text() != "spin" && how.text() != "sleep") {
        how.refuse("is neither spin nor sleep");
    }
    return how.text() == "sleep";
}

double above_zero(const Part& part) {
    const double ns = part.number();
    if (!(ns > 0)) {
        part.refuse("is not above zero");
    }
    return ns;
}

unsigned class_of(const Part& part) {
    const std::string name = part.text();
    for (unsigned i = 0; i < perf::jitter::kGapClasses; ++i) {
        if (to_string(static_cast<perf::jitter::GapClass>(i)) == name) {
            return i;
        }
    }
    part.refuse("is no class of gaps");
}

}  // namespace

std::string JitterHead::text() const {
    const std::string who = fmt::format("{} cpu{}", cpus, cpus == 1 ? "" : "s");
    return sleep ? fmt::format("{} looked at each {} for {}; what was {} late or more", who,
                               duration_text(interval_ns), duration_text(watched_ns),
                               duration_text(threshold_ns))
                 : fmt::format("{} spun for {}; gaps of {} and more", who,
                               duration_text(watched_ns), duration_text(threshold_ns));
}

JitterHead jitter_head(const Part& result) {
    JitterHead head{sleeps(result), 0, 0, above_zero(result.at("threshold_ns")), 0};
    if (head.sleep) {
        head.interval_ns = above_zero(result.at("interval_ns"));
    }
    for (const Part& cpu : result.at("cpus").items()) {
        ++head.cpus;
        head.watched_ns = std::max(head.watched_ns, cpu.at("watched_ns").number());
    }
    return head;
}

std::string JitterWorst::text() const {
    if (ns == 0) {
        return "none";
    }
    const std::string where = fmt::format("{} on cpu {}", duration_text(ns), cpu);
    return at_ns ? where + fmt::format(", {:.6f} s from the start", *at_ns / kNsPerSecond) : where;
}

JitterWorst jitter_worst(const Part& result) {
    JitterWorst worst;
    for (const Part& cpu : result.at("cpus").items()) {
        const double ns = cpu.at("gap_ns").at("max").number();
        if (ns <= worst.ns) {
            continue;
        }
        worst = {ns, cpu.at("cpu").count(), std::nullopt};
        for (const Part& gap : cpu.items("list")) {
            if (!worst.at_ns && gap.at("length_ns").number() == ns) {
                worst.at_ns = gap.at("at_ns").number();
            }
        }
    }
    return worst;
}

perf::StripChart jitter_chart(const Part& result) {
    const JitterHead head = jitter_head(result);
    perf::StripChart chart;
    chart.title = head.sleep ? "Late wake-ups" : "Gaps";
    chart.subtitle = head.text() + "; worst: " + jitter_worst(result).text();
    chart.length_s = std::max(head.watched_ns, 1.0) / kNsPerSecond;
    chart.least_ns = head.threshold_ns;
    for (std::size_t i = 0; i < perf::jitter::kGapClasses; ++i) {
        chart.series.emplace_back(to_string(static_cast<perf::jitter::GapClass>(i)));
    }
    for (const Part& cpu : result.at("cpus").items()) {
        perf::StripChart::Lane lane{fmt::format("cpu {}", cpu.at("cpu").count()), {}};
        for (const Part& gap : cpu.items("list")) {
            lane.marks.push_back({gap.at("at_ns").number() / kNsPerSecond,
                                  gap.at("length_ns").number(), class_of(gap.at("class"))});
        }
        chart.lanes.push_back(std::move(lane));
    }
    return chart;
}

}  // namespace shunt::tools
