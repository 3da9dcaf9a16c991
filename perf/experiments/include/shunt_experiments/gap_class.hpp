// SPDX-License-Identifier: MIT
//
// Which gaps belong together, by when they were: a tick comes at even times, what stops the whole
// machine stops all cpus at one instant, and the rest is each cpu's own. It is a guess from
// coincidence and says what was seen, not who did it.
#pragma once

#include <shunt_experiments/jitter.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace shunt::perf::jitter {

enum class GapClass : std::uint32_t {
    periodic,      // one of a row at even times on its cpu
    all_cpus,      // began at one instant on each of two or more: firmware, a hypervisor
    several_cpus,  // began at one instant on more than one
    single_cpu,    // interrupts, other threads
};
inline constexpr std::size_t kGapClasses = 4;
[[nodiscard]] std::string_view to_string(GapClass gap_class) noexcept;

struct Classified {
    std::vector<std::vector<GapClass>> of;  // for each cpu and each of its listed gaps
    struct Period {
        int cpu;
        std::uint64_t period_ns;
        std::size_t gaps;
    };
    std::vector<Period> periods;  // that were found
};

/// Periods that are looked for: those of the kernel's ticks (1000, 300, 250, 100 Hz), 100 ms, 1 s.
/// One is found where at least a quarter of its times have a gap with another a period away, and
/// five times as many as would by chance.
[[nodiscard]] Classified classify(std::span<const Watched> cpus);

}  // namespace shunt::perf::jitter
