// SPDX-License-Identifier: MIT
//
// The kernel's calls on a word that processes share, bare: what sleeps here is not a channel.
#pragma once

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <atomic>
#include <cstdint>

namespace shunt::bench {

using FutexWord = std::atomic<std::uint32_t>;
static_assert(sizeof(FutexWord) == 4 && FutexWord::is_always_lock_free);

// Shared between processes, so never the private kind.
inline void futex_wait(FutexWord& word, std::uint32_t seen) noexcept {
    syscall(SYS_futex, &word, FUTEX_WAIT, seen, nullptr, nullptr, 0);
}
inline void futex_wake(FutexWord& word) noexcept {
    syscall(SYS_futex, &word, FUTEX_WAKE, 1, nullptr, nullptr, 0);
}

}  // namespace shunt::bench
