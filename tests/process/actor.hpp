// SPDX-License-Identifier: MIT
//
// A process that a test drives: it can be stopped before and after each of its system calls that
// others can notice, or after any number of instructions, while others act; then it goes on, or is
// killed there. So a race is driven through every one of its meetings, and never waited for.
#pragma once

#include <poll.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdint>
#include <cstring>
#include <functional>
#include <string>
#include <utility>

#include "unit/allocators/sandbox.hpp"

namespace shunt::process {

/// The child's side: what a body may do beside its work.
class Script {
public:
    Script(int reader, int writer) : reader_{reader}, writer_{writer} {}

    /// Stops; from here on the test drives. Once, in every body.
    void stop_here() const {
        sandbox::must(::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) == 0, "PTRACE_TRACEME");
        ::raise(SIGSTOP);
    }
    /// One line for Actor::hear.
    void say(const std::string& text) const {
        const std::string line = text + "\n";
        sandbox::must(
            ::write(writer_, line.data(), line.size()) == static_cast<ssize_t>(line.size()),
            "write");
    }
    /// Until Actor::tell.
    void wait() const {
        char byte = 0;
        sandbox::must(::read(reader_, &byte, 1) == 1, "read");
    }

private:
    int reader_;
    int writer_;
};

class Actor {
public:
    /// Forks; `body` runs in the child, which ends when it returns, without destructors or exit
    /// handlers. Returns when the body has stopped.
    explicit Actor(const std::function<void(Script&)>& body) {
        int down[2];
        int up[2];
        sandbox::must(::pipe2(down, O_CLOEXEC) == 0 && ::pipe2(up, O_CLOEXEC) == 0, "pipe");
        pid_ = ::fork();
        sandbox::must(pid_ >= 0, "fork");
        if (pid_ == 0) {
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            Script script{down[0], up[1]};
            try {
                body(script);
            } catch (const std::exception& error) {
                script.say(std::string{"threw "} + error.what());
                ::_exit(1);
            }
            ::_exit(0);
        }
        ::close(down[0]);
        ::close(up[1]);
        writer_.reset(down[1]);
        reader_.reset(up[0]);
        wait_for_stop();
        ::ptrace(PTRACE_SETOPTIONS, pid_, nullptr, PTRACE_O_TRACESYSGOOD | PTRACE_O_EXITKILL);
    }
    ~Actor() { kill(); }
    Actor(const Actor&) = delete;
    Actor& operator=(const Actor&) = delete;

    [[nodiscard]] pid_t pid() const { return pid_; }
    [[nodiscard]] bool ended() const { return ended_; }

    /// To the next boundary of a system call, or `count` of them; those that nobody else notices
    /// do not count. False: it has ended.
    bool step(int count = 1) {
        while (count > 0 && advance(PTRACE_SYSCALL)) {
            count -= at_private_call() ? 0 : 1;
        }
        return !ended_;
    }
    /// By so many instructions. False: it has ended.
    bool step_instructions(int count) {
        while (count > 0 && advance(PTRACE_SINGLESTEP)) {
            --count;
        }
        return !ended_;
    }

    /// Lets it go on by itself.
    void go() {
        if (!ended_ && traced_) {
            ::ptrace(PTRACE_DETACH, pid_, nullptr, nullptr);
            traced_ = false;
        }
    }
    /// The next line that it says; "" if it ended without.
    [[nodiscard]] std::string hear() const {
        std::string line;
        char byte = 0;
        while (::read(reader_.get(), &byte, 1) == 1 && byte != '\n') {
            line.push_back(byte);
        }
        return line;
    }
    /// True if there is a line to hear.
    [[nodiscard]] bool has_spoken() const {
        pollfd waiting{reader_.get(), POLLIN, 0};
        return ::poll(&waiting, 1, 0) == 1 && (waiting.revents & POLLIN) != 0;
    }
    /// Ends its wait().
    void tell() const { sandbox::must(::write(writer_.get(), "x", 1) == 1, "write to an actor"); }
    /// SIGKILL where it stands; returns when it is gone, and so its locks.
    void kill() {
        if (!ended_) {
            ::kill(pid_, SIGKILL);
            join();
        }
    }
    /// Until it has ended by itself.
    void join() {
        int status = 0;
        while (!ended_) {
            sandbox::must(::waitpid(pid_, &status, 0) == pid_, "waitpid");
            ended_ = WIFEXITED(status) || WIFSIGNALED(status);
        }
    }

private:
    bool wait_for_stop() {
        int status = 0;
        sandbox::must(::waitpid(pid_, &status, 0) == pid_, "waitpid");
        ended_ = WIFEXITED(status) || WIFSIGNALED(status);
        return !ended_;
    }
    template <class Request>
    bool advance(Request request) {
        if (!ended_) {
            sandbox::must(::ptrace(request, pid_, nullptr, nullptr) == 0, "ptrace");
            wait_for_stop();
        }
        return !ended_;
    }
    // Reading and mapping change nothing that others see. How often it happens is not the same in
    // two processes: it depends on the length of /proc/self/smaps, and on the heap.
    bool at_private_call() {
        __ptrace_syscall_info at{};
        sandbox::must(::ptrace(PTRACE_GET_SYSCALL_INFO, pid_, sizeof(at), &at) > 0, "ptrace");
        if (at.op == PTRACE_SYSCALL_INFO_ENTRY) {
            call_ = at.entry.nr;  // of its exit too, which does not tell it
        }
        return call_ == SYS_read || call_ == SYS_mmap || call_ == SYS_munmap || call_ == SYS_brk;
    }

    pid_t pid_ = -1;
    std::uint64_t call_ = ~std::uint64_t{0};
    FileHandle reader_;
    FileHandle writer_;
    bool traced_ = true;
    bool ended_ = false;
};

}  // namespace shunt::process
