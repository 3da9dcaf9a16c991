// SPDX-License-Identifier: MIT
//
// A run of a few milliseconds: that it ran, and what it has to have of each row.
#pragma once

#include "bench/lib/src/run.hpp"
#include "unit/bench/own_directory.hpp"

#include <shunt_bench/run.hpp>
#include <shunt_perf/cpus.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>

namespace shunt::bench {

using namespace std::chrono_literals;
using nlohmann::json;

class Smoke : public OwnDirectory {
protected:
    void SetUp() override {
        if (perf::allowed_cpus().size() < 2) {
            GTEST_SKIP() << "one cpu only";
        }
        config_.repeats = 1;
        config_.slice = 2ms;
        config_.pages = shunt::pages::base;
    }

    static constexpr int kForAMedian = 20;
    // Room for so many round trips where each wakes two sleepers.
    static constexpr auto kSleepers = 40ms;

    // Whether repeats counted, and whether there was time for what a median takes, is the
    // machine's affair; that they ran is ours.
    static void expect_raw(const json& document, std::string_view row, const char* unit) {
        const json& repeats = document.at("result").at("repeats");
        ASSERT_FALSE(repeats.empty());
        double before_ms = 0;
        for (const json& repeat : repeats) {
            EXPECT_GT(repeat.at("at_ms"), before_ms) << "each ends behind the one before";
            before_ms = repeat.at("at_ms").get<double>();
            for (const json& size : repeat.at(repeat.contains("points") ? "points" : "sizes")) {
                ASSERT_TRUE(size.at("rows").contains(row)) << row;
                const json& raw = size.at("rows").at(std::string(row));
                const auto samples = raw.at("samples").get<int>();
                EXPECT_TRUE(raw.at(unit).is_number() || (samples > 0 && samples < kForAMedian))
                    << raw;
            }
        }
    }
    static void expect_rate(const json& document, std::string_view row) {
        expect_raw(document, row, "msgs_per_s");
        for (const json& repeat : document.at("result").at("repeats")) {
            for (const json& size : repeat.at("sizes")) {
                EXPECT_GT(size.at("rows").at(std::string(row)).at("msgs_per_s"), 0) << row;
            }
        }
    }

    Config config_;
};

}  // namespace shunt::bench
