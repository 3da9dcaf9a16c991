// SPDX-License-Identifier: MIT
//
// The caches of a cpu, as sysfs has them.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

namespace shunt::perf {

struct Cache {
    int level = 0;
    std::uint64_t bytes = 0;
    std::vector<int> shared_by;  // cpus, this one included; empty: the kernel does not say
};

/// Those that hold data, by level. Empty where the kernel shows none. `root` holds sys/devices/...;
/// another one for tests.
[[nodiscard]] std::vector<Cache> data_caches_of(int cpu, const std::filesystem::path& root = "/");

/// "32K", "1024K", "8M", "512"; 0 of anything else.
[[nodiscard]] std::uint64_t parse_cache_size(std::string_view text) noexcept;

}  // namespace shunt::perf
