// SPDX-License-Identifier: MIT
#include "bench_crowd.hpp"

#include <CLI/CLI.hpp>

namespace shunt::tools {

void add_crowd_options(CLI::App& sub, CrowdArguments& given, const std::string& pinned) {
    sub.add_option("--size", given.size, "Payload bytes: 8, 24, 56, 64, 248, 1024")
        ->type_name("N")
        ->check(parses(parse_bytes))
        ->capture_default_str();
    sub.add_option("--cpus", given.cpus, pinned)
        ->type_name("A,B,...")
        ->check(parses([](const std::string& text) { return perf::parse_cpu_list(text); }));
    sub.add_option("--wait", given.wait, "park, adaptive; in a polling channel spin, spin_pause")
        ->type_name("W")
        ->check(parses(wait_of))
        ->capture_default_str();
    sub.add_option("--pages", given.pages, "4k, thp, 2m, 1g, prefer")
        ->type_name("P")
        ->check(parses(pages_of))
        ->capture_default_str();
}

}  // namespace shunt::tools
