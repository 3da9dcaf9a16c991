// SPDX-License-Identifier: MIT
//
// The processes of a fan-in. All of them are gone when this is.
#pragma once

#include "bench/lib/src/fanin/hall.hpp"

#include <shunt_perf/cpus.hpp>

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <exception>
#include <vector>

namespace shunt::bench {

class Children {
public:
    Children() = default;
    ~Children() {
        for (const pid_t pid : pids_) {
            ::kill(pid, SIGKILL);
        }
        (void)wait_for_all(Steady::time_point::max());
    }
    Children(const Children&) = delete;
    Children& operator=(const Children&) = delete;

    template <class Work>
    void start(int cpu, Hall& hall, Work&& work) {
        const pid_t parent = ::getpid();
        const pid_t pid = ::fork();
        if (pid < 0) {
            throw Failure(Exit::runtime, fmt::format("fork: {}", std::strerror(errno)));
        }
        if (pid != 0) {
            pids_.push_back(pid);
            return;
        }
        ::prctl(PR_SET_PDEATHSIG, SIGKILL);
        std::signal(SIGINT, SIG_IGN);
        if (::getppid() != parent) {
            ::_exit(1);
        }
        try {
            if (cpu >= 0) {
                perf::pin_to(cpu);
            }
            work();
        } catch (const std::exception& error) {
            say(hall, error.what());
            ::_exit(1);
        }
        ::_exit(0);
    }
    /// False: the deadline came first.
    bool wait_for_all(Steady::time_point deadline) {
        while (!pids_.empty() && Steady::now() < deadline) {
            look();
            if (!pids_.empty()) {
                std::this_thread::sleep_for(std::chrono::milliseconds{1});
            }
        }
        return pids_.empty();
    }
    /// Takes note of those that ended.
    void look() {
        std::erase_if(pids_, [this](pid_t pid) {
            int status = 0;
            const bool over = ::waitpid(pid, &status, WNOHANG) == pid;
            failed_ = failed_ || (over && status != 0);
            return over;
        });
    }
    [[nodiscard]] bool failed() const noexcept { return failed_; }

private:
    std::vector<pid_t> pids_;
    bool failed_ = false;
};

}  // namespace shunt::bench
