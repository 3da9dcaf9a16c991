// SPDX-License-Identifier: MIT
//
// Preparing mapped memory for real-time use: every page in this process's page tables, and none of
// them ever taken out again. Each process prepares for itself; a peer's page tables are its own.
#pragma once

#include <shunt/allocators/mapping.hpp>

#include <string_view>

namespace shunt {

/// Puts every page of the mapping into this process's page tables, writable where the mapping is.
/// May be called while others use the memory; no byte changes. Throws Errc::truncated where the
/// file was cut shorter than the mapping, Errc::no_space where memory ran out, else the errno.
void prefault(const Mapping& mapping, std::string_view what);

/// Puts every page of this process's code into its page tables: of the program and of the libraries
/// that it has loaded. A call that runs for the first time then takes no fault. Reads what is not
/// in memory yet from its files. Throws the errno.
void prefault_code();

/// mlock(2). Huge pages are never swapped and count towards no limit: for them this does nothing.
/// Throws Errc::limit, with the limit, the need and the cure, where RLIMIT_MEMLOCK is too small.
void lock_memory(const Mapping& mapping, std::string_view what);

}  // namespace shunt
