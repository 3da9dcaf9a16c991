// SPDX-License-Identifier: MIT
//
// Which cpus there are, how they lie to each other, and how to stay on one.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace shunt::perf {

/// "0-3,8,!2": numbers and ranges in the order given, then those marked ! taken away. What is
/// named twice is there twice. Throws std::invalid_argument with the offending part.
[[nodiscard]] std::vector<int> parse_cpu_list(std::string_view text);

/// The cpus that this thread may run on, ascending.
[[nodiscard]] std::vector<int> allowed_cpus();

/// Binds the calling thread to one cpu and waits until it runs there. Throws std::system_error.
void pin_to(int cpu);
/// Binds the calling thread to several.
void pin_to(const std::vector<int>& cpus);

/// Where a cpu lies; what the kernel does not say is absent.
struct CpuPlace {
    int cpu = -1;
    std::optional<int> core;
    std::optional<int> package;
    std::optional<int> l2;  // id of the cache, or the first cpu that shares it
    std::optional<int> l3;
    std::optional<int> node;
    std::vector<int> smt_siblings;  // others on the same core
    std::string governor;           // empty: none
};

/// `root` holds sys/devices/...; another one for tests.
[[nodiscard]] CpuPlace place_of(int cpu, const std::filesystem::path& root = "/");

/// How two cpus lie to each other: "same cpu", "smt siblings", "same L2", "same L3", "same node",
/// "other node" or, where the kernel shows nothing, "unknown".
[[nodiscard]] std::string_view relation(const CpuPlace& a, const CpuPlace& b);

}  // namespace shunt::perf
