// SPDX-License-Identifier: MIT
//
// A time stamp of what was seen. The counter may be read ahead of an earlier load that has not come
// back yet: a plain reading after a message then tells a time before it. One cpu's own differences
// add up all the same (loops.hpp); a time from one cpu to another would be too short.
#pragma once

#include <shunt_perf/clock.hpp>

#include <cstdint>

namespace shunt::bench {

/// The clock, read after all earlier loads are done.
[[nodiscard]] inline std::uint64_t stamp(const perf::Clock& clock) noexcept {
#if defined(__x86_64__)
    asm volatile("lfence" : : : "memory");
#elif defined(__aarch64__)
    asm volatile("isb" : : : "memory");
#endif
    return clock.now();
}

}  // namespace shunt::bench
