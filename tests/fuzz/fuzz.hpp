// SPDX-License-Identifier: MIT
//
// One fuzz target: one_input is called with bytes from anywhere and must come back, with nothing
// thrown. It is linked with libFuzzer, or with a main that plays a corpus (entry.cpp).
#pragma once

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <span>

namespace shunt::fuzz {

/// Defined by each target.
void one_input(std::span<const std::byte> input);

/// A finding: says so and aborts.
inline void require(bool holds, const char* what) {
    if (!holds) {
        std::fprintf(stderr, "found: %s\n", what);
        std::abort();
    }
}

}  // namespace shunt::fuzz
