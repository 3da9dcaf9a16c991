// SPDX-License-Identifier: MIT
#include <shunt_experiments/noise.hpp>

#include "support/scratch.hpp"

#include <gtest/gtest.h>

#include <unistd.h>
#include <filesystem>
#include <fstream>
#include <string>

namespace shunt::perf::jitter {
namespace {

namespace fs = std::filesystem;

// A root with a proc of its own.
class NoiseOf : public testing::Test {
protected:
    NoiseOf() { fs::create_directories(root_ / "proc"); }
    void put(const char* name, const std::string& text) const {
        std::ofstream{root_ / "proc" / name, std::ios::trunc} << text;
    }
    void put_all(int more) const {
        const auto plus = [&](int n) { return std::to_string(n + more); };
        // Cpu 1 is offline: the head names those that there are.
        put("interrupts",
            "           CPU0       CPU2\n"
            " 24:        " +
                plus(1) +
                "          0  IO-APIC   5-edge      disk\n"
                "LOC:       100       " +
                plus(200) +
                "   Local timer interrupts\n"
                "ERR:       " +
                plus(5) +
                "\n"
                "MIS:       0 0\n");
        put("softirqs",
            "                    CPU0       CPU2\n"
            "          HI:          0          0\n"
            "       TIMER:         10         " +
                plus(20) + "\n");
        put("stat",
            "cpu  1 2 3 4 5 6 7 99 0 0\ncpu0 1 2 3 4 5 6 7 8 0 0\n"
            "cpu2 1 2 3 4 5 6 7 " +
                plus(30) + " 0 0\nintr 1 2 3\n");
    }

    sandbox::Scratch scratch_;
    fs::path root_{scratch_.path()};
};

TEST_F(NoiseOf, EachCpuIsWhatItsColumnsGainedInBetween) {
    put_all(0);
    const NoiseReading before = read_noise(root_);
    put_all(7);
    const NoiseReading after = read_noise(root_);
    EXPECT_TRUE(after.unread.empty());
    const Noise zero = noise_between(before, after, 0);
    EXPECT_EQ(zero.interrupts, (Counts{{"24", 7}}));
    EXPECT_TRUE(zero.softirqs.empty());
    EXPECT_EQ(zero.steal_ns, 0u);
    const Noise two = noise_between(before, after, 2);
    EXPECT_EQ(two.interrupts, (Counts{{"LOC", 7}}));
    EXPECT_EQ(two.softirqs, (Counts{{"TIMER", 7}}));
    const auto tick_ns = 1'000'000'000u / static_cast<std::uint64_t>(sysconf(_SC_CLK_TCK));
    EXPECT_EQ(two.steal_ns, 7 * tick_ns);
    EXPECT_EQ(after.names.at("LOC"), "Local timer interrupts");
    EXPECT_EQ(after.names.at("24"), "IO-APIC 5-edge disk");
}

TEST_F(NoiseOf, ACpuThatIsNotThereHasNone) {
    put_all(0);
    const NoiseReading reading = read_noise(root_);
    EXPECT_TRUE(noise_between(reading, reading, 1).interrupts.empty());
    EXPECT_FALSE(noise_between(reading, reading, 1).steal_ns);
}

TEST_F(NoiseOf, WhatIsMissingIsSaidAndTheRestIsRead) {
    put_all(0);
    fs::remove(root_ / "proc/interrupts");
    put("softirqs", "");
    const NoiseReading reading = read_noise(root_);
    ASSERT_EQ(reading.unread.size(), 2u);
    EXPECT_EQ(reading.unread[0].path, "/proc/interrupts");
    EXPECT_EQ(reading.unread[0].why, "No such file or directory");
    EXPECT_EQ(reading.unread[1].path, "/proc/softirqs");
    EXPECT_FALSE(reading.unread[1].why.empty());
    EXPECT_EQ(*reading.cpus.at(2).steal_ns / 30, *reading.cpus.at(0).steal_ns / 8);
}

TEST_F(NoiseOf, WhatIsNoTableIsNothingAndNoCrash) {
    for (const char* text :
         {"\n", "x", "CPU0\n", "CPU0 CPU1\nLOC: 1\n", "CPUx\nLOC: 1 2\n", "CPU0\nLOC: many\n",
          "cpu\ncpu0 1 2 3 4 5 6 7 eight\n", "CPU99999999999999999999\nLOC: 1\n"}) {
        for (const char* name : {"interrupts", "softirqs", "stat"}) {
            put(name, text);
        }
        const NoiseReading reading = read_noise(root_);
        EXPECT_TRUE(noise_between(reading, reading, 0).interrupts.empty()) << text;
    }
}

TEST(NoiseMost, IsTheLargestFirst) {
    const auto most = most_of({{"a", 1}, {"b", 9}, {"c", 4}});
    ASSERT_EQ(most.size(), 3u);
    EXPECT_EQ(most[0].first, "b");
    EXPECT_EQ(most[2].first, "a");
}

// Whatever this host shows, it is read or said.
TEST(Noise, OfThisHost) {
    const NoiseReading reading = read_noise();
    EXPECT_TRUE(!reading.cpus.empty() || reading.unread.size() == 3);
}

}  // namespace
}  // namespace shunt::perf::jitter
