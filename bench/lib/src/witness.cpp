// SPDX-License-Identifier: MIT
#include "bench/lib/src/witness.hpp"

#include <shunt_bench/config.hpp>
#include <shunt_perf/host_facts.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace shunt::bench {

using nlohmann::json;

namespace {

template <class Value>
json or_null(const std::optional<Value>& value) {
    return value ? json(*value) : json(nullptr);
}

json to_json(const std::optional<perf::CoreSharing>& cores) {
    if (!cores) {
        return nullptr;
    }
    return {{"together", std::round(cores->together * 1000) / 1000},
            {"windows", cores->windows},
            {"shared_core", or_null(cores->shared())}};
}

json to_json(const Disturbance& disturbance) {
    json out{{"elapsed_ns", std::round(disturbance.elapsed_ns)},
             {"matters", disturbance.matters()}};
    for (std::size_t side = 0; side < 2; ++side) {
        const perf::Interruptions& taken = disturbance.taken[side];
        out["preempted"].push_back(taken.preempted);
        out["waited_ns"].push_back(taken.waited_ns < 0 ? json(nullptr) : json(taken.waited_ns));
        out["stolen_ns"].push_back(or_null(disturbance.stolen_ns[side]));
        out["interrupts"].push_back(or_null(disturbance.interrupts[side]));
    }
    return out;
}

std::optional<std::uint64_t> sum_of(const perf::jitter::Counts& counts) {
    if (counts.empty()) {
        return std::nullopt;
    }
    return std::accumulate(counts.begin(), counts.end(), std::uint64_t{0},
                           [](std::uint64_t sum, const auto& one) { return sum + one.second; });
}

bool is_shared(const std::optional<perf::CoreSharing>& cores) {
    return cores && cores->shared() == true;
}

}  // namespace

void stamp_host(json& host, const json& load_before, const Surroundings& around) {
    host.update(perf::host_facts(around.root));
    for (json& cpu : host["cpus"]) {
        cpu.update(perf::cpu_facts(cpu.at("cpu").get<int>(), around.root));
    }
    host["load"] = {{"before", load_before}, {"after", perf::load_averages(around.root)}};
}

void refuse_throttled(std::size_t cpus, const Surroundings& around) {
    const perf::CpuGroups groups = perf::cpu_groups(around.root);
    if (groups.quota && groups.quota->cpus < static_cast<double>(cpus)) {
        throw Failure(
            Exit::refused,
            fmt::format("{} processes that spin take {} cpus, and {} allows {:g}: they would be "
                        "stopped for what is left of each {:g} ms, and the figures would be those "
                        "of the stops. Raise that quota (CPUQuota= of systemd, --cpus of docker, "
                        "limits.cpu of kubernetes), or measure outside of the group",
                        cpus, cpus, groups.quota->file, groups.quota->cpus,
                        groups.quota->period_ms));
    }
}

bool Disturbance::matters() const noexcept {
    constexpr double kPreemptedPerS = 20;
    constexpr std::uint64_t kPreempted = 3;
    constexpr double kShare = 0.01;
    const auto of_side = [&](std::size_t side) {
        const auto& [preempted, waited_ns] = taken[side];
        const double per_s = static_cast<double>(preempted) / (elapsed_ns / 1e9);
        const bool often = preempted >= kPreempted && per_s > kPreemptedPerS;
        const bool briefly =
            waited_ns >= 0 && static_cast<double>(waited_ns) <= kShare * elapsed_ns;
        const auto stolen = static_cast<double>(stolen_ns[side].value_or(0));
        return (often && !briefly) || stolen > kShare * elapsed_ns;
    };
    return of_side(0) || of_side(1);
}

Witness::Witness(const perf::Clock& clock, const std::vector<int>& pair, const Surroundings& around)
    : clock_{clock},
      pair_{pair},
      around_{around},
      watch_{clock, around.look},
      groups_before_{perf::cpu_groups(around.root)},
      load_before_(perf::load_averages(around.root)) {
    if (!pair_.empty()) {
        cores_.push_back(look_at_cores());
        noise_ = perf::jitter::read_noise(around_.root);
    }
    watch_.begin();
}

std::optional<perf::CoreSharing> Witness::look_at_cores() const {
    return around_.sharing(pair_[0], pair_[1]);
}

void Witness::after_repeat() {
    watch_.mark();
    if (clock_.is_counter() && watch_.is_wrong()) {
        throw Failure(
            Exit::refused,
            fmt::format("the time stamp counter and the kernel's clock part by {:.0f} millionths, "
                        "and by more than a thousandth in most repeats: its ns would be wrong in "
                        "digits that are shown. It was calibrated before the run, so it does not "
                        "go evenly here; look at dmesg for the clock source, and measure on "
                        "another host",
                        std::abs(watch_.worst().ppm)));
    }
}

void Witness::after_repeat(const Repeat& repeat) {
    after_repeat();
    Disturbance here;
    here.elapsed_ns = watch_.last().elapsed_ns;
    here.taken = {{{0, 0}, {0, 0}}};  // known, until one of the rows is not
    for (const Outcome& outcome : repeat) {
        for (std::size_t side = 0; side < 2; ++side) {
            here.taken[side] = here.taken[side] + outcome.taken[side];
        }
    }
    perf::jitter::NoiseReading now = perf::jitter::read_noise(around_.root);
    for (std::size_t side = 0; side < 2; ++side) {
        const auto noise = perf::jitter::noise_between(noise_, now, pair_[side]);
        here.stolen_ns[side] = noise.steal_ns;
        here.interrupts[side] = sum_of(noise.interrupts);
    }
    repeats_.push_back(here);
    cores_.push_back(look_at_cores());
    noise_ = perf::jitter::read_noise(around_.root);
    watch_.begin();
}

void Witness::warn_of_cores(std::vector<perf::Warning>& warnings) const {
    const auto shared = std::count_if(cores_.begin(), cores_.end(), is_shared);
    if (shared == 0) {
        return;
    }
    const auto known = std::count_if(cores_.begin(), cores_.end(), [](const auto& cores) {
        return cores && cores->shared().has_value();
    });
    const auto first = std::find_if(cores_.begin(), cores_.end(), is_shared);
    warnings.push_back(
        {"smt_measured",
         fmt::format("cpus {} and {} get {:.2f} as much done side by side as alone, in {} of {} "
                     "looks: they are one core then, whatever the topology says, and nothing "
                     "crosses between cores",
                     pair_[0], pair_[1], (*first)->together, shared, known)});
}

std::vector<perf::Warning> Witness::warnings() const {
    std::vector<perf::Warning> warnings;
    constexpr double kMost = perf::ClockWatch::kMostPpm;
    if (clock_.is_counter() && (watch_.worst().beyond(kMost) || watch_.all().beyond(kMost))) {
        warnings.push_back(
            {"clock_drift",
             fmt::format("the time stamp counter and the kernel's clock parted by {:.0f} ppm over "
                         "the run and by {:.0f} ppm in one repeat; its ns are wrong by as much",
                         watch_.all().ppm, watch_.worst().ppm)});
    }
    warn_of_cores(warnings);
    const perf::CpuGroups groups = perf::cpu_groups(around_.root);
    const std::uint64_t throttled = groups.throttled.value_or(0);
    if (const std::uint64_t before = groups_before_.throttled.value_or(0); throttled > before) {
        warnings.push_back(
            {"throttled", fmt::format("a control group stopped its processes {} times during the "
                                      "run, as they had used up its quota of cpus",
                                      throttled - before)});
    }
    constexpr std::size_t kOneOf = 5;
    const auto disturbed = static_cast<std::size_t>(std::count_if(
        repeats_.begin(), repeats_.end(), [](const auto& repeat) { return repeat.matters(); }));
    if (disturbed * kOneOf > repeats_.size()) {
        warnings.push_back(
            {"disturbed",
             fmt::format("others ran on these cpus meanwhile: in {} of {} repeats a side was "
                         "preempted more than 20 times a second and stood in a queue for more than "
                         "a hundredth of the time, or as much was stolen",
                         disturbed, repeats_.size())});
    }
    return warnings;
}

void Witness::testify(json& document) const {
    json& host = document["host"];
    stamp_host(host, load_before_, around_);
    host["clock"] = perf::to_json(clock_);
    host["clock"]["run"] = watch_.to_json();
    const perf::CpuGroups groups = perf::cpu_groups(around_.root);
    host["cgroup"] = {
        {"folders", groups.folders},
        {"quota_cpus", groups.quota ? json(groups.quota->cpus) : json(nullptr)},
        {"period_ms", groups.quota ? json(groups.quota->period_ms) : json(nullptr)},
        {"throttled", groups.throttled
                          ? json(*groups.throttled -
                                 std::min(*groups.throttled, groups_before_.throttled.value_or(0)))
                          : json(nullptr)}};
    if (pair_.empty()) {
        return;
    }
    host["cpus_measured"] = {{"before", to_json(cores_.front())},
                             {"after", to_json(cores_.back())},
                             {"shared", std::count_if(cores_.begin(), cores_.end(), is_shared)},
                             {"looks", cores_.size()}};
    json& result = document["result"];
    unsigned disturbed = 0;
    for (std::size_t i = 0; i < repeats_.size(); ++i) {
        disturbed += repeats_[i].matters() ? 1u : 0u;
        json& to = result["repeats"][i]["disturbance"];
        to = to_json(repeats_[i]);
        to["cpus_together"] = cores_[i + 1] ? to_json(cores_[i + 1])["together"] : json(nullptr);
    }
    result["disturbed"] = disturbed;
}

}  // namespace shunt::bench
