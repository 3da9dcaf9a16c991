// SPDX-License-Identifier: MIT
#include <shunt_perf/interruptions.hpp>

#include "files.hpp"

#include <sys/resource.h>
#include <sstream>

namespace shunt::perf {

namespace {

// "632905 94852 2": time on a cpu, time in a queue, time slices.
std::int64_t waited_ns(const std::filesystem::path& root) {
    std::istringstream words{read_text(root / "proc/self/schedstat")};
    std::int64_t ran = 0;
    std::int64_t waited = 0;
    return words >> ran >> waited && waited >= 0 ? waited : -1;
}

}  // namespace

Interruptions interruptions(const std::filesystem::path& root) {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return {static_cast<std::uint64_t>(usage.ru_nivcsw), waited_ns(root)};
}

Interruptions operator-(const Interruptions& after, const Interruptions& before) {
    const bool known = after.waited_ns >= 0 && before.waited_ns >= 0;
    return {after.preempted - before.preempted, known ? after.waited_ns - before.waited_ns : -1};
}

Interruptions operator+(const Interruptions& a, const Interruptions& b) {
    const bool known = a.waited_ns >= 0 && b.waited_ns >= 0;
    return {a.preempted + b.preempted, known ? a.waited_ns + b.waited_ns : -1};
}

}  // namespace shunt::perf
