// SPDX-License-Identifier: MIT
//
// Several producers, one or several consumers, a process each, as fast as they can: how many
// messages a second get through in all, and how fairly they are shared out among the producers.
#pragma once

#include <shunt_bench/config.hpp>

#include <nlohmann/json.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace shunt::bench {

struct FaninConfig {
    Kind kind = Kind::mpsc;  // or mpmc
    std::uint32_t producers = 2;
    std::uint32_t consumers = 1;           // more than one: of mpmc
    std::size_t size = 8;                  // payload bytes
    std::uint64_t capacity = 1024;         // messages; of mpsc: of each lane
    shunt::wait wait = shunt::wait::park;  // spin, spin_pause: in a polling channel
    shunt::pages pages = shunt::pages::prefer_huge;
    std::vector<int> cpus;  // pinned to them in turn; empty: where the scheduler puts them
    unsigned repeats = 9;
    std::chrono::milliseconds slice{200};  // measured part of a repeat
    std::function<void(const Progress&)> progress;
    std::function<bool()> interrupted;  // as in Config
};

/// Each message is checked for its content and the order of its producer. Returns the whole
/// document {schema, tool, host, args, result, warnings, ok}: result.msgs_per_s {median, low,
/// high}, and result.jain, of the numbers of each producer's messages that arrived: 1 where all had
/// the same share, 1 / producers where one had all. Blocking; forks. Throws Failure.
[[nodiscard]] nlohmann::json run_fanin(const FaninConfig& config);

/// The document as text for a terminal, ending in a newline.
[[nodiscard]] std::string render_fanin(const nlohmann::json& document);

/// Jain's index of shares: (sum x)^2 / (n sum x^2). 0 of none.
[[nodiscard]] double jain_index(const std::vector<double>& shares) noexcept;

}  // namespace shunt::bench
