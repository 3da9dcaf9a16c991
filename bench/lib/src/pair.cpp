// SPDX-License-Identifier: MIT
#include "bench/lib/src/pair.hpp"

#include <shunt/core/bytes.hpp>
#include <shunt_perf/cpus.hpp>

#include <fmt/format.h>

#include <poll.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <new>
#include <optional>
#include <string>

namespace shunt::bench {

Desk::Desk(std::size_t sheets) : bytes_{sizeof(Board) + sheets * (sizeof(Sheet) + sizeof(Taken))} {
    void* const memory = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE,
                              MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) {
        throw Failure(Exit::runtime, fmt::format("no {} bytes of shared memory for results: {}",
                                                 bytes_, std::strerror(errno)));
    }
    auto* const bytes = static_cast<std::byte*>(memory);
    board_ = object_at<Board>(bytes);
    sheets_ = {object_at<Sheet>(bytes + sizeof(Board)), sheets};
    taken_ = {object_at<Taken>(bytes + sizeof(Board) + sheets * sizeof(Sheet)), sheets};
}

Desk::~Desk() {
    munmap(board_, bytes_);
}

namespace {

[[noreturn]] void be_child(const PairPlan& plan, Board& board, unsigned side, pid_t parent) {
    // The parent's death is ours, also if it came before this call. Ctrl-C is the parent's affair.
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    std::signal(SIGINT, SIG_IGN);
    if (getppid() != parent) {
        _exit(1);
    }
    run_or_end(board, side, [&] {
        perf::pin_to(plan.cpus[side]);
        plan.child(side);
    });
    _exit(0);
}

struct Child {
    pid_t pid = -1;
    int pidfd = -1;
    std::optional<int> status;  // of waitpid; none: runs

    Child() = default;
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    ~Child() {
        if (pid > 0 && !status) {
            kill(pid, SIGKILL);
            (void)reap(0);
        }
        if (pidfd >= 0) {
            close(pidfd);
        }
    }

    void start(const PairPlan& plan, Board& board, unsigned side) {
        const pid_t parent = getpid();
        pid = fork();
        if (pid == 0) {
            be_child(plan, board, side, parent);
        }
        if (pid < 0) {
            throw Failure(Exit::runtime, fmt::format("fork: {}", std::strerror(errno)));
        }
        pidfd = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
        if (pidfd < 0) {
            throw Failure(Exit::runtime,
                          fmt::format("pidfd_open: {}; a kernel from 5.3 on is needed",
                                      std::strerror(errno)));
        }
    }

    bool reap(int options) {
        int raw = 0;
        pid_t got;
        do {
            got = waitpid(pid, &raw, options);
        } while (got < 0 && errno == EINTR);
        if (got == pid) {
            status = raw;
        }
        return got == pid;
    }

    [[nodiscard]] bool failed() const { return status && *status != 0; }
};

[[noreturn]] void report(const Child& child, unsigned side, const PairPlan& plan, Board& board) {
    const int status = *child.status;
    const std::string words = board.last_words[side].text.data();
    if (WIFSIGNALED(status)) {
        throw Failure(Exit::runtime,
                      fmt::format("the process on cpu {} was killed by signal {} ({}); nothing of "
                                  "this run counts. If it was not you, look at dmesg",
                                  plan.cpus[side], WTERMSIG(status), strsignal(WTERMSIG(status))));
    }
    const int code = WEXITSTATUS(status);
    throw Failure(static_cast<Exit>(code),
                  !words.empty() ? words
                                 : fmt::format("the process on cpu {} ended with code {}",
                                               plan.cpus[side], code));
}

}  // namespace

bool run_pair(const PairPlan& plan, Board& board) {
    using Steady = std::chrono::steady_clock;
    constexpr int kLookMs = 50;
    const auto deadline = Steady::now() + plan.limit;
    std::array<Child, 2>
        children;  // whoever still runs when this scope is left is killed and reaped
    children[0].start(plan, board, 0);
    children[1].start(plan, board, 1);
    while (!children[0].status || !children[1].status) {
        std::array<pollfd, 2> fds{};
        for (unsigned side = 0; side < 2; ++side) {
            fds[side] = {children[side].status ? -1 : children[side].pidfd, POLLIN, 0};
        }
        poll(fds.data(), fds.size(), kLookMs);
        for (unsigned side = 0; side < 2; ++side) {
            Child& child = children[side];
            if (!child.status && child.reap(WNOHANG) && child.failed()) {
                report(child, side, plan, board);
            }
        }
        if (plan.interrupted && plan.interrupted()) {
            return false;
        }
        if (Steady::now() > deadline && (!children[0].status || !children[1].status)) {
            throw Failure(
                Exit::runtime,
                fmt::format("a repeat did not end within {} s on cpus {} and {}: they are "
                            "busy with something else, or a transport hangs; choose others "
                            "with --cpus",
                            std::chrono::duration_cast<std::chrono::seconds>(plan.limit).count(),
                            plan.cpus[0], plan.cpus[1]));
        }
    }
    return true;
}

}  // namespace shunt::bench
