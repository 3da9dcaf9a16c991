// SPDX-License-Identifier: MIT
//
// A process that may only compute: the kernel kills it at any system call but its exit, and any
// allocation ends it. Link quiet.cpp into a program of its own: it takes malloc's place there.
#pragma once

namespace shunt::process_test {

/// What wait() of a Child says of one that made a system call, or allocated or freed something.
inline constexpr const char* kMadeACall = "signal 31";
inline constexpr const char* kAllocated = "exit 99";

/// From here on until exit or exit_group. For a process with one thread.
void be_quiet();

/// True if the kernel lets a process bind itself so.
[[nodiscard]] bool may_be_quiet();

}  // namespace shunt::process_test
