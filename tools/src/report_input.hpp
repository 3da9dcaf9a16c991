// SPDX-License-Identifier: MIT
//
// A document of measurements, as `shunt bench`, `shunt c2c`, `shunt jitter` and `shunt-peers` write
// with --json, for those who show it. It may come from anywhere: whatever is wrong with one is a
// Failure that says so, and where.
#pragma once

#include "document_part.hpp"

#include <shunt_perf/histogram.hpp>
#include <shunt_perf/statistics.hpp>

#include <nlohmann/json.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace shunt::tools {

/// ns by name, "p50"; what is not there had too few samples. And "samples".
using Percentiles = std::map<std::string, double, std::less<>>;

/// What one contender did with messages of one size.
struct MeasuredRow {
    std::string name;
    std::optional<Percentiles> latencies;      // else rates
    std::optional<perf::Histogram> histogram;  // ns
    std::optional<double> rate;                // messages a second
    std::optional<double> lowest_rate;
    std::optional<double> highest_rate;
    std::optional<double> ratio;  // shunt over it, the median of paired repeats
    nlohmann::json about;         // what it is, in words: an object, or null
    bool round_trip = false;      // else one way
    bool blocks = false;          // its reader sleeps; else it polls
    bool in_threads = false;      // between two of one process; else two processes
    bool oversubscribed = false;  // more threads than cpus

    /// The figure `name` of its percentiles, "p50", in ns; nothing: there were too few samples.
    [[nodiscard]] std::optional<double> percentile(std::string_view of) const;
};

/// What one row came to in one repeat.
struct RepeatRow {
    std::optional<double> figure;  // p50 in ns, or messages a second
    std::optional<double> p99;     // in ns
    std::optional<double> longest;
};

struct Repeat {
    bool counted;
    std::string why_not;          // empty: it counts
    std::optional<double> at_ns;  // when it ended, since the first began
    std::optional<double> floor;  // ns, the mean of the one before and the one behind
    std::map<std::string, RepeatRow, std::less<>> rows;
};

/// Shunt's row comes first. What was measured one way and stands for a round trip too is twice
/// there.
struct MeasuredSize {
    std::uint64_t size;
    std::string setting;  // what else it is of, "1000000/s", "wait park"; may be empty
    std::vector<MeasuredRow> rows;
    std::vector<Repeat> repeats;
};

struct Measured {
    std::string path;
    std::string text;  // the file, as it is
    nlohmann::json document;
    std::string command;  // "bench-pingpong", "peers", "c2c"
    // Of those that have rows of contenders; else none.
    std::vector<MeasuredSize> sizes;

    /// Latencies were measured, else rates.
    [[nodiscard]] bool latencies() const;
};

/// "-" is stdin. Throws Failure.
[[nodiscard]] Measured read_measured(const std::string& path);

/// `.result.points`, `.result.sweep` or `.result.sizes`; else the result itself, which is of one
/// size. Of those that has_rows() says. Throws Damaged.
[[nodiscard]] std::vector<Part> sizes_of(const Part& result);

/// The {median, low, high} that is its member `key`; nothing where it is null or not there. Throws
/// Damaged.
[[nodiscard]] std::optional<perf::Spread> spread_of(const Part& in, const std::string& key);

/// Of its "hdr"; nothing: it has none, or an empty text. Throws Damaged.
[[nodiscard]] std::optional<perf::Histogram> histogram_of(const Part& row);

/// Documents of rows of contenders: those of two that send to each other.
[[nodiscard]] bool has_rows(std::string_view command);

}  // namespace shunt::tools
