// SPDX-License-Identifier: MIT
//
// The cheap clock against the kernel's: what a channel's control page holds so that ticks of any
// process on this host can be turned into time.
#pragma once

#include <cstdint>

namespace shunt::channel {

/// The rates and one moment seen by all three clocks.
struct ClockAnchor {
    std::uint64_t ticks_per_s = 0;
    std::uint64_t ticks = 0;
    std::uint64_t mono_ns = 0;
    std::uint64_t tai_ns = 0;
};

/// The rate is what the processor or the kernel says; where neither does, measured for 2 ms, once
/// per process, good to about 50 ppm.
[[nodiscard]] ClockAnchor anchor_clocks();

}  // namespace shunt::channel
