// SPDX-License-Identifier: MIT
//
// The processes of a fan-in or a fan-out. All of them are gone when this is. (pair.cpp has the two
// of a pinned measurement, which end by themselves and are told apart.)
#pragma once

#include "bench/lib/src/crowd/hall.hpp"

#include <shunt/allocators/file.hpp>
#include <shunt_perf/cpus.hpp>

#include <poll.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
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
        for (const Child& child : children_) {
            ::kill(child.pid, SIGKILL);
        }
        for (const Child& child : children_) {
            while (::waitpid(child.pid, nullptr, 0) < 0 && errno == EINTR) {
            }
        }
    }
    Children(const Children&) = delete;
    Children& operator=(const Children&) = delete;

    /// Returns its pid.
    template <class Work>
    pid_t start(int cpu, Hall& hall, Work&& work) {
        const pid_t parent = ::getpid();
        const pid_t pid = ::fork();
        if (pid < 0) {
            throw Failure(Exit::runtime, fmt::format("fork: {}", std::strerror(errno)));
        }
        if (pid != 0) {
            children_.push_back(
                {pid, FileHandle{static_cast<int>(::syscall(SYS_pidfd_open, pid, 0))}});
            if (!children_.back().end) {
                throw Failure(Exit::runtime,
                              fmt::format("pidfd_open: {}; a kernel from 5.3 on is needed",
                                          std::strerror(errno)));
            }
            return pid;
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
            tell(hall);
            ::_exit(1);
        }
        ::_exit(0);
    }
    /// False: the deadline came first.
    bool wait_for_all(const Hall& hall, Steady::time_point deadline) {
        while (!children_.empty() && Steady::now() < deadline) {
            wait_for_news(hall, deadline);
        }
        return children_.empty();
    }
    /// Until one of them ends or has told something, a signal came, or it is that late; a tenth of
    /// a second at most.
    void wait_for_news(const Hall& hall, Steady::time_point until) {
        constexpr std::chrono::milliseconds kMost{100};
        std::vector<pollfd> watched{{hall.news, POLLIN, 0}};
        for (const Child& child : children_) {
            watched.push_back({child.end.get(), POLLIN, 0});
        }
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Steady::now());
        (void)::poll(
            watched.data(), watched.size(),
            static_cast<int>(std::clamp(left, std::chrono::milliseconds{0}, kMost).count()));
        std::uint64_t news = 0;
        (void)!::read(hall.news, &news, sizeof(news));
        std::erase_if(children_, [this](const Child& child) {
            int status = 0;
            const bool over = ::waitpid(child.pid, &status, WNOHANG) == child.pid;
            failed_ = failed_ || (over && status != 0);
            killed_by_ = over && WIFSIGNALED(status) ? WTERMSIG(status) : killed_by_;
            return over;
        });
    }
    /// Throws where one ended badly.
    void expect_all_well(const Hall& hall) const {
        if (failed_) {
            throw Failure(Exit::integrity,
                          killed_by_ == 0
                              ? std::string{hall.last_words.data()}
                              : fmt::format("a process of the repeat was killed by signal {} ({}); "
                                            "nothing of this run counts",
                                            killed_by_, ::strsignal(killed_by_)));
        }
    }

private:
    struct Child {
        pid_t pid;
        FileHandle end;  // a pidfd
    };

    std::vector<Child> children_;
    bool failed_ = false;
    int killed_by_ = 0;  // a signal
};

}  // namespace shunt::bench
