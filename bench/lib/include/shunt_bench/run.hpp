// SPDX-License-Identifier: MIT
//
// The measurements of `shunt bench` and how they are shown. Each forks pairs of pinned
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

/// Messages that are due at times of their own, whether or not the last one arrived; latency counts
/// from the time a message was due. As above.
[[nodiscard]] nlohmann::json run_openloop(const Config& config);

/// A message every so often, for both ways to consume. As above.
[[nodiscard]] nlohmann::json run_paced(const Config& config);

/// Each message to a process that sleeps in the kernel. As above; config.wait must be one that
/// sleeps.
[[nodiscard]] nlohmann::json run_wake(const Config& config);

/// The first messages after a channel was opened by new processes, one pair a repeat: with
/// prepare_rt(), with a rehearsal too, without either. As above.
[[nodiscard]] nlohmann::json run_coldstart(const Config& config);

/// The document of any of them, as text for a terminal: a table, a histogram, warnings. ASCII, no
/// colour, at most `columns` wide, ends in a newline.
[[nodiscard]] std::string render(const nlohmann::json& document, std::size_t columns = 100);

}  // namespace shunt::bench
