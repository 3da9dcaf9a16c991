// SPDX-License-Identifier: MIT
//
// How much of the cpus the control groups of this process allow it, and how often they have taken
// them away. A group's limit holds for all groups below it, so all are asked, from our own up to
// the root; of version 2 (cpu.max) and of version 1 (cpu.cfs_quota_us), where a host has both.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace shunt::perf {

struct CpuQuota {
    double cpus;       // so many, in the mean over a period
    double period_ms;  // within which all of it may be used at once, and then nothing
    std::string file;  // that says so
};

struct CpuGroups {
    std::vector<std::string> folders;        // our own; none: there are no groups for cpus
    std::optional<CpuQuota> quota;           // the tightest; none: no limit
    std::optional<std::uint64_t> throttled;  // periods at whose end somebody waited, of all groups
    std::optional<std::uint64_t> throttled_ns;
};

/// `root` holds proc/self/ and what is mounted; another one for tests.
[[nodiscard]] CpuGroups cpu_groups(const std::filesystem::path& root = "/");

}  // namespace shunt::perf
