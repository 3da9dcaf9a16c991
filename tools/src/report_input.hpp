// SPDX-License-Identifier: MIT
//
// A document of measurements, as `shunt bench` and `shunt-peers` write with --json, for those who
// show it. It may come from anywhere: whatever is wrong with one is a Failure that says so.
#pragma once

#include <shunt_perf/histogram.hpp>

#include <nlohmann/json.hpp>

#include <optional>
#include <string>
#include <vector>

namespace shunt::tools {

/// What one contender did with messages of one size.
struct MeasuredRow {
    std::string name;
    nlohmann::json figures;  // one_way_ns or round_trip_ns, msgs_per_s, about, ...: as in the file
    std::optional<perf::Histogram> histogram;  // ns
    std::optional<double> ratio;               // shunt over it, the median of paired repeats
    bool round_trip = false;                   // else one way

    /// Its reader sleeps; else it polls.
    [[nodiscard]] bool blocks() const;
    /// Between two threads of one process; else two processes.
    [[nodiscard]] bool in_threads() const;

    /// The figure `name` of its percentiles, "p50", in ns; nothing: there were too few samples.
    [[nodiscard]] std::optional<double> percentile(const char* name) const;
    [[nodiscard]] std::optional<double> rate() const;  // messages a second
};

/// Shunt's row comes first. What was measured one way and stands for a round trip too is twice
/// there.
struct MeasuredSize {
    std::uint64_t size;
    std::string pace;  // of an open loop: "1000000/s"; else empty
    std::vector<MeasuredRow> rows;
};

struct Repeat {
    bool counted;
    std::vector<std::pair<std::string, double>> figures;  // of the first size: row, ns or 1/s
};

struct Measured {
    std::string path;
    std::string text;  // the file, as it is
    nlohmann::json document;
    std::string command;  // "bench-pingpong", "peers"
    std::vector<MeasuredSize> sizes;
    std::vector<Repeat> repeats;

    /// Latencies were measured, else rates.
    [[nodiscard]] bool latencies() const;
};

/// "-" is stdin. Throws Failure.
[[nodiscard]] Measured read_measured(const std::string& path);

}  // namespace shunt::tools
