// SPDX-License-Identifier: MIT
#include <shunt_perf/host_facts.hpp>

#include "support/scratch.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace shunt::perf {
namespace {

namespace fs = std::filesystem;
using nlohmann::json;

class HostOf : public testing::Test {
protected:
    void put(const std::string& path, const std::string& text) const {
        const fs::path file = root_ / path;
        fs::create_directories(file.parent_path());
        std::ofstream{file, std::ios::trunc} << text << "\n";
    }
    void put_cpus(const std::string& path, const std::string& text) const {
        put("sys/devices/system/cpu/" + path, text);
    }
    json facts() const { return host_facts(root_); }

    sandbox::Scratch scratch_;
    fs::path root_{scratch_.path()};
};

TEST_F(HostOf, WhatAKernelDoesNotShowIsNull) {
    const json facts = host_facts(root_);
    for (const char* key : {"microcode", "kernel_arguments", "boost", "mitigations",
                            "numa_balancing", "cpus_nohz_full", "temperatures_c", "uptime_s"}) {
        EXPECT_TRUE(facts.at(key).is_null()) << key;
    }
    EXPECT_TRUE(facts.at("memory").at("total_bytes").is_null());
    EXPECT_TRUE(facts.at("pages").at("transparent").is_null());
    EXPECT_TRUE(facts.at("pages").at("pools").empty());
    const json cpu = cpu_facts(0, root_);
    EXPECT_TRUE(cpu.at("frequency").at("current_khz").is_null());
    EXPECT_TRUE(cpu.at("caches_bytes").at("l2").is_null());
    EXPECT_TRUE(cpu.at("throttled").at("core").is_null());
    EXPECT_TRUE(load_averages(root_).is_null());
    EXPECT_EQ(facts.at("libc").get<std::string>().rfind("glibc 2.", 0), 0u);
    EXPECT_TRUE(facts.at("scheduling").at("policy").is_string());
}

TEST_F(HostOf, OfTheCommandLineOnlyWhatBearsOnSpeedIsTold) {
    put("proc/cmdline",
        "BOOT_IMAGE=/vmlinuz root=UUID=1234 isolcpus=managed_irq,2-3 nohz_full=2-3 nosmt "
        "processor.max_cstate=1 password=secret mitigations=off isolcpusx=1");
    EXPECT_EQ(facts().at("kernel_arguments"),
              json::array({"isolcpus=managed_irq,2-3", "nohz_full=2-3", "nosmt",
                           "processor.max_cstate=1", "mitigations=off"}));
    put("proc/cmdline", "quiet");
    EXPECT_EQ(facts().at("kernel_arguments"), json::array());
}

TEST_F(HostOf, BoostIsWhatEitherDriverSays) {
    put_cpus("intel_pstate/no_turbo", "1");
    EXPECT_EQ(facts().at("boost"), false);
    put_cpus("intel_pstate/no_turbo", "0");
    EXPECT_EQ(facts().at("boost"), true);
    put_cpus("cpufreq/boost", "0");
    EXPECT_EQ(facts().at("boost"), false);
}

TEST_F(HostOf, MitigationsAreOfWhatTheCpuIsAffectedBy) {
    put_cpus("vulnerabilities/meltdown", "Not affected");
    put_cpus("vulnerabilities/spectre_v2", "Mitigation: Retpolines");
    put_cpus("vulnerabilities/mds", "Vulnerable");
    EXPECT_EQ(facts().at("mitigations"),
              (json{{"mds", "Vulnerable"}, {"spectre_v2", "Mitigation: Retpolines"}}));
}

TEST_F(HostOf, PagesAreWhatIsChosenAndThePoolsOfEachNode) {
    put("sys/kernel/mm/transparent_hugepage/enabled", "always [madvise] never");
    put("sys/kernel/mm/transparent_hugepage/shmem_enabled", "always advise [never]");
    put("sys/devices/system/node/node1/hugepages/hugepages-2048kB/nr_hugepages", "64");
    put("sys/devices/system/node/node1/hugepages/hugepages-2048kB/free_hugepages", "60");
    put("sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages", "0");
    const json pages = facts().at("pages");
    EXPECT_EQ(pages.at("transparent"), "madvise");
    EXPECT_TRUE(pages.at("transparent_defrag").is_null());
    EXPECT_EQ(pages.at("transparent_shmem"), "never");
    ASSERT_EQ(pages.at("pools").size(), 2u);
    EXPECT_TRUE(pages.at("pools").at(0).at("free").is_null());
    EXPECT_EQ(pages.at("pools").at(1),
              (json{{"node", 1}, {"bytes", 2097152}, {"total", 64}, {"free", 60}}));
}

TEST_F(HostOf, MemoryLoadUptimeAndTemperaturesAreNumbers) {
    put("proc/meminfo", "MemTotal:        8053064 kB\nMemFree:    1024 kB\n");
    put("proc/loadavg", "0.50 1.25 2.00 1/116 999");
    put("proc/uptime", "75082.80 1.00");
    put("sys/class/thermal/thermal_zone0/type", "x86_pkg_temp");
    put("sys/class/thermal/thermal_zone0/temp", "48500");
    put("proc/cpuinfo", "processor : 0\nmicrocode\t: 0xa101148\n");
    const json facts = this->facts();
    EXPECT_EQ(facts.at("memory").at("total_bytes"), 8053064ull * 1024);
    EXPECT_EQ(facts.at("memory").at("free_bytes"), 1 << 20);
    EXPECT_TRUE(facts.at("memory").at("available_bytes").is_null());
    EXPECT_EQ(load_averages(root_), (json{0.5, 1.25, 2.0}));
    EXPECT_DOUBLE_EQ(facts.at("uptime_s"), 75082.8);
    EXPECT_EQ(facts.at("temperatures_c"), (json{{"x86_pkg_temp", 48.5}}));
    EXPECT_EQ(facts.at("microcode"), "0xa101148");
}

TEST_F(HostOf, ACpuHasItsFrequencyItsCachesAndHowOftenItWasSlowedDown) {
    put_cpus("cpu3/cpufreq/scaling_driver", "amd-pstate-epp");
    put_cpus("cpu3/cpufreq/scaling_cur_freq", "3700000");
    put_cpus("cpu3/thermal_throttle/core_throttle_count", "7");
    const auto cache = [&](int index, const char* level, const char* type, const char* size) {
        const std::string folder = "cpu3/cache/index" + std::to_string(index);
        put_cpus(folder + "/level", level);
        put_cpus(folder + "/type", type);
        put_cpus(folder + "/size", size);
    };
    cache(0, "1", "Data", "32K");
    cache(1, "1", "Instruction", "64K");
    cache(2, "2", "Unified", "512K");
    cache(3, "3", "Unified", "32M");
    const json cpu = cpu_facts(3, root_);
    EXPECT_EQ(cpu.at("frequency").at("driver"), "amd-pstate-epp");
    EXPECT_EQ(cpu.at("frequency").at("current_khz"), 3'700'000);
    EXPECT_EQ(cpu.at("throttled"), (json{{"core", 7}, {"package", nullptr}}));
    EXPECT_EQ(cpu.at("caches_bytes"),
              (json{{"l1d", 32768}, {"l1i", 65536}, {"l2", 524288}, {"l3", 33554432}}));
}

TEST(HostFacts, OfThisHostHaveMemoryAndAnUptime) {
    const json facts = host_facts();
    EXPECT_GT(facts.at("memory").at("total_bytes"), 0);
    EXPECT_GT(facts.at("uptime_s"), 0);
    EXPECT_EQ(load_averages().size(), 3u);
}

}  // namespace
}  // namespace shunt::perf
