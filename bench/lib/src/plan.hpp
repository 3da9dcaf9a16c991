// SPDX-License-Identifier: MIT
//
// A plan: the tasks of one repeat, made once from a Config after every argument was checked. A
// repeat is, for each size: floor, shunt, each peer, floor.
#pragma once

#include "bench/lib/src/arena.hpp"
#include "bench/lib/src/sweep.hpp"
#include "bench/lib/src/task.hpp"

#include <shunt_bench/config.hpp>
#include <shunt_perf/clock.hpp>
#include <shunt_perf/environment.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace shunt::bench {

/// A point: one size, and in an open loop one pace, or one value of what is swept. Indices are into
/// Plan::tasks.
struct SizePlan {
    std::size_t size = 0;
    std::size_t first = 0;  // of Plan::sizes: the first point of this size
    Pace pace;              // per_second 0: there is none
    double gap_ns = 0;      // paced: as it was asked for
    std::size_t floor_before = 0;
    std::size_t floor_after = 0;
    std::vector<std::size_t> rows;                           // as Plan::rows
    std::vector<std::size_t> same_line;                      // one, or none
    std::vector<std::pair<unsigned, std::size_t>> by_pause;  // floor tasks by pause count
};

struct Plan {
    Mode mode = Mode::pingpong;
    Swept swept = Swept::nothing;
    std::array<int, 2> cpus{};
    std::uint64_t walk_bytes = 0;  // of each task
    unsigned wanted = 0;           // repeats that count
    unsigned most_tries = 0;
    std::vector<const Contender*> rows;
    std::vector<SizePlan> sizes;
    std::vector<Task> tasks;                     // of a repeat, in order
    std::vector<std::unique_ptr<Arena>> arenas;  // one a point
    bool fresh = false;                          // a pair of processes for each task
    std::vector<perf::Warning> warnings;
    perf::Clock clock;
    std::chrono::nanoseconds limit{};  // of a repeat
};

/// Checks everything, chooses cpus, makes the rivals' memory, calibrates the clock. `rows`: what is
/// measured, the first being what the others are compared with. Throws Failure.
[[nodiscard]] Plan make_plan(const Config& config, Mode mode,
                             const std::vector<const Contender*>& rows);

/// shunt and the peers that the configuration names. Throws Failure for one that is not known.
[[nodiscard]] std::vector<const Contender*> rows_of(const Config& config);

}  // namespace shunt::bench
