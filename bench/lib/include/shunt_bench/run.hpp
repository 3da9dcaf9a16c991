// SPDX-License-Identifier: MIT
//
// The two measurements of `shunt bench` and how they are shown. Each forks pairs of pinned
// processes and takes 20 to 60 seconds a size. Blocking, not thread-safe, not for a process with
// signal handlers for its children: it reaps exactly those that it made.
#pragma once

#include <shunt_bench/config.hpp>

#include <nlohmann/json.hpp>

#include <string>

namespace shunt::bench {

/// One message there and one back, and so on. Returns the whole document {schema, tool, host, args,
/// result, warnings, ok} of docs/benchmarking.md. Throws Failure.
[[nodiscard]] nlohmann::json run_pingpong(const Config& config);

/// One producer, one consumer, as fast as they can. As above.
[[nodiscard]] nlohmann::json run_throughput(const Config& config);

/// The document of either as text for a terminal: a table, a histogram, warnings. ASCII, no colour,
/// at most `columns` wide, ends in a newline.
[[nodiscard]] std::string render(const nlohmann::json& document, std::size_t columns = 100);

}  // namespace shunt::bench
