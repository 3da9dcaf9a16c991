// SPDX-License-Identifier: MIT
//
// What the kernel took away from a process that meant to run: how often, and for how long.
#pragma once

#include <cstdint>
#include <filesystem>

namespace shunt::perf {

struct Interruptions {
    std::uint64_t preempted = 0;  // involuntary context switches of all its threads
    std::int64_t waited_ns = -1;  // its main thread, ready to run, for a cpu; -1: not known
};

/// Of the caller so far. Two calls of the kernel and a small file: not for a loop.
/// `root` holds proc/; another one for tests.
[[nodiscard]] Interruptions interruptions(const std::filesystem::path& root = "/");

/// What came in between.
[[nodiscard]] Interruptions operator-(const Interruptions& after, const Interruptions& before);
/// Of both; known where both are.
[[nodiscard]] Interruptions operator+(const Interruptions& a, const Interruptions& b);

}  // namespace shunt::perf
