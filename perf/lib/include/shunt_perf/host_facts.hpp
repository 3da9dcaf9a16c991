// SPDX-License-Identifier: MIT
//
// What a reader of a measurement must know of the host and its settings, and could not find out a
// day later: frequencies, boost, microcode, mitigations, pages, groups, load. Read from the
// kernel's files; what it does not show is null. Nothing is judged here.
#pragma once

#include <nlohmann/json.hpp>

#include <filesystem>

namespace shunt::perf {

/// For `.host` of a measurement: microcode, kernel_build, kernel_arguments, boost, mitigations,
/// pages, numa_balancing, memory, cpus_nohz_full, scheduling, libc, temperatures_c, uptime_s.
/// `root` holds proc/ and sys/; another one for tests.
[[nodiscard]] nlohmann::json host_facts(const std::filesystem::path& root = "/");

/// For one cpu: {frequency: {driver, min_khz, max_khz, current_khz, preference}, caches_bytes:
/// {l1d, l1i, l2, l3}, throttled: {core, package}}, of which the last counts since the host began.
[[nodiscard]] nlohmann::json cpu_facts(int cpu, const std::filesystem::path& root = "/");

/// Of the last 1, 5 and 15 minutes; null.
[[nodiscard]] nlohmann::json load_averages(const std::filesystem::path& root = "/");

}  // namespace shunt::perf
