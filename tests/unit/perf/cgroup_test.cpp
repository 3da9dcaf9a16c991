// SPDX-License-Identifier: MIT
#include <shunt_perf/cgroup.hpp>

#include "support/scratch.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace shunt::perf {
namespace {

namespace fs = std::filesystem;

// A root with groups of its own.
class CgroupOf : public testing::Test {
protected:
    void put(const std::string& path, const std::string& text) const {
        const fs::path file = root_ / path;
        fs::create_directories(file.parent_path());
        std::ofstream{file, std::ios::trunc} << text << "\n";
    }
    void second_version(const std::string& group, const std::string& from = "/") const {
        put("proc/self/cgroup", "0::" + group);
        put("proc/self/mountinfo",
            "20 1 0:1 / /proc rw - proc proc rw\n"
            "31 23 0:28 " +
                from + " /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate");
    }
    CpuGroups groups() const { return cpu_groups(root_); }

    sandbox::Scratch scratch_;
    fs::path root_{scratch_.path()};
};

TEST_F(CgroupOf, AHostWithoutGroupsHasNoLimit) {
    EXPECT_TRUE(groups().folders.empty());
    EXPECT_FALSE(groups().quota);
    EXPECT_FALSE(groups().throttled);
    second_version("/a");
    EXPECT_EQ(groups().folders.size(), 1u);
    EXPECT_FALSE(groups().quota) << "a group without the controller";
}

TEST_F(CgroupOf, TheTightestFromOurGroupToTheRootHolds) {
    second_version("/outer/inner");
    put("sys/fs/cgroup/outer/inner/cpu.max", "max 100000");
    EXPECT_FALSE(groups().quota);
    put("sys/fs/cgroup/outer/cpu.max", "150000 100000");
    ASSERT_TRUE(groups().quota);
    EXPECT_DOUBLE_EQ(groups().quota->cpus, 1.5);
    EXPECT_DOUBLE_EQ(groups().quota->period_ms, 100);
    EXPECT_TRUE(groups().quota->file.ends_with("sys/fs/cgroup/outer/cpu.max"));
    put("sys/fs/cgroup/outer/inner/cpu.max", "5000 10000");
    EXPECT_DOUBLE_EQ(groups().quota->cpus, 0.5);
    put("sys/fs/cgroup/cpu.max", "1000 100000");
    EXPECT_DOUBLE_EQ(groups().quota->cpus, 0.01) << "the mounted group is a container's own";
    EXPECT_EQ(groups().folders, std::vector<std::string>{"/sys/fs/cgroup/outer/inner"});
}

TEST_F(CgroupOf, AContainerFindsItsGroupWhereItIsMounted) {
    second_version("/docker/abc", "/docker/abc");
    put("sys/fs/cgroup/cpu.max", "200000 100000");
    EXPECT_DOUBLE_EQ(groups().quota.value().cpus, 2);
    second_version("/docker/abc/sub", "/docker/abc");
    put("sys/fs/cgroup/sub/cpu.max", "100000 100000");
    EXPECT_DOUBLE_EQ(groups().quota.value().cpus, 1);
    second_version("/docker/abcdef", "/docker/abc");
    EXPECT_DOUBLE_EQ(groups().quota.value().cpus, 2) << "another group's name begins like ours";
}

TEST_F(CgroupOf, TheFirstVersionIsAskedToo) {
    put("proc/self/cgroup", "9:cpuset:/\n4:cpu,cpuacct:/jobs/mine\n0::/");
    put("proc/self/mountinfo",
        "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw - cgroup cgroup rw,cpu,cpuacct\n"
        "34 31 0:31 / /sys/fs/cgroup/cpuset rw - cgroup cgroup rw,cpuset");
    put("sys/fs/cgroup/cpu,cpuacct/jobs/cpu.cfs_quota_us", "-1");
    put("sys/fs/cgroup/cpu,cpuacct/jobs/cpu.cfs_period_us", "100000");
    EXPECT_FALSE(groups().quota);
    put("sys/fs/cgroup/cpu,cpuacct/jobs/mine/cpu.cfs_quota_us", "120000");
    put("sys/fs/cgroup/cpu,cpuacct/jobs/mine/cpu.cfs_period_us", "40000");
    EXPECT_DOUBLE_EQ(groups().quota.value().cpus, 3);
    put("sys/fs/cgroup/cpu,cpuacct/jobs/mine/cpu.stat",
        "nr_periods 9\nnr_throttled 4\nthrottled_time 7000");
    EXPECT_EQ(groups().throttled, 4u);
    EXPECT_EQ(groups().throttled_ns, 7000u);
}

TEST_F(CgroupOf, ThrottledPeriodsOfAllGroupsAreAdded) {
    second_version("/a/b");
    put("sys/fs/cgroup/a/b/cpu.stat", "usage_usec 5\nnr_throttled 2\nthrottled_usec 30");
    put("sys/fs/cgroup/a/cpu.stat", "nr_throttled 3\nthrottled_usec 1");
    EXPECT_EQ(groups().throttled, 5u);
    EXPECT_EQ(groups().throttled_ns, 31'000u);
}

TEST_F(CgroupOf, WhatIsNoLimitIsNone) {
    second_version("/a");
    for (const char* text : {"", "max", "100000", "x 100000", "100000 0", "-5 100000"}) {
        put("sys/fs/cgroup/a/cpu.max", text);
        EXPECT_FALSE(groups().quota) << text;
    }
    put("proc/self/cgroup", "nothing");
    EXPECT_TRUE(groups().folders.empty());
}

// Whatever this host has.
TEST(Cgroup, OfThisHost) {
    const CpuGroups groups = cpu_groups();
    EXPECT_TRUE(!groups.quota || groups.quota->cpus > 0);
    EXPECT_TRUE(!groups.throttled || !groups.folders.empty());
}

}  // namespace
}  // namespace shunt::perf
