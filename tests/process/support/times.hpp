// SPDX-License-Identifier: MIT
//
// How long something took, many times, and whether that was in time: for programs that report it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <string>
#include <vector>

namespace shunt::process_test {

/// One row of a report.
struct Times {
    const char* name;
    const char* title;
    std::uint64_t target_ns;  // of 99 %; 0: none
    std::vector<std::uint64_t> ns{};

    void add(std::uint64_t one) { ns.push_back(one); }
    /// Once all are there, before the questions below.
    void sort() { std::sort(ns.begin(), ns.end()); }
    [[nodiscard]] std::uint64_t in_time() const {
        return static_cast<std::uint64_t>(
            std::count_if(ns.begin(), ns.end(), [&](std::uint64_t t) { return t <= target_ns; }));
    }
    [[nodiscard]] bool met() const { return target_ns == 0 || 100 * in_time() >= 99 * ns.size(); }
    /// By nearest rank.
    [[nodiscard]] std::uint64_t percentile(std::uint64_t percent) const {
        return ns.empty() ? 0 : ns[std::max<std::size_t>(1, (ns.size() * percent + 99) / 100) - 1];
    }
};

[[nodiscard]] inline double in_ms(std::uint64_t ns) {
    return static_cast<double>(ns) / 1e6;
}

inline void print_times_head() {
    std::printf("%-36s %6s %9s %9s %9s   %s\n", "ms", "n", "p50", "p99", "max", "in time");
}
inline void print(const Times& row) {
    std::printf("%-36s %6zu %9.3f %9.3f %9.3f   ", row.title, row.ns.size(),
                in_ms(row.percentile(50)), in_ms(row.percentile(99)), in_ms(row.percentile(100)));
    if (row.target_ns == 0) {
        std::printf("-\n");
    } else {
        std::printf("%llu of %zu within %.0f ms\n", static_cast<unsigned long long>(row.in_time()),
                    row.ns.size(), in_ms(row.target_ns));
    }
}

/// A member of a JSON object, with a comma before it.
[[nodiscard]] inline std::string json_of(const Times& row) {
    std::string text =
        std::string{",\""} + row.name + "_ns\":{\"n\":" + std::to_string(row.ns.size());
    if (!row.ns.empty()) {
        text += ",\"p50\":" + std::to_string(row.percentile(50)) +
                ",\"p99\":" + std::to_string(row.percentile(99)) +
                ",\"max\":" + std::to_string(row.percentile(100));
    }
    if (row.target_ns != 0) {
        text += ",\"target\":" + std::to_string(row.target_ns) +
                ",\"in_time\":" + std::to_string(row.in_time());
    }
    return text + "}";
}

}  // namespace shunt::process_test
