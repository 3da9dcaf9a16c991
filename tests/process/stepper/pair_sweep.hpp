// SPDX-License-Identifier: MIT
//
// The sweep over pairs of instructions of two victims: of all of them those next to which shared
// memory or the kernel's state changes. What the second can do depends on where the first stands,
// so its instructions are recorded anew for each of the first's.
#pragma once

#include "process/stepper/pair_play.hpp"
#include "process/stepper/sweep.hpp"

namespace shunt::stepper {

[[nodiscard]] Tally sweep_pairs(World& world, const MakePair& make, const Portion& portion,
                                std::atomic<std::uint64_t>& pulse);

}  // namespace shunt::stepper
