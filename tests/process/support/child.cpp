// SPDX-License-Identifier: MIT
#include "process/support/child.hpp"

#include <shunt/allocators/file.hpp>

#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <iterator>
#include <system_error>
#include <utility>
#include <vector>

namespace shunt::process_test {
namespace {

constexpr int kMark = SIGUSR1;
bool is_traced = false;

std::string told(int status) {
    return WIFSIGNALED(status) ? "signal " + std::to_string(WTERMSIG(status))
                               : "exit " + std::to_string(WEXITSTATUS(status));
}

[[noreturn]] void live(const std::function<int()>& body, Child::How how, pid_t parent) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (::getppid() != parent) {
        ::_exit(71);  // the parent died before it could be tied to us
    }
    stay_on(how.cpu);
    int code = 70;
    try {
        if (how.traced && ::ptrace(PTRACE_TRACEME, 0, nullptr, nullptr) != 0) {
            throw std::system_error(errno, std::system_category(), "PTRACE_TRACEME");
        }
        is_traced = how.traced;
        code = body();
    } catch (const std::exception& error) {
        std::fprintf(stderr, "child %d: %s\n", static_cast<int>(::getpid()), error.what());
    }
    ::_exit(code);
}

}  // namespace

Child::Child(const std::function<int()>& body, How how) {
    const pid_t parent = ::getpid();
    pid_ = ::fork();
    if (pid_ < 0) {
        throw std::system_error(errno, std::system_category(), "fork");
    }
    if (pid_ == 0) {
        live(body, how, parent);
    }
}

Child::Child(Child&& other) noexcept
    : pid_{std::exchange(other.pid_, -1)}, ended_{std::exchange(other.ended_, {})} {}

Child& Child::operator=(Child&& other) noexcept {
    if (this != &other) {
        end();
        pid_ = std::exchange(other.pid_, -1);
        ended_ = std::exchange(other.ended_, {});
    }
    return *this;
}

void Child::kill() noexcept {
    if (pid_ > 0 && ended_.empty()) {
        ::kill(pid_, SIGKILL);
    }
}

std::string Child::wait() {
    while (pid_ > 0 && ended_.empty()) {
        (void)next_stop();
    }
    return ended_;
}

bool Child::has_ended() {
    int status = 0;
    if (pid_ > 0 && ended_.empty() && ::waitpid(pid_, &status, WNOHANG) == pid_ &&
        !WIFSTOPPED(status)) {
        ended_ = told(status);
    }
    return pid_ <= 0 || !ended_.empty();
}

void Child::pause() noexcept {
    if (!has_ended()) {
        ::kill(pid_, SIGSTOP);
    }
}

void Child::resume() noexcept {
    if (!has_ended()) {
        ::kill(pid_, SIGCONT);
    }
}

void Child::end() noexcept {
    kill();
    int status = 0;
    while (pid_ > 0 && ended_.empty() &&
           (::waitpid(pid_, &status, 0) == pid_ ? WIFSTOPPED(status) : errno == EINTR)) {
    }
    pid_ = -1;
}

// "" if it stopped; else how it ended.
std::string Child::next_stop() {
    int status = 0;
    for (;;) {
        if (::waitpid(pid_, &status, 0) != pid_) {
            if (errno != EINTR) {
                throw std::system_error(errno, std::system_category(), "waitpid");
            }
        } else if (!WIFSTOPPED(status)) {
            break;
        } else if (WSTOPSIG(status) != SIGCHLD) {  // a child of its own ended: goes on
            return {};
        } else {
            go_on();
        }
    }
    ended_ = told(status);
    return "it ended instead: " + ended_;
}

std::string Child::until_marked() {
    return next_stop();
}

bool Child::has_stopped() const noexcept {
    siginfo_t what{};
    return ::waitid(P_PID, static_cast<id_t>(pid_), &what,
                    WEXITED | WSTOPPED | WNOHANG | WNOWAIT) == 0 &&
           what.si_pid != 0;
}

std::string Child::stop() {
    if (::kill(pid_, kMark) != 0) {
        return "it cannot be signalled";
    }
    return next_stop();
}

std::string Child::run(int request, std::uint32_t times) {
    for (std::uint32_t i = 0; i < times; ++i) {
        if (::ptrace(static_cast<__ptrace_request>(request), pid_, nullptr, nullptr) != 0) {
            return "ptrace: " + std::system_category().message(errno);
        }
        if (std::string instead = next_stop(); !instead.empty()) {
            return instead;
        }
    }
    return {};
}

std::string Child::step(std::uint32_t instructions) {
    return run(PTRACE_SINGLESTEP, instructions);
}

std::string Child::step_system_calls(std::uint32_t stops) {
    return run(PTRACE_SYSCALL, stops);
}

void Child::go_on() noexcept {
    ::ptrace(PTRACE_CONT, pid_, nullptr, nullptr);
}

bool Child::stop_on_exit() noexcept {
    return ::ptrace(PTRACE_SETOPTIONS, pid_, nullptr, PTRACE_O_TRACEEXIT) == 0;
}

bool Child::sleeps_in(long system_call) const {
    const auto text = read_text(("/proc/" + std::to_string(pid_) + "/syscall").c_str());
    return text && text->starts_with(std::to_string(system_call) + " ");
}

void mark() noexcept {
    if (is_traced) {
        ::raise(kMark);
    }
}

bool may_trace() {
    static const bool may = [] {
        Child child{[] {
                        mark();
                        return 0;
                    },
                    {.cpu = -1, .traced = true}};
        return child.until_marked().empty() && child.step(1).empty();
    }();
    return may;
}

std::uint64_t open_descriptors(pid_t pid) {
    const std::filesystem::directory_iterator all{"/proc/" + std::to_string(pid) + "/fd"};
    return static_cast<std::uint64_t>(std::distance(begin(all), end(all)));
}

std::uint64_t waited_for_cpu_ns(pid_t pid) {
    // "time on the cpu, time in the queue, times run"
    const auto text = read_text(("/proc/" + std::to_string(pid) + "/schedstat").c_str());
    const std::size_t space = text ? text->find(' ') : std::string::npos;
    return space == std::string::npos ? 0 : std::strtoull(text->c_str() + space, nullptr, 10);
}

std::vector<int> allowed_cpus() {
    cpu_set_t allowed;
    CPU_ZERO(&allowed);
    std::vector<int> cpus;
    if (::sched_getaffinity(0, sizeof(allowed), &allowed) == 0) {
        for (int cpu = 0; cpu < CPU_SETSIZE; ++cpu) {
            if (CPU_ISSET(static_cast<unsigned>(cpu), &allowed)) {
                cpus.push_back(cpu);
            }
        }
    }
    return cpus;
}

TwoCpus two_cpus() {
    const std::vector<int> cpus = allowed_cpus();
    return cpus.size() < 2 ? TwoCpus{} : TwoCpus{cpus[0], cpus[1]};
}

void stay_on(int cpu) noexcept {
    if (cpu >= 0) {
        cpu_set_t only;
        CPU_ZERO(&only);
        CPU_SET(static_cast<unsigned>(cpu), &only);
        ::sched_setaffinity(0, sizeof(only), &only);
    }
}

}  // namespace shunt::process_test
