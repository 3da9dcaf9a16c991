// SPDX-License-Identifier: MIT
#include "bench/lib/src/schedule.hpp"

#include "bench/lib/src/any_link.hpp"
#include "bench/lib/src/clock_offset.hpp"
#include "bench/lib/src/knee.hpp"
#include "bench/lib/src/payload.hpp"
#include "bench/lib/src/sleep_proof.hpp"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <csignal>
#include <numeric>

namespace shunt::bench {
namespace {

class ScheduleTest : public testing::Test {
protected:
    // Mean gap in ns.
    double mean_ns(const Schedule& schedule) const {
        const auto& gaps = schedule.gaps();
        const auto sum = std::accumulate(gaps.begin(), gaps.end(), std::uint64_t{0});
        return clock_.to_ns(static_cast<double>(sum)) / static_cast<double>(gaps.size());
    }
    const perf::Clock clock_ = perf::Clock::calibrate();
};

TEST_F(ScheduleTest, ConstantGapsAreEvenToATickAndNeverStray) {
    const Schedule schedule({Arrivals::constant, 3e7, 1, 1}, clock_);
    const auto [least, most] = std::minmax_element(schedule.gaps().begin(), schedule.gaps().end());
    EXPECT_LE(*most - *least, 1u);
    EXPECT_NEAR(mean_ns(schedule), 1e9 / 3e7, 0.001);
}

TEST_F(ScheduleTest, RandomGapsHaveTheMeanAskedForAndTheSpreadOfExponentialOnes) {
    const Schedule schedule({Arrivals::poisson, 1e6, 1, 7}, clock_);
    const double mean = mean_ns(schedule);
    EXPECT_NEAR(mean, 1000, 0.1);
    double squares = 0;
    std::size_t below = 0;
    for (const std::uint64_t gap : schedule.gaps()) {
        const double ns = clock_.to_ns(static_cast<double>(gap));
        squares += (ns - mean) * (ns - mean);
        below += ns < 693.1 ? 1u : 0u;  // the median of an exponential is ln 2 of its mean
    }
    const auto n = static_cast<double>(schedule.gaps().size());
    EXPECT_NEAR(std::sqrt(squares / n) / mean, 1, 0.03);
    EXPECT_NEAR(static_cast<double>(below) / n, 0.5, 0.01);
}

TEST_F(ScheduleTest, OneSeedMakesOneScheduleAndAnotherAnother) {
    const Schedule one({Arrivals::poisson, 1e6, 1, 7}, clock_);
    EXPECT_EQ(one.gaps(), Schedule({Arrivals::poisson, 1e6, 1, 7}, clock_).gaps());
    EXPECT_NE(one.gaps(), Schedule({Arrivals::poisson, 1e6, 1, 8}, clock_).gaps());
}

TEST_F(ScheduleTest, ABurstIsDueAtOnceAndTheNextOneAPeriodLater) {
    Schedule schedule({Arrivals::burst, 32 / 50e-6, 32, 1}, clock_);
    for (int burst = 0; burst < 2; ++burst) {
        for (int i = 0; i < 31; ++i) {
            EXPECT_EQ(schedule.next_gap(), 0u);
        }
        EXPECT_NEAR(clock_.to_ns(static_cast<double>(schedule.next_gap())), 50'000, 2);
    }
}

TEST(Ticket, CarriesWhenAMessageWasDueAndWhichOneItIs) {
    constexpr std::uint64_t kHour = std::uint64_t{3600} * 4'000'000'000;  // ticks at 4 GHz
    const std::uint64_t carried = ticket(kHour, 0x7'1234);
    EXPECT_EQ(due_of(carried), kHour);
    EXPECT_EQ(ticket(0, carried), 0x3'1234u);
    EXPECT_LT(carried, kLast);
}

TEST(ClockOffsetTest, AgreesOnlyInsideWhatTheWayExplains) {
    EXPECT_TRUE(agree({90, 100}));
    EXPECT_TRUE(agree({-90, 100}));
    EXPECT_FALSE(agree({110, 100}));
    EXPECT_FALSE(agree({-110, 100}));
}

TEST(KneeTest, IsTheHighestRateThatWasKeptToThreePercent) {
    const Knee knee = search_knee(1e5, 1e9, [](double rate) { return rate < 7.3e6; });
    EXPECT_LT(knee.per_second, 7.3e6);
    EXPECT_GT(knee.per_second, 7.3e6 / 1.03);
    EXPECT_EQ(knee.probes.front().per_second, 1e5);
    EXPECT_LT(knee.probes.size(), 16u);
}

TEST(KneeTest, IsTheLastOneAskedForWhereAllAreKeptAndZeroWhereNoneIs) {
    EXPECT_EQ(search_knee(1e5, 4e5, [](double) { return true; }).per_second, 4e5);
    const Knee none = search_knee(1e5, 4e5, [](double) { return false; });
    EXPECT_EQ(none.per_second, 0);
    EXPECT_EQ(none.probes.size(), 1u);
}

TEST(SleepProofTest, ReadsTheStateBehindANameThatHoldsAnything) {
    EXPECT_EQ(state_in("12 (shunt) S 1 1"), 'S');
    EXPECT_EQ(state_in("12 (a) R (b) R 1"), 'R');
    EXPECT_EQ(state_in("12 (a"), '\0');
    EXPECT_EQ(state_in(""), '\0');
}

TEST(SleepProofTest, TellsASleeperFromOneThatSpins) {
    const perf::Clock clock = perf::Clock::calibrate();
    const auto child = [](bool sleeps) {
        const pid_t pid = fork();
        if (pid == 0) {
            for (;;) {
                if (sleeps) {
                    pause();
                }
                asm volatile("");  // a loop that does nothing may be taken for one that ends
            }
        }
        return pid;
    };
    const pid_t sleeper = child(true);
    const pid_t spinner = child(false);
    SleepProof(sleeper).wait_until_asleep("a sleeper", clock);
    EXPECT_THROW(SleepProof(spinner).wait_until_asleep("a spinner", clock), Failure);
    for (const pid_t pid : {sleeper, spinner}) {
        kill(pid, SIGKILL);
        waitpid(pid, nullptr, 0);
    }
    EXPECT_THROW(SleepProof{spinner}, Failure);
}

}  // namespace
}  // namespace shunt::bench
