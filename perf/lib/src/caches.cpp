// SPDX-License-Identifier: MIT
#include <shunt_perf/caches.hpp>
#include <shunt_perf/cpus.hpp>

#include "files.hpp"

#include <algorithm>
#include <charconv>
#include <string>

namespace shunt::perf {

std::uint64_t parse_cache_size(std::string_view text) noexcept {
    std::uint64_t number = 0;
    const char* const end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, number);
    if (read.ec != std::errc{}) {
        return 0;
    }
    const std::string_view unit{read.ptr, static_cast<std::size_t>(end - read.ptr)};
    return unit.empty() ? number : unit == "K" ? number << 10 : unit == "M" ? number << 20 : 0;
}

std::vector<Cache> data_caches_of(int cpu, const std::filesystem::path& root) {
    constexpr int kMost = 16;
    const auto folder = root / "sys/devices/system/cpu" / ("cpu" + std::to_string(cpu)) / "cache";
    std::vector<Cache> caches;
    for (int index = 0; index < kMost; ++index) {
        const auto one = folder / ("index" + std::to_string(index));
        const auto level = read_int(one / "level");
        const std::uint64_t bytes = parse_cache_size(read_text(one / "size"));
        if (!level || bytes == 0 || read_text(one / "type") == "Instruction") {
            continue;
        }
        const std::string shared = read_text(one / "shared_cpu_list");
        caches.push_back(
            {*level, bytes, shared.empty() ? std::vector<int>{} : parse_cpu_list(shared)});
    }
    std::sort(caches.begin(), caches.end(),
              [](const Cache& a, const Cache& b) { return a.level < b.level; });
    return caches;
}

}  // namespace shunt::perf
