// SPDX-License-Identifier: MIT
//
// Where a library's own threads run: not on the cpus of the pair where the host has others.
#pragma once

#include "bench/lib/src/task.hpp"

#include <vector>

namespace shunt::peers {

/// This process had a third cpu when it started, so that helpers of a pair take none of its.
[[nodiscard]] bool room_for_helpers() noexcept;

/// While it lives, threads that the caller makes run on the cpus that the pair leaves; where it
/// leaves none, on both of its. The caller is back on its own cpu afterwards.
class HelpersElsewhere {
public:
    explicit HelpersElsewhere(const bench::Task& task);
    ~HelpersElsewhere();
    HelpersElsewhere(const HelpersElsewhere&) = delete;
    HelpersElsewhere& operator=(const HelpersElsewhere&) = delete;

private:
    std::vector<int> before_;
};

}  // namespace shunt::peers
