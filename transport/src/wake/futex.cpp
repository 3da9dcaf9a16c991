// SPDX-License-Identifier: MIT
#include <shunt/wake/futex.hpp>

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <climits>

namespace shunt {

void FutexOps::wait(const std::atomic<std::uint32_t>& word, std::uint32_t expected,
                    std::uint32_t bits, std::uint64_t bound_ns) noexcept {
    // FUTEX_WAIT_BITSET takes an absolute time on CLOCK_MONOTONIC.
    timespec until{};
    clock_gettime(CLOCK_MONOTONIC, &until);
    const std::uint64_t ns = static_cast<std::uint64_t>(until.tv_nsec) + bound_ns % 1'000'000'000;
    until.tv_sec += static_cast<time_t>(bound_ns / 1'000'000'000 + ns / 1'000'000'000);
    until.tv_nsec = static_cast<long>(ns % 1'000'000'000);
    syscall(SYS_futex, &word, FUTEX_WAIT_BITSET, expected, &until, nullptr, bits);
}

unsigned FutexOps::wake_all(const std::atomic<std::uint32_t>& word, std::uint32_t bits) noexcept {
    const long woken =
        syscall(SYS_futex, &word, FUTEX_WAKE_BITSET, INT_MAX, nullptr, nullptr, bits);
    return woken > 0 ? static_cast<unsigned>(woken) : 0;
}

}  // namespace shunt
