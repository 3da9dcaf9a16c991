// SPDX-License-Identifier: MIT
//
// Witness: what happened around a run that its figures do not show, and whether they mean anything
// at all: the clock, whose core the two cpus are, what was taken from those who measured. It looks
// before the first repeat and behind each one, never inside.
#pragma once

#include "bench/lib/src/repeat.hpp"
#include "bench/lib/src/surroundings.hpp"

#include <shunt_experiments/noise.hpp>
#include <shunt_perf/cgroup.hpp>
#include <shunt_perf/clock.hpp>
#include <shunt_perf/clock_watch.hpp>
#include <shunt_perf/core_sharing.hpp>
#include <shunt_perf/environment.hpp>
#include <shunt_perf/interruptions.hpp>

#include <nlohmann/json.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace shunt::bench {

/// Adds to `.host` what is to be known of the host beside the common stamp, and of each of its
/// `cpus`. `load_before`: perf::load_averages() when the run began.
void stamp_host(nlohmann::json& host, const nlohmann::json& load_before,
                const Surroundings& around = {});

/// Throws Failure (exit 7) where a control group allows this process less than so many cpus: it
/// would be stopped again and again, and the figures would be those of the stops.
void refuse_throttled(std::size_t cpus, const Surroundings& around = {});

/// What was taken from the two sides of a pair in one repeat.
struct Disturbance {
    double elapsed_ns = 0;
    std::array<perf::Interruptions, 2> taken{};
    std::array<std::optional<std::uint64_t>, 2> stolen_ns;  // by a hypervisor, in steps of 10 ms
    std::array<std::optional<std::uint64_t>, 2> interrupts;

    /// A side was preempted more than 20 times a second, and three times at the least, and stood in
    /// a queue for more than a hundredth of the time; or as much of it was stolen. From there on a
    /// 99th percentile is that of the others. Kernel threads that come often and go at once do not
    /// matter, nor does the way from each wake-up to the cpu.
    [[nodiscard]] bool matters() const noexcept;
};

class Witness {
public:
    /// `pair`: the two cpus of processes that are pinned; of others there is less to see. The clock
    /// must outlive it.
    Witness(const perf::Clock& clock, const std::vector<int>& pair, const Surroundings& around);

    /// Throw Failure (exit 7) where the clock has shown to be wrong.
    void after_repeat();
    void after_repeat(const Repeat& repeat);

    [[nodiscard]] std::vector<perf::Warning> warnings() const;
    /// Into `.host`, and into each of `.result.repeats` of the document.
    void testify(nlohmann::json& document) const;

private:
    [[nodiscard]] std::optional<perf::CoreSharing> look_at_cores() const;
    void warn_of_cores(std::vector<perf::Warning>& warnings) const;

    const perf::Clock& clock_;
    const std::vector<int> pair_;
    const Surroundings around_;
    perf::ClockWatch watch_;
    perf::CpuGroups groups_before_;
    nlohmann::json load_before_;
    perf::jitter::NoiseReading noise_;                     // at the last look
    std::vector<std::optional<perf::CoreSharing>> cores_;  // before, and behind each repeat
    std::vector<Disturbance> repeats_;
};

}  // namespace shunt::bench
