// SPDX-License-Identifier: MIT
#include <shunt/wake/futex.hpp>

#include <linux/futex.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cerrno>
#include <climits>

namespace shunt {
namespace {

constexpr std::uint64_t kLookNs = 1'000'000;

// Bounds are on CLOCK_MONOTONIC, absolute, for both calls below.
timespec after(std::uint64_t bound_ns) noexcept {
    timespec until{};
    clock_gettime(CLOCK_MONOTONIC, &until);
    const std::uint64_t ns = static_cast<std::uint64_t>(until.tv_nsec) + bound_ns % 1'000'000'000;
    until.tv_sec += static_cast<time_t>(bound_ns / 1'000'000'000 + ns / 1'000'000'000);
    until.tv_nsec = static_cast<long>(ns % 1'000'000'000);
    return until;
}

// struct futex_waitv of linux/futex.h, which not every libc's headers have.
struct Waiter {
    std::uint64_t value;
    std::uint64_t address;
    std::uint32_t flags;  // of 32 bits, and not private
    std::uint32_t reserved;
};
constexpr std::uint32_t kSize32 = 2;
constexpr long kFutexWaitv = 449;

// False where the kernel has no such call, or refuses it.
bool wait_on_all(std::span<const FutexOps::Watched> words, std::uint64_t bound_ns) noexcept {
    std::array<Waiter, FutexOps::kMostWatched> waiters;
    for (std::size_t i = 0; i < words.size(); ++i) {
        waiters[i] = {words[i].expected, std::bit_cast<std::uint64_t>(words[i].word), kSize32, 0};
    }
    const timespec until = after(bound_ns);
    return syscall(kFutexWaitv, waiters.data(), words.size(), 0, &until, CLOCK_MONOTONIC) >= 0 ||
           (errno != ENOSYS && errno != EPERM && errno != ENOMEM);
}

}  // namespace

void FutexOps::wait(const std::atomic<std::uint32_t>& word, std::uint32_t expected,
                    std::uint32_t bits, std::uint64_t bound_ns) noexcept {
    const timespec until = after(bound_ns);
    syscall(SYS_futex, &word, FUTEX_WAIT_BITSET, expected, &until, nullptr, bits);
}

void FutexOps::wait_any(std::span<const Watched> words, std::uint64_t bound_ns) noexcept {
    if (words.size() > kMostWatched || !wait_on_all(words, bound_ns)) {
        wait(*words.front().word, words.front().expected, ~std::uint32_t{0},
             std::min(bound_ns, kLookNs));
    }
}

bool FutexOps::sleeps_on_several() noexcept {
    // Asked for no word at all it refuses with EINVAL, if it is there.
    return syscall(kFutexWaitv, nullptr, 0, 0, nullptr, CLOCK_MONOTONIC) < 0 && errno == EINVAL;
}

unsigned FutexOps::wake_all(const std::atomic<std::uint32_t>& word, std::uint32_t bits) noexcept {
    const long woken =
        syscall(SYS_futex, &word, FUTEX_WAKE_BITSET, INT_MAX, nullptr, nullptr, bits);
    return woken > 0 ? static_cast<unsigned>(woken) : 0;
}

}  // namespace shunt
