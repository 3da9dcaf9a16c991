// SPDX-License-Identifier: MIT
#include "bench/lib/src/witness.hpp"

#include "bench/lib/src/contenders/rivals.hpp"
#include "support/scratch.hpp"
#include "unit/bench/smoke.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
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
        config_.repeats = 3;
        config_.slice = 20ms;
        around_.root = root_;
        around_.sharing = [](int, int) { return perf::CoreSharing{0.99, 8}; };
    }
    void put(const std::string& path, const std::string& text) const {
        std::filesystem::create_directories((root_ / path).parent_path());
        std::ofstream{root_ / path, std::ios::trunc} << text << "\n";
    }
    void put_group(const std::string& most, unsigned throttled) const {
        put("proc/self/cgroup", "0::/a");
        put("proc/self/mountinfo", "31 23 0:28 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw");
        put("sys/fs/cgroup/a/cpu.max", most);
        put("sys/fs/cgroup/a/cpu.stat", "nr_throttled " + std::to_string(throttled));
    }
    json measured() const { return run(config_, Mode::pingpong, {&kMemcpy}, around_); }

    sandbox::Scratch scratch_;
    std::filesystem::path root_{scratch_.path()};  // of proc/ and sys/
    Surroundings around_;
};

TEST_F(WitnessOf, AClockThatKeepsTimeIsSaidWithItsFigures) {
    const json document = measured();
    const json& run = document.at("host").at("clock").at("run");
    if (document.at("host").at("clock").at("source") != "counter") {
        EXPECT_TRUE(run.is_null());
        return;
    }
    EXPECT_EQ(run.at("stretches"), document.at("result").at("repeats").size());
    EXPECT_GT(run.at("elapsed_ns"), 0);
    EXPECT_LT(std::abs(run.at("ppm").get<double>()), 1000);
}

TEST_F(WitnessOf, AClockThatDriftsIsAWarning) {
    around_.look = off_by(600);
    const json document = measured();
    const bool counter = document.at("host").at("clock").at("source") == "counter";
    EXPECT_EQ(has_warning(document, "clock_drift"), counter);
}

TEST_F(WitnessOf, AClockThatIsWrongEndsTheRun) {
    around_.look = off_by(20'000);
    try {
        const json document = measured();
        EXPECT_NE(document.at("host").at("clock").at("source"), "counter") << "believed";
    } catch (const Failure& failure) {
        EXPECT_EQ(failure.exit_code(), 7);
        EXPECT_NE(std::string(failure.what()).find("time stamp counter"), std::string::npos);
    }
}

TEST_F(WitnessOf, AQuotaThatAPairCannotLiveOnIsRefused) {
    put_group("150000 100000", 0);
    try {
        (void)measured();
        FAIL() << "measured the throttle";
    } catch (const Failure& failure) {
        EXPECT_EQ(failure.exit_code(), 7);
        for (const char* part : {"2 cpus", "a/cpu.max", "1.5", "100 ms", "CPUQuota"}) {
            EXPECT_NE(std::string(failure.what()).find(part), std::string::npos) << failure.what();
        }
    }
    put_group("200000 100000", 0);
    EXPECT_NO_THROW(refuse_throttled(2, around_));
    EXPECT_THROW(refuse_throttled(3, around_), Failure);
    put_group("max 100000", 0);
    EXPECT_NO_THROW(refuse_throttled(128, around_));
}

TEST_F(WitnessOf, AGroupThatWasThrottledMeanwhileIsAWarning) {
    put_group("max 100000", 7);
    json document = measured();
    EXPECT_FALSE(has_warning(document, "throttled"));
    EXPECT_EQ(document.at("host").at("cgroup").at("throttled"), 0);
    EXPECT_TRUE(document.at("host").at("cgroup").at("quota_cpus").is_null());
    unsigned looks = 0;
    around_.sharing = [&](int, int) {
        put_group("max 100000", 7 + looks++);
        return std::nullopt;
    };
    document = measured();
    EXPECT_TRUE(has_warning(document, "throttled"));
    EXPECT_EQ(document.at("host").at("cgroup").at("throttled"), looks - 1);
    EXPECT_EQ(document.at("host").at("cgroup").at("folders"), json::array({"/sys/fs/cgroup/a"}));
}

TEST_F(WitnessOf, CpusOfTheirOwnAreSaidWithTheirFigures) {
    const json document = measured();
    const json& cores = document.at("host").at("cpus_measured");
    EXPECT_EQ(cores.at("before").at("together"), 0.99);
    EXPECT_EQ(cores.at("after").at("shared_core"), false);
    EXPECT_EQ(cores.at("shared"), 0);
    EXPECT_EQ(cores.at("looks"), document.at("result").at("repeats").size() + 1);
    EXPECT_FALSE(has_warning(document, "smt_measured"));
}

TEST_F(WitnessOf, CpusThatBecomeOneCoreMeanwhileAreAWarningAndInTheirRepeats) {
    unsigned looks = 0;
    around_.sharing = [&](int, int) { return perf::CoreSharing{++looks > 2 ? 0.52 : 1, 8}; };
    const json document = measured();
    EXPECT_TRUE(has_warning(document, "smt_measured"));
    const json& cores = document.at("host").at("cpus_measured");
    EXPECT_EQ(cores.at("before").at("shared_core"), false);
    EXPECT_EQ(cores.at("after").at("shared_core"), true);
    EXPECT_EQ(cores.at("shared"), looks - 2);
    const json& repeats = document.at("result").at("repeats");
    EXPECT_EQ(repeats.at(0).at("disturbance").at("cpus_together"), 1);
    EXPECT_EQ(repeats.at(1).at("disturbance").at("cpus_together"), 0.52);
    around_.sharing = [](int, int) { return std::nullopt; };
    const json unknown = measured();
    EXPECT_FALSE(has_warning(unknown, "smt_measured"));
    EXPECT_TRUE(unknown.at("host").at("cpus_measured").at("after").is_null());
}

TEST_F(WitnessOf, TimeThatAHypervisorStoleIsOfItsRepeat) {
    const std::vector<int> cpus = perf::allowed_cpus();
    config_.cpus = {cpus[0], cpus[1]};
    unsigned ticks = 0;
    const perf::ClockWatch::Look look = around_.look;
    around_.look = [&] {  // between what the witness reads of two repeats
        put("proc/stat", "cpu" + std::to_string(cpus[1]) + " 1 2 3 4 5 6 7 " +
                             std::to_string(ticks += 500) + " 0 0");
        return look();
    };
    const json document = measured();
    for (const json& repeat : document.at("result").at("repeats")) {
        const json& disturbance = repeat.at("disturbance");
        EXPECT_TRUE(disturbance.at("stolen_ns").at(0).is_null());
        EXPECT_GE(disturbance.at("stolen_ns").at(1), 500'000'000u);
        EXPECT_EQ(disturbance.at("matters"), true);
        EXPECT_GT(disturbance.at("elapsed_ns"), 0);
    }
    EXPECT_EQ(document.at("result").at("disturbed"), document.at("result").at("repeats").size());
    EXPECT_TRUE(has_warning(document, "disturbed"));
}

TEST_F(WitnessOf, WhoWasPreemptedIsToldByRowAndByRepeat) {
    const json document = measured();
    for (const json& repeat : document.at("result").at("repeats")) {
        const json& all = repeat.at("disturbance").at("preempted");
        const json& row = repeat.at("sizes").at(0).at("rows").at("memcpy").at("preempted");
        ASSERT_EQ(all.size(), 2u);
        const bool known = perf::interruptions().waited_ns >= 0;
        EXPECT_EQ(repeat.at("disturbance").at("waited_ns").at(1).is_number(), known);
        for (const std::size_t side : {0u, 1u}) {
            EXPECT_LE(row.at(side), all.at(side));
        }
    }
}

TEST_F(WitnessOf, TheHostsStampHasWhatTheKernelsFilesSay) {
    put("proc/loadavg", "1.00 2.00 3.00 1/2 3");
    for (const int cpu : perf::allowed_cpus()) {
        put("sys/devices/system/cpu/cpu" + std::to_string(cpu) + "/cpufreq/scaling_cur_freq",
            "3000000");
    }
    const json host = measured().at("host");
    EXPECT_EQ(host.at("load").at("before"), (json{1.0, 2.0, 3.0}));
    EXPECT_EQ(host.at("load").at("after"), (json{1.0, 2.0, 3.0}));
    for (const json& cpu : host.at("cpus")) {
        EXPECT_EQ(cpu.at("frequency").at("current_khz"), 3'000'000);
        EXPECT_TRUE(cpu.contains("smt_siblings"));
    }
    EXPECT_TRUE(host.at("mitigations").is_null());
    EXPECT_TRUE(host.at("cpu_model").is_string());
}

TEST(DisturbanceOf, APreemptionNowAndThenDoesNotMatterAndManyDo) {
    Disturbance disturbance{1e9, {{{20, -1}, {0, -1}}}, {}, {}};
    EXPECT_FALSE(disturbance.matters());
    disturbance.taken[0].preempted = 21;
    EXPECT_TRUE(disturbance.matters());
    disturbance.taken[0].waited_ns = 10'000'000;
    EXPECT_FALSE(disturbance.matters()) << "they came often and went at once";
    disturbance.taken[0].waited_ns = 10'000'001;
    EXPECT_TRUE(disturbance.matters());
    disturbance.taken[0].preempted = 20;
    EXPECT_FALSE(disturbance.matters()) << "sleepers stand in a queue after each wake-up";
    disturbance.taken[0] = {21, -1};
    disturbance.elapsed_ns = 10e9;
    EXPECT_FALSE(disturbance.matters()) << "two a second";
    disturbance.elapsed_ns = 1e6;
    disturbance.taken = {{{0, -1}, {2, -1}}};
    EXPECT_FALSE(disturbance.matters()) << "two in a millisecond are a rate of nothing";
    disturbance.taken = {};
    disturbance.elapsed_ns = 1e9;
    disturbance.stolen_ns = {std::nullopt, 10'000'000};
    EXPECT_FALSE(disturbance.matters());
    disturbance.stolen_ns[1] = 20'000'000;
    EXPECT_TRUE(disturbance.matters());
}

}  // namespace
}  // namespace shunt::bench
