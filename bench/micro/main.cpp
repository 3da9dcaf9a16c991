// SPDX-License-Identifier: MIT
//
// shunt_micro: what single calls cost, each by itself. One thread does both sides, so every line
// stays in its caches and nothing crosses between cores: good for finding a lost cycle between two
// commits, never for a latency between processes, nor for a rate of two. `shunt bench` has those.
#include "bench/micro/allocators.hpp"

#include <shunt/core/error.hpp>

#include <benchmark/benchmark.h>

#include <cstdio>

int main(int argc, char** argv) {
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) {
        return 1;
    }
    shunt::micro::add_calls_for_huge_pages();
    try {
        benchmark::RunSpecifiedBenchmarks();
    } catch (const shunt::Error& error) {  // memory was refused
        std::fprintf(stderr, "shunt_micro: %s\n", error.what());
        return 1;
    }
    benchmark::Shutdown();
    return 0;
}
