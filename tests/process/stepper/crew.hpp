// SPDX-License-Identifier: MIT
//
// Jobs done by processes of their own, so that one that crashes or hangs is a result like another.
// The others, who survive a victim, are in such a process: that it lives on is A1.
#pragma once

#include "process/stepper/operations.hpp"
#include "process/stepper/stage.hpp"
#include "process/stepper/sweep.hpp"

#include <atomic>
#include <cstdint>
#include <functional>
#include <vector>

namespace shunt::stepper {

using Pulse = std::atomic<std::uint64_t>;
/// Done in a worker's world; the pulse is to beat. A tally for each way, in order.
using Job = std::function<std::vector<Tally>(World&, Pulse&)>;

/// All tallies, in order of the jobs; at most four of each. `progress(done)` is called now and
/// then.
[[nodiscard]] std::vector<std::vector<Tally>> work_off(
    const std::vector<Job>& jobs, unsigned workers, bool may_be_huge,
    const std::function<void(std::size_t)>& progress);

}  // namespace shunt::stepper
