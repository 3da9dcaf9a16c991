// SPDX-License-Identifier: MIT
#include "process/stepper/walker.hpp"

#include <sched.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <cstddef>
#include <map>
#include <set>
#include <system_error>
#include <tuple>
#include <utility>

extern "C" {
// Where the linker put this program's text.
extern const char __executable_start;
extern const char etext;
// Every handler of an exception begins here; none is reached by a return.
void* __cxa_begin_catch(void*) noexcept;
}

namespace shunt::stepper {
namespace {

constexpr std::uint64_t kPrivateCalls[] = {SYS_read, SYS_mmap, SYS_munmap, SYS_brk, SYS_mprotect};
constexpr int kOftenEnough = 3;

std::uint64_t peek(Child& child, std::size_t offset) {
    return static_cast<std::uint64_t>(::ptrace(PTRACE_PEEKUSER, child.pid(), offset, nullptr));
}

void poke(Child& child, std::size_t offset, std::uint64_t value) {
    if (::ptrace(PTRACE_POKEUSER, child.pid(), offset, value) != 0) {
        throw std::system_error(errno, std::system_category(), "a debug register");
    }
}

constexpr std::size_t debug_register(std::size_t number) {
    return offsetof(user, u_debugreg) + number * sizeof(std::uint64_t);
}

bool ours(std::uint64_t address) {
    return address >= std::bit_cast<std::uint64_t>(&__executable_start) &&
           address < std::bit_cast<std::uint64_t>(&etext);
}

std::uint64_t instruction_of(Child& child) {
    return peek(child, offsetof(user_regs_struct, rip));
}

std::uint64_t stack_of(Child& child) {
    return peek(child, offsetof(user_regs_struct, rsp));
}

// A breakpoint costs as much as a step: the cheapest way to point k is the one with the least sum
// of both. Point 0 is where a victim stands; its address counts from there.
void find_anchor(Trace& trace, std::uint64_t times_before) {
    Point& at = trace.back();
    const std::uint64_t k = trace.size() - 1;
    const std::uint64_t times = times_before + (at.address == trace[0].address ? 0 : 1);
    if (k == 0) {
        return;
    }
    const Point& before = trace[k - 1];
    if (before.times + (k - before.anchor) <= times) {
        at.anchor = before.anchor;
        at.times = before.times;
    } else {
        at.anchor = k;
        at.times = times;
    }
}

std::uint64_t return_address(Child& child) {
    return static_cast<std::uint64_t>(
        ::ptrace(PTRACE_PEEKDATA, child.pid(), stack_of(child), nullptr));
}

}  // namespace

Walker::Walker(Child& child, std::function<void()> asleep)
    : child_{child}, asleep_{std::move(asleep)} {}

std::uint64_t Walker::here() const {
    return instruction_of(child_);
}

bool Walker::resume(int request) {
    if (::ptrace(static_cast<__ptrace_request>(request), child_.pid(), nullptr, nullptr) != 0) {
        return false;
    }
    return wait_or_see_it_sleep();
}

bool Walker::wait_or_see_it_sleep() {
    while (asleep_ && !child_.has_stopped()) {
        if (child_.sleeps_in(SYS_futex)) {
            std::exchange(asleep_, nullptr)();
        }
        ::sched_yield();
    }
    return child_.until_marked().empty();
}

bool Walker::step() {
    if (!resume(PTRACE_SINGLESTEP)) {
        return false;
    }
    return ours(here()) || leave_foreign_text();
}

// It stands at the first instruction of a function that is not ours, or in the middle of one.
bool Walker::leave_foreign_text() {
    while (!ours(return_address(child_))) {
        if (!resume(PTRACE_SINGLESTEP)) {
            return false;
        }
        if (ours(here())) {
            return true;
        }
    }
    return run_until_at(return_address(child_), stack_of(child_));
}

// To `address`, in no deeper call than one whose stack pointer is above `stack_above`; or into the
// handler of an exception.
bool Walker::run_until_at(std::uint64_t address, std::uint64_t stack_above) {
    const auto handler = std::bit_cast<std::uint64_t>(&__cxa_begin_catch);
    poke(child_, debug_register(0), address);
    poke(child_, debug_register(1), handler);
    poke(child_, debug_register(7), 0b101);
    bool lives = true;
    for (;;) {
        lives = resume(counts_ ? PTRACE_SYSCALL : PTRACE_CONT);
        if (!lives) {
            return false;
        }
        const std::uint64_t now = here();
        if (now == handler && ours(return_address(child_))) {
            address = return_address(child_);
            stack_above = stack_of(child_);
            poke(child_, debug_register(7), 0);
            poke(child_, debug_register(0), address);
            poke(child_, debug_register(7), 0b001);
        } else if (now == address && stack_of(child_) > stack_above) {
            break;
        } else if (counts_ && !ours(now)) {
            note_call();
        } else if (ours(now) && now != address) {
            break;  // it stopped by itself
        }
    }
    poke(child_, debug_register(7), 0);
    return lives;
}

// Reading and mapping change nothing that others see.
void Walker::note_call() {
    __ptrace_syscall_info at{};
    if (::ptrace(PTRACE_GET_SYSCALL_INFO, child_.pid(), sizeof(at), &at) > 0 &&
        at.op == PTRACE_SYSCALL_INFO_ENTRY &&
        std::find(std::begin(kPrivateCalls), std::end(kPrivateCalls), at.entry.nr) ==
            std::end(kPrivateCalls)) {
        ++calls_;
    }
}

bool Walker::run_to(std::uint64_t address, std::uint64_t times) {
    poke(child_, debug_register(0), address);
    poke(child_, debug_register(7), 0b001);
    bool lives = true;
    for (std::uint64_t i = 0; i < times && lives && (i == 0 || here() == address); ++i) {
        lives = resume(PTRACE_CONT);
    }
    if (lives) {
        poke(child_, debug_register(7), 0);
    }
    return lives && here() == address;
}

bool Walker::go_to(const Trace& trace, std::uint64_t k) {
    if (here() != trace.at(0).address) {
        return false;
    }
    const std::uint64_t anchor = trace.at(k).anchor;
    if (trace[k].times != 0 && !run_to(trace[anchor].address, trace[k].times)) {
        return false;
    }
    for (std::uint64_t i = anchor; i < k; ++i) {
        if (!step()) {
            return false;
        }
    }
    return here() == trace[k].address;
}

Trace Walker::record(const std::function<bool()>& over,
                     const std::function<std::uint64_t()>& memory) {
    ::ptrace(PTRACE_SETOPTIONS, child_.pid(), nullptr, PTRACE_O_TRACESYSGOOD);
    counts_ = true;
    Trace trace;
    std::map<std::uint64_t, std::uint64_t> often;
    while (!over()) {
        const std::uint64_t address = here();
        trace.push_back({address, calls_, memory()});
        find_anchor(trace, often[address]++);
        if (!step()) {
            throw std::runtime_error("the victim ended while it was recorded");
        }
    }
    counts_ = false;
    return trace;
}

std::vector<std::uint64_t> distinct_points(const Trace& trace) {
    std::map<std::tuple<std::uint64_t, std::uint64_t, std::uint64_t>, int> often;
    std::vector<std::uint64_t> points;
    for (std::uint64_t k = 0; k < trace.size(); ++k) {
        const Point& at = trace[k];
        if (++often[{at.address, at.calls, at.memory}] <= kOftenEnough) {
            points.push_back(k);
        }
    }
    return points;
}

std::vector<std::uint64_t> points_of_change(const Trace& trace) {
    std::set<std::uint64_t> points{0, trace.size() - 1};
    for (std::uint64_t k = 1; k < trace.size(); ++k) {
        if (trace[k].memory != trace[k - 1].memory || trace[k].calls != trace[k - 1].calls) {
            points.insert({k - 1, k, std::min(k + 1, trace.size() - 1)});
        }
    }
    return {points.begin(), points.end()};
}

}  // namespace shunt::stepper
