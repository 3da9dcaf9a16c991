// SPDX-License-Identifier: MIT
//
// Noise: what the kernel has counted on each cpu, before and after: interrupts, soft interrupts,
// time that a hypervisor gave to others. What cannot be read is said, with the reason, and is no
// error: containers and kernels differ in what they show.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace shunt::perf::jitter {

using Counts = std::map<std::string, std::uint64_t>;  // by name: "LOC", "24", "TIMER"

struct Noise {
    Counts interrupts;
    Counts softirqs;
    std::optional<std::uint64_t> steal_ns;  // in steps of 10 ms, as /proc/stat has it
};

struct NoiseReading {
    std::map<int, Noise> cpus;
    std::map<std::string, std::string> names;  // of interrupts: "Local timer interrupts"
    struct Unread {
        std::string path;
        std::string why;
    };
    std::vector<Unread> unread;
};

/// `root` holds proc/; another one for tests.
[[nodiscard]] NoiseReading read_noise(const std::filesystem::path& root = "/");

/// What came to a cpu in between; what did not move is left out.
[[nodiscard]] Noise noise_between(const NoiseReading& before, const NoiseReading& after, int cpu);

/// The largest of them first.
[[nodiscard]] std::vector<std::pair<std::string, std::uint64_t>> most_of(const Counts& counts);

}  // namespace shunt::perf::jitter
