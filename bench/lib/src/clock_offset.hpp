// SPDX-License-Identifier: MIT
//
// Whether the clocks of two cpus may be compared: how far one is ahead of the other, by the
// quickest of many round trips between them. The answer was stamped somewhere inside that trip, so
// half of it bounds the error.
#pragma once

#include "bench/lib/src/stage.hpp"

namespace shunt::bench {

/// Both sides call it; some 0.3 ms. The first side gets the answer, the second zeros.
[[nodiscard]] ClockOffset measure_clock_offset(Stage& stage) noexcept;

/// Clocks that agree lie inside the bound: what is outside is an offset that no asymmetry of the
/// way explains.
[[nodiscard]] constexpr bool agree(const ClockOffset& offset) noexcept {
    return offset.ticks <= offset.bound_ticks && -offset.ticks <= offset.bound_ticks;
}

}  // namespace shunt::bench
