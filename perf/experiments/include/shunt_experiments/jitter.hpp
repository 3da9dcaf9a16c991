// SPDX-License-Identifier: MIT
//
// Jitter: when and for how long a cpu does something else. A thread on each cpu reads the clock
// without end, and what lies between two readings is a gap that a program there would have felt;
// or, as jHiccup has it, it sleeps to the next of evenly spaced times, and what it is late is. All
// memory is there and touched before anybody watches. Who took the time is asked in noise.hpp.
#pragma once

#include <shunt_perf/clock.hpp>
#include <shunt_perf/histogram.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <limits>
#include <vector>

namespace shunt::perf::jitter {

/// From the last reading before it to the first behind it; time counts from the start.
struct Gap {
    std::uint64_t at_ns;
    std::uint64_t length_ns;
};

struct Config {
    std::vector<int> cpus;  // each once
    std::uint64_t duration_ns = 10'000'000'000;
    std::uint64_t threshold_ns = 1000;  // gaps of at least this
    /// Sleep in place of spinning, so that somebody else can use the cpus: a look each interval_ns.
    bool sleep = false;
    std::uint64_t interval_ns = 1'000'000;
    std::size_t most_listed = 65'536;  // gaps of a cpu; those beyond are counted
    /// On the caller's thread: when every cpu is ready, just before they begin.
    std::function<void()> ready;
    /// On the caller's thread: waits that long at most; false ends the run early. Empty: never.
    std::function<bool(std::chrono::nanoseconds)> pause;
};

/// What one cpu saw.
struct Watched {
    int cpu = -1;
    Histogram gaps;         // ns
    std::vector<Gap> list;  // ascending, disjoint
    std::uint64_t unlisted = 0;
    std::uint64_t lost_ns = 0;     // all gaps together
    std::uint64_t watched_ns = 0;  // from the first look to the last
    std::uint64_t shortest_ns = std::numeric_limits<std::uint64_t>::max();  // between two looks
    std::uint64_t voluntary = 0;    // context switches of the thread
    std::uint64_t involuntary = 0;  // those that others were let in by
};

struct Result {
    std::vector<Watched> cpus;  // in order of config.cpus
    Clock clock;
    double start_s = 0;  // since the epoch
    bool partial = false;
};

/// Blocking, for the duration. Throws std::system_error where a thread cannot be made or pinned.
[[nodiscard]] Result measure(const Config& config);

/// How probable it is that an operation of `operation_ns` that begins between two gaps is hit by
/// one.
[[nodiscard]] double chance_of_a_hit(const Watched& watched, std::uint64_t operation_ns);

}  // namespace shunt::perf::jitter
