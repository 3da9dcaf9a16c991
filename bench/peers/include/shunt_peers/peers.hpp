// SPDX-License-Identifier: MIT
//
// What else passes messages between two processes of a host, beside shunt in the same repeats,
// between the same floors. A peer is known by its key: "pipe", "unix_stream".
#pragma once

#include <shunt_bench/config.hpp>

#include <nlohmann/json.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace shunt::peers {

/// All of them, in the order in which they are measured.
[[nodiscard]] std::vector<std::string_view> all_keys();

/// Message sizes that a run may have: those for which a port that sleeps is compiled.
[[nodiscard]] std::span<const std::size_t> sizes() noexcept;

/// Why that peer is a key and no more: "not built: no zeromq (libzmq3-dev)"; empty: it was built.
[[nodiscard]] std::string_view not_built(std::string_view key);

/// What that peer is: {what, between: processes or threads, processes, helper_threads, helpers,
/// oversubscribed: these have no cpu but the pair's, group: polls, threads, blocks or
/// request_reply, throughput: whether it is measured, waits: busy or blocking, copies, capacity,
/// order, settings, version}. Throws std::invalid_argument for a key that is none, or that was not
/// built.
[[nodiscard]] nlohmann::json about(std::string_view key);

/// The document of run_pingpong (shunt_bench/run.hpp) with a row for each of these peers, all where
/// there are none, and for shunt-park: shunt in a wakeable channel. A peer's row has `about` in it,
/// and its command. `paired_park` beside `paired`: the same ratios of shunt-park. Where some of
/// them are threads of one process there is shunt-threads too, and `paired_threads` for these. A
/// row of requests and replies has `round_trip_ns` in place of `one_way_ns`, and then shunt's rows
/// have it too. `lowest.GROUP`: the key of the lowest median of a row that is not oversubscribed.
/// What the kernel does not have, or was not built, is in `.result.absent.KEY`, and why.
/// config.kind and peers are not looked at. Blocking; forks. Throws bench::Failure,
/// std::invalid_argument for a key that is none.
[[nodiscard]] nlohmann::json measure(const bench::Config& config,
                                     const std::vector<std::string>& keys);

/// The document of run_throughput with the same rows, as far as a writer can be ahead of its
/// reader; the others are in `.result.absent`. `highest.GROUP` in place of `lowest`. As above.
[[nodiscard]] nlohmann::json measure_throughput(const bench::Config& config,
                                                const std::vector<std::string>& keys);

/// The document of run_throughput with the same rows, as far as a writer can be ahead of its
/// reader; the others are in `.result.absent`. `highest.GROUP` in place of `lowest`. As above.
[[nodiscard]] nlohmann::json measure_throughput(const bench::Config& config,
                                                const std::vector<std::string>& keys);

}  // namespace shunt::peers
