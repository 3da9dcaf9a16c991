// SPDX-License-Identifier: MIT
#include <shunt_perf/cpus.hpp>

#include <gtest/gtest.h>

#include <sched.h>
#include <unistd.h>
#include <fstream>
#include <stdexcept>

namespace shunt::perf {
namespace {

using Cpus = std::vector<int>;

TEST(CpuList, TakesNumbersRangesAndExclusionsInTheirOrder) {
    EXPECT_EQ(parse_cpu_list("3"), (Cpus{3}));
    EXPECT_EQ(parse_cpu_list("8,2"), (Cpus{8, 2}));
    EXPECT_EQ(parse_cpu_list("0-3,8,!2"), (Cpus{0, 1, 3, 8}));
    EXPECT_EQ(parse_cpu_list("!1-2,0-4"), (Cpus{0, 3, 4}));
}

TEST(CpuList, KeepsWhatIsNamedTwice) {
    EXPECT_EQ(parse_cpu_list("1,1"), (Cpus{1, 1}));
}

TEST(CpuList, RefusesWhatItCannotRead) {
    for (const char* bad :
         {"", ",", "1,", "a", "1-", "-1", "3-1", "1.5", "1 ", "99999", "!", "1--2", "4294967297"}) {
        EXPECT_THROW((void)parse_cpu_list(bad), std::invalid_argument) << '"' << bad << '"';
    }
}

TEST(CpuList, ErrorNamesTheOffendingPart) {
    try {
        (void)parse_cpu_list("0,x7,2");
        FAIL() << "accepted";
    } catch (const std::invalid_argument& error) {
        EXPECT_NE(std::string(error.what()).find("\"x7\""), std::string::npos) << error.what();
    }
}

TEST(Pinning, MovesTheThreadToEachAllowedCpu) {
    const Cpus before = allowed_cpus();
    ASSERT_FALSE(before.empty());
    for (const int cpu : before) {
        pin_to(cpu);
        EXPECT_EQ(sched_getcpu(), cpu);
        EXPECT_EQ(allowed_cpus(), Cpus{cpu});
    }
    pin_to(before);
    EXPECT_EQ(allowed_cpus(), before);
}

TEST(Pinning, FailsForACpuThatIsNotThere) {
    const Cpus before = allowed_cpus();
    EXPECT_THROW(pin_to(CPU_SETSIZE - 1), std::system_error);
    EXPECT_EQ(allowed_cpus(), before);
}

// A tree like sysfs with two hyper-threads on core 0 and one cpu on core 1, nodes 0 and 1.
class FakeSysfs : public testing::Test {
protected:
    FakeSysfs() {
        root_ = std::filesystem::temp_directory_path() / ("shunt-cpus-" + std::to_string(getpid()));
        for (int cpu = 0; cpu < 4; ++cpu) {
            const int core = cpu / 2;
            const std::string pair = std::to_string(core * 2) + "-" + std::to_string(core * 2 + 1);
            put(cpu, "topology/core_id", std::to_string(core));
            put(cpu, "topology/physical_package_id", "0");
            put(cpu, "topology/thread_siblings_list", cpu < 2 ? pair : std::to_string(cpu));
            put(cpu, "cache/index2/level", "2");
            put(cpu, "cache/index2/shared_cpu_list", cpu < 2 ? pair : std::to_string(cpu));
            put(cpu, "cache/index3/level", "3");
            put(cpu, "cache/index3/id", cpu == 3 ? "1" : "0");
            std::filesystem::create_directory(folder(cpu) / (cpu == 3 ? "node1" : "node0"));
        }
    }
    ~FakeSysfs() override { std::filesystem::remove_all(root_); }

    std::filesystem::path folder(int cpu) const {
        return root_ / "sys/devices/system/cpu" / ("cpu" + std::to_string(cpu));
    }
    void put(int cpu, const std::string& name, const std::string& text) {
        const auto path = folder(cpu) / name;
        std::filesystem::create_directories(path.parent_path());
        std::ofstream(path) << text << '\n';
    }

    std::filesystem::path root_;
};

TEST_F(FakeSysfs, PlaceTellsCoreCachesNodeAndSiblings) {
    const CpuPlace place = place_of(1, root_);
    EXPECT_EQ(place.core, 0);
    EXPECT_EQ(place.l2, 0);
    EXPECT_EQ(place.l3, 0);
    EXPECT_EQ(place.node, 0);
    EXPECT_EQ(place.smt_siblings, Cpus{0});
    EXPECT_TRUE(place.governor.empty());
    EXPECT_EQ(place_of(3, root_).node, 1);
}

TEST_F(FakeSysfs, RelationNamesTheNearestThingShared) {
    const auto between = [&](int a, int b) {
        return relation(place_of(a, root_), place_of(b, root_));
    };
    EXPECT_EQ(between(0, 0), "same cpu");
    EXPECT_EQ(between(0, 1), "smt siblings");
    EXPECT_EQ(between(0, 2), "same L3");
    EXPECT_EQ(between(0, 3), "other node");
    EXPECT_EQ(between(0, 9), "unknown");
}

}  // namespace
}  // namespace shunt::perf
