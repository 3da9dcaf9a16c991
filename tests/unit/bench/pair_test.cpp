// SPDX-License-Identifier: MIT
#include "bench/lib/src/pair.hpp"

#include <shunt_perf/cpus.hpp>

#include <gtest/gtest.h>

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cerrno>
#include <csignal>
#include <memory>

namespace shunt::bench {
namespace {

using namespace std::chrono_literals;

class Pair : public testing::Test {
protected:
    Pair() {
        const auto cpus = perf::allowed_cpus();
        plan_.cpus[0] = cpus.front();
        plan_.cpus[1] = cpus.back();  // the same one where there is only one: slow, but it works
        plan_.limit = 60s;
    }
    ~Pair() override {
        // Whatever happened, no child is left.
        EXPECT_EQ(waitpid(-1, nullptr, WNOHANG), -1);
        EXPECT_EQ(errno, ECHILD);
    }

    Failure failure() {
        try {
            (void)run_pair(plan_, desk_.board());
        } catch (const Failure& error) {
            return error;
        }
        ADD_FAILURE() << "the pair ended well";
        return {Exit::runtime, ""};
    }

    [[noreturn]] static void hang() {
        while (true) {
            pause();
        }
    }

    PairPlan plan_{};
    Desk desk_{2};
};

TEST_F(Pair, BothSidesRunPinnedAndMeet) {
    const perf::Clock clock = perf::Clock::calibrate();
    const Task task;
    plan_.child = [&](unsigned side) {
        perf::Histogram histogram;
        unsigned meetings = 0;
        Stage stage(side, desk_.board(), desk_.sheets()[side], task, clock, histogram, meetings);
        for (int i = 0; i < 100; ++i) {
            if (stage.first()) {
                stage.board().rate = i;
            }
            stage.meet();
            if (stage.board().rate != i) {
                throw Failure(Exit::runtime, "the other side's word was not seen");
            }
            stage.meet();
        }
        histogram.record(17 + side);
        stage.keep();
        stage.sheet().messages = static_cast<std::uint64_t>(sched_getcpu());
    };
    EXPECT_TRUE(run_pair(plan_, desk_.board()));
    for (unsigned side = 0; side < 2; ++side) {
        EXPECT_EQ(desk_.sheets()[side].messages, static_cast<std::uint64_t>(plan_.cpus[side]));
        EXPECT_EQ(desk_.sheets()[side].main.counts[17 + side], 1u);
        EXPECT_EQ(desk_.sheets()[side].main.min, 17u + side);
    }
}

TEST_F(Pair, AKilledChildEndsTheOtherAndIsNamed) {
    plan_.child = [](unsigned side) {
        if (side == 1) {
            raise(SIGKILL);
        }
        hang();
    };
    const Failure error = failure();
    EXPECT_EQ(error.exit_code(), 1);
    EXPECT_NE(std::string(error.what()).find("signal 9"), std::string::npos) << error.what();
    EXPECT_NE(std::string(error.what()).find("cpu " + std::to_string(plan_.cpus[1])),
              std::string::npos);
}

TEST_F(Pair, AnExceptionCrossesWithItsTextAndCode) {
    plan_.child = [](unsigned side) {
        if (side == 0) {
            throw Failure(Exit::permission, "no leave to do that");
        }
        hang();
    };
    const Failure error = failure();
    EXPECT_EQ(error.exit_code(), 8);
    EXPECT_STREQ(error.what(), "no leave to do that");
    plan_.child = [](unsigned) { throw std::runtime_error("something else"); };
    EXPECT_EQ(failure().exit_code(), 1);
}

TEST_F(Pair, AMismatchIsExitSix) {
    const perf::Clock clock = perf::Clock::calibrate();
    Task task;
    const Contender contender{"thing", nullptr, nullptr, nullptr};
    task.contender = &contender;
    plan_.child = [&](unsigned side) {
        perf::Histogram histogram;
        unsigned meetings = 0;
        Stage stage(side, desk_.board(), desk_.sheets()[0], task, clock, histogram, meetings);
        if (side == 1) {
            stage.mismatch(5, 4);
        }
        hang();
    };
    const Failure error = failure();
    EXPECT_EQ(error.exit_code(), 6);
    EXPECT_NE(std::string(error.what()).find("message 5 was due"), std::string::npos)
        << error.what();
    EXPECT_NE(std::string(error.what()).find("thing"), std::string::npos);
}

TEST_F(Pair, AHangingPairEndsAtItsLimit) {
    plan_.limit = 100ms;
    plan_.child = [](unsigned) { hang(); };
    EXPECT_NE(std::string(failure().what()).find("did not end"), std::string::npos);
}

TEST_F(Pair, AnInterruptEndsBothWithoutAnError) {
    plan_.child = [](unsigned) { hang(); };
    plan_.interrupted = [] { return true; };
    EXPECT_FALSE(run_pair(plan_, desk_.board()));
}

TEST_F(Pair, ChildrenIgnoreCtrlC) {
    plan_.child = [](unsigned) { raise(SIGINT); };
    EXPECT_TRUE(run_pair(plan_, desk_.board()));
}

TEST_F(Pair, TheirParentsDeathIsTheirs) {
    // A parent in between is killed while its children hang; they hold the pipe open while they
    // live, so its end tells of theirs.
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t parent = fork();
    if (parent == 0) {
        close(ends[0]);
        plan_.child = [&](unsigned) {
            const pid_t self = getpid();
            if (write(ends[1], &self, sizeof self) == sizeof self) {
                hang();
            }
        };
        (void)run_pair(plan_, desk_.board());
        _exit(0);
    }
    close(ends[1]);
    pid_t children[2] = {};
    for (pid_t& child : children) {
        ASSERT_EQ(read(ends[0], &child, sizeof child), static_cast<ssize_t>(sizeof child));
    }
    kill(parent, SIGKILL);
    ASSERT_EQ(waitpid(parent, nullptr, 0), parent);
    pollfd end{ends[0], POLLIN, 0};
    constexpr int kLongMs = 10'000;
    EXPECT_EQ(poll(&end, 1, kLongMs), 1);
    if ((end.revents & POLLHUP) == 0) {
        ADD_FAILURE() << "children live on";
        kill(children[0], SIGKILL);
        kill(children[1], SIGKILL);
    }
    close(ends[0]);
}

}  // namespace
}  // namespace shunt::bench
