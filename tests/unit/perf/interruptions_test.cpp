// SPDX-License-Identifier: MIT
#include <shunt_perf/cpus.hpp>
#include <shunt_perf/interruptions.hpp>

#include "support/scratch.hpp"

#include <gtest/gtest.h>

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <filesystem>
#include <fstream>

namespace shunt::perf {
namespace {

namespace fs = std::filesystem;

TEST(Interruptions, WhoeverSharesItsCpuIsPreempted) {
    const std::vector<int> before_cpus = allowed_cpus();
    pin_to(before_cpus.front());
    const pid_t other = fork();
    if (other == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        while (true) {
            asm volatile("");
        }
    }
    ASSERT_GT(other, 0);
    const Interruptions before = interruptions();
    while ((interruptions() - before).preempted < 3) {
    }
    kill(other, SIGKILL);
    waitpid(other, nullptr, 0);
    const Interruptions taken = interruptions() - before;
    EXPECT_TRUE(taken.waited_ns == -1 || taken.waited_ns > 0) << taken.waited_ns;
    pin_to(before_cpus);
}

TEST(Interruptions, TimeInAQueueIsWhatTheKernelSaysOrNotKnown) {
    const sandbox::Scratch scratch;
    const fs::path root = scratch.path();
    EXPECT_EQ(interruptions(root).waited_ns, -1);
    fs::create_directories(root / "proc/self");
    const auto put = [&](const char* text) {
        std::ofstream{root / "proc/self/schedstat", std::ios::trunc} << text;
    };
    put("632905 94852 2\n");
    EXPECT_EQ(interruptions(root).waited_ns, 94852);
    for (const char* text : {"", "x", "1", "1 -2 3"}) {
        put(text);
        EXPECT_EQ(interruptions(root).waited_ns, -1) << text;
    }
}

TEST(Interruptions, SumsAndDifferencesAreKnownWhereBothAre) {
    const Interruptions known{10, 1000};
    const Interruptions unknown{3, -1};
    EXPECT_EQ((known - Interruptions{4, 300}).preempted, 6u);
    EXPECT_EQ((known - Interruptions{4, 300}).waited_ns, 700);
    EXPECT_EQ((known + known).waited_ns, 2000);
    EXPECT_EQ((known - unknown).waited_ns, -1);
    EXPECT_EQ((known + unknown).waited_ns, -1);
    EXPECT_EQ((known + unknown).preempted, 13u);
}

}  // namespace
}  // namespace shunt::perf
