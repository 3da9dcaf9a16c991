// SPDX-License-Identifier: MIT
//
// The real wait operations of the wake protocol: process-shared futexes. (std::atomic::wait uses
// process-private ones and cannot wake another process.)
#pragma once

#include <atomic>
#include <cstdint>

namespace shunt {

struct FutexOps {
    /// Sleeps while `word` is `expected`, until a wake-up whose bits meet `bits`, or for
    /// `bound_ns`. May return early for no reason.
    static void wait(const std::atomic<std::uint32_t>& word, std::uint32_t expected,
                     std::uint32_t bits, std::uint64_t bound_ns) noexcept;
    /// Wakes every sleeper on `word` whose bits meet `bits`; returns how many.
    static unsigned wake_all(const std::atomic<std::uint32_t>& word, std::uint32_t bits) noexcept;
};

}  // namespace shunt
