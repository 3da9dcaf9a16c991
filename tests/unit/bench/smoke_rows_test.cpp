// SPDX-License-Identifier: MIT
//
// Rows that are not two processes or not one way: two threads of one process, and calls that are
// answered.
#include "bench/lib/src/contenders/rivals.hpp"
#include "bench/lib/src/contenders/shunt.hpp"
#include "bench/lib/src/loops.hpp"
#include "unit/bench/smoke.hpp"

#include <shunt/core/bytes.hpp>

#include <unistd.h>
#include <cstdint>
#include <string>

namespace shunt::bench {
namespace {

// Two sides that know of each other who they are, and that they are threads of one process.
void run_as_threads(Stage& stage) {
    struct Who {
        pid_t pid;
        pid_t thread;
    };
    Who* const who = object_at<Who>(stage.task().memory + 2048);
    who[stage.side()] = {::getpid(), ::gettid()};
    stage.meet();
    const Who& other = who[1 - stage.side()];
    if (other.pid != ::getpid() || other.thread == ::gettid() || perf::allowed_cpus().size() != 1) {
        throw Failure(Exit::runtime, "these are no two pinned threads of one process");
    }
    stage.meet();
    kFutex.run(stage);
}

std::uint64_t some_memory(const Task&) {
    return 4096;
}

TEST_F(Smoke, TwoThreadsOfOneProcessBetweenRowsOfTwoProcesses) {
    config_.slice = kSleepers;
    const Contender threads{"threads", [](const Task&) {}, some_memory, run_as_threads, true};
    const json document =
        run(config_, Mode::pingpong, {&kShunt, &threads, &kFutex, &kShuntThreads});
    for (const char* row : {"shunt", "threads", "futex", "shunt-threads"}) {
        expect_raw(document, row, "p50_ns");
    }
    expect_rate(run(config_, Mode::throughput, {&kShunt, &threads, &kShuntThreads}),
                "shunt-threads");
}

TEST_F(Smoke, WhatEitherThreadThrowsEndsTheRunWithItsText) {
    for (const unsigned side : {0u, 1u}) {
        static unsigned thrower;
        thrower = side;
        const Contender threads{"threads", [](const Task&) {}, some_memory,
                                [](Stage& stage) {
                                    if (stage.side() == thrower) {
                                        throw Failure(Exit::refused,
                                                      "side " + std::to_string(thrower));
                                    }
                                    stage.meet();
                                },
                                true};
        try {
            (void)run(config_, Mode::pingpong, {&kShunt, &threads});
            ADD_FAILURE() << "the run ended well";
        } catch (const Failure& failure) {
            EXPECT_EQ(failure.what(), "side " + std::to_string(side));
            EXPECT_EQ(failure.exit_code(), static_cast<int>(Exit::refused));
        }
    }
}

TEST_F(Smoke, ARowOfCallsTellsItsWholeRoundTrip) {
    config_.slice = kSleepers;
    const Contender calls{"calls", [](const Task&) {}, kFutex.memory_bytes, kFutex.run, false,
                          true};
    const json result = run(config_, Mode::pingpong, {&kShunt, &calls}).at("result");
    const json& row = result.at("peers").at("calls");
    EXPECT_FALSE(row.contains("one_way_ns"));
    const json& raw = result.at("repeats").at(0).at("sizes").at(0);
    if (raw.at("counted") && raw.at("rows").at("calls").at("p50_ns").is_number() &&
        result.at("repeats").size() == 1) {
        EXPECT_NEAR(row.at("round_trip_ns").at("p50").get<double>(),
                    2 * raw["rows"]["calls"]["p50_ns"].get<double>(), 0.02);
    }
}

}  // namespace
}  // namespace shunt::bench
