// SPDX-License-Identifier: MIT
//
// Options that several sub-commands have, and what their words mean to the library.
#pragma once

#include "peer_watch.hpp"
#include "quantity.hpp"

#include <shunt/channel/options.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace shunt::tools {

/// As they stand on the command line.
struct PortWords {
    std::string pages;     // empty: prefer
    std::string node;      // empty: any
    std::string capacity;  // empty: as the channel is
    std::string cpu;       // empty: any
    std::string wait = "park";
    double open_timeout = 30;
    double peer_timeout = 30;
};

/// --pages, --node, --capacity
void add_geometry(CLI::App& app, PortWords& words);
/// --wait, --cpu, --open-timeout, --peer-timeout; `peer` is the other side's name.
void add_waiting(CLI::App& app, PortWords& words, const std::string& peer);

/// --cpus of what measures on several cpus.
void add_cpus(CLI::App& app, std::string& cpus);
/// Those of its list, in its order; of an empty one all that this process may use. Throws Failure:
/// refused where one is named twice or there are fewer than `least`, usage where one may not be
/// used.
[[nodiscard]] std::vector<int> measured_cpus(const std::string& list, std::size_t least);

[[nodiscard]] Options options_of(const PortWords& words);
[[nodiscard]] Patience patience_of(const PortWords& words);

/// "4k", "thp", "2m", "1g", "prefer" or empty; a number, "auto", "interleave", "any" or empty; a
/// number or empty; "spin", "spin_pause", "park". Throw std::invalid_argument.
[[nodiscard]] pages pages_of(const std::string& word);
[[nodiscard]] std::int32_t node_of(const std::string& word);
[[nodiscard]] std::int32_t cpu_of(const std::string& word);
[[nodiscard]] wait wait_of(const std::string& word);
/// "gated", "lossy", "conflate"; "block", "evict", "drop". Throw std::invalid_argument.
[[nodiscard]] policy policy_of(const std::string& word);
[[nodiscard]] std::string_view to_string(policy policy) noexcept;
[[nodiscard]] on_slow on_slow_of(const std::string& word);

}  // namespace shunt::tools
