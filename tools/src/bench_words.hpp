// SPDX-License-Identifier: MIT
//
// What the sub-commands of `shunt bench` share.
#pragma once

#include <shunt_bench/config.hpp>

#include <string>

namespace CLI {
class App;
}

namespace shunt::tools {

struct Invocation;

/// "spsc", "mpsc", "mpmc", "broadcast". Throws std::invalid_argument.
[[nodiscard]] bench::Kind bench_kind_of(const std::string& word);

/// `shunt bench fanin`, `fanout` and `slow`, to be added to `shunt bench`.
void add_fanin(CLI::App& bench, Invocation& invocation);
void add_fanout(CLI::App& bench, Invocation& invocation);
void add_slow(CLI::App& bench, Invocation& invocation);

}  // namespace shunt::tools
