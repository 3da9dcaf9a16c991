// SPDX-License-Identifier: MIT
//
// Where a run looks at what is around it: the kernel's files, the clocks, the two cpus. Others for
// tests.
#pragma once

#include <shunt_perf/clock_watch.hpp>
#include <shunt_perf/core_sharing.hpp>

#include <filesystem>
#include <functional>
#include <optional>

namespace shunt::bench {

struct Surroundings {
    std::filesystem::path root = "/";  // holds proc/ and sys/
    perf::ClockWatch::Look look = perf::clock_moment;
    std::function<std::optional<perf::CoreSharing>(int, int)> sharing = perf::measure_core_sharing;
};

}  // namespace shunt::bench
