// SPDX-License-Identifier: MIT
//
// The real wait operations of the wake protocol: process-shared futexes. (std::atomic::wait uses
// process-private ones and cannot wake another process.)
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

namespace shunt {

struct FutexOps {
    /// One word of several that are slept on at once.
    struct Watched {
        const std::atomic<std::uint32_t>* word;
        std::uint32_t expected;
    };
    /// As many as the kernel takes in one call.
    static constexpr std::size_t kMostWatched = 128;

    /// Sleeps while `word` is `expected`, until a wake-up whose bits meet `bits`, or for
    /// `bound_ns`. May return early for no reason.
    static void wait(const std::atomic<std::uint32_t>& word, std::uint32_t expected,
                     std::uint32_t bits, std::uint64_t bound_ns) noexcept;
    /// Sleeps while every word is what is expected of it, until a wake-up of any of them (whatever
    /// its bits), or for `bound_ns`. May return early for no reason. Where the kernel cannot sleep
    /// on several words (before 5.16, or refused), and for words beyond kMostWatched, it sleeps on
    /// the first one, a millisecond at most.
    static void wait_any(std::span<const Watched> words, std::uint64_t bound_ns) noexcept;
    /// True if wait_any() sleeps on all words here; false if it looks each millisecond.
    [[nodiscard]] static bool sleeps_on_several() noexcept;
    /// Wakes every sleeper on `word` whose bits meet `bits`; returns how many.
    static unsigned wake_all(const std::atomic<std::uint32_t>& word, std::uint32_t bits) noexcept;
};

}  // namespace shunt
