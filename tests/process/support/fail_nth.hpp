// SPDX-License-Identifier: MIT
//
// The n-th system call, or the n-th allocation, of a piece of work fails once. System calls are
// trapped by seccomp and made, or refused, by a signal handler of the same process, so those that
// libc makes by itself count too. Link fail_nth.cpp into a program of its own: it takes operator
// new's place there.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace shunt::process_test {

/// One system call of the work, as far as it matters for how it may fail.
struct Call {
    long number = -1;
    std::uint64_t arguments[4] = {};
};

/// What happened between begin and end; in memory that the parent sees too.
struct Calls {
    static constexpr std::size_t kMost = 2000;
    Call made[kMost];
    std::size_t count = 0;
    bool failed = false;  // the one that was to fail was reached
};

/// In a child that lives for one piece of work: from here on its system calls are trapped.
void trap_calls(Calls& calls);
/// The `nth` system call of this number from here (1 is the first; 0: none) returns `error`.
void begin_calls(long number, std::size_t nth, int error) noexcept;
void end_calls() noexcept;

/// The `nth` allocation from here (0: none) throws bad_alloc.
void begin_allocations(std::size_t nth) noexcept;
/// How many there were; true in `failed` if the one that was to fail was among them.
[[nodiscard]] std::size_t end_allocations(bool& failed) noexcept;

[[nodiscard]] bool may_trap();

/// "openat"; "call 999" for one that plausible_errors() does not know.
[[nodiscard]] std::string name_of_call(const Call& call);
/// What the kernel may refuse it with, on a host that is full, tight or strange. False: the call is
/// not in the table.
[[nodiscard]] bool plausible_errors(const Call& call, std::vector<int>& errors);

}  // namespace shunt::process_test
