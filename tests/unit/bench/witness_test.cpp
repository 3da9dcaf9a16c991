// SPDX-License-Identifier: MIT
#include "bench/lib/src/witness.hpp"

#include "bench/lib/src/contenders/rivals.hpp"
#include "unit/bench/smoke.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace shunt::bench {
namespace {

bool has_warning(const json& document, const char* id) {
    for (const json& warning : document.at("warnings")) {
        if (warning.at("id") == id) {
            return true;
        }
    }
    return false;
}

// The counter of this host as a watch sees it, so many ppm too fast.
perf::ClockWatch::Look off_by(double ppm) {
    const perf::ClockMoment begin = perf::clock_moment();
    return [begin, ppm] {
        perf::ClockMoment now = perf::clock_moment();
        now.ticks +=
            static_cast<std::uint64_t>(static_cast<double>(now.ticks - begin.ticks) * ppm / 1e6);
        return now;
    };
}

class WitnessOf : public Smoke {
protected:
    void SetUp() override {
        Smoke::SetUp();
        if (!perf::Clock::calibrate().is_counter()) {
            GTEST_SKIP() << "no counter that may be trusted";
        }
        config_.repeats = 3;
        config_.slice = 20ms;
    }
    Surroundings around_;
};

TEST_F(WitnessOf, AClockThatKeepsTimeIsSaidWithItsFigures) {
    const json document = run(config_, Mode::pingpong, {&kMemcpy}, around_);
    const json& run = document.at("host").at("clock").at("run");
    EXPECT_EQ(run.at("stretches"), document.at("result").at("repeats").size());
    EXPECT_GT(run.at("elapsed_ns"), 0);
    EXPECT_LT(std::abs(run.at("ppm").get<double>()), 1000);
}

TEST_F(WitnessOf, AClockThatDriftsIsAWarning) {
    around_.look = off_by(600);
    EXPECT_TRUE(has_warning(run(config_, Mode::pingpong, {&kMemcpy}, around_), "clock_drift"));
}

TEST_F(WitnessOf, AClockThatIsWrongEndsTheRun) {
    around_.look = off_by(20'000);
    try {
        (void)run(config_, Mode::pingpong, {&kMemcpy}, around_);
        FAIL() << "believed";
    } catch (const Failure& failure) {
        EXPECT_EQ(failure.exit_code(), 7);
        EXPECT_NE(std::string(failure.what()).find("time stamp counter"), std::string::npos);
    }
}

}  // namespace
}  // namespace shunt::bench
