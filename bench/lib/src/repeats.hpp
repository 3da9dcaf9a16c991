// SPDX-License-Identifier: MIT
//
// How many repeats a run may have.
#pragma once

#include <shunt_bench/config.hpp>

#include <fmt/format.h>

namespace shunt::bench {

inline constexpr unsigned kMostRepeats = 10'000;  // of 0.2 s each: half an hour

/// Throws Failure where there cannot be so many.
inline void check_repeats(unsigned repeats) {
    if (repeats < 1 || repeats > kMostRepeats) {
        throw Failure(Exit::usage,
                      fmt::format("{} repeats; 1 to {} are possible", repeats, kMostRepeats));
    }
}

}  // namespace shunt::bench
