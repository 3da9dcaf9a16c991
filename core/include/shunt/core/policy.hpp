// SPDX-License-Identifier: MIT
//
// Policy: everything a ring does to memory that others see, as one set of static functions. The
// default costs nothing. A test replaces it to put a scheduler, a hostile peer or a crash between
// any two shared accesses; `load_peer` is apart from `load` because a peer's word is input.
#pragma once

#include <shunt/core/copy.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>

#if defined(__x86_64__)
#include <cpuid.h>
#include <x86intrin.h>
#endif

namespace shunt {

namespace detail {

#if defined(__x86_64__)
inline bool cpu_has_prefetchw() noexcept {
    unsigned a = 0, b = 0, c = 0, d = 0;
    return __get_cpuid(0x80000001u, &a, &b, &c, &d) != 0 && (c & (1u << 8)) != 0;
}
inline const bool kHasPrefetchw = cpu_has_prefetchw();
#endif

}  // namespace detail

struct DefaultPolicy {
    /// A word that this side writes.
    template <class Word>
    static Word load(const std::atomic<Word>& word, std::memory_order order) noexcept {
        return word.load(order);
    }
    template <class Word>
    static void store(std::atomic<Word>& word, Word value, std::memory_order order) noexcept {
        word.store(value, order);
    }
    /// A word that the other side writes. At most one load of it per operation.
    template <class Word>
    static Word load_peer(const std::atomic<Word>& word, std::memory_order order) noexcept {
        return word.load(order);
    }

    /// Words that several write, by fetch operations only (docs/memory_layout.md lists them).
    template <class Word>
    static Word fetch_or(std::atomic<Word>& word, Word bits, std::memory_order order) noexcept {
        return word.fetch_or(bits, order);
    }
    template <class Word>
    static Word fetch_and(std::atomic<Word>& word, Word bits, std::memory_order order) noexcept {
        return word.fetch_and(bits, order);
    }
    template <class Word>
    static Word fetch_add(std::atomic<Word>& word, Word value, std::memory_order order) noexcept {
        return word.fetch_add(value, order);
    }

    /// Words that several write by compare-and-swap. Where it fails, `expected` is what it found,
    /// loaded with the acquire part of `order`.
    template <class Word>
    static bool compare_exchange(std::atomic<Word>& word, Word& expected, Word desired,
                                 std::memory_order order) noexcept {
        return word.compare_exchange_strong(expected, desired, order);
    }

    /// Payload into the ring (`to` is shared) and out of it (`from` is shared).
    template <std::size_t N>
    static void copy_in(std::byte* to, const std::byte* from) noexcept {
        detail::copy_in<N>(to, from);
    }
    template <std::size_t N>
    static void copy_out(std::byte* to, const std::byte* from) noexcept {
        detail::copy_out<N>(to, from);
    }
    /// Out of a place that may be written meanwhile: worth something only where a word that was
    /// read before it is found unchanged behind it. `from` is aligned to 8 bytes.
    template <std::size_t N>
    static void copy_out_racing(std::byte* to, const std::byte* from) noexcept {
        detail::copy_racing(to, from, N);
    }
    static void copy_out_racing(std::byte* to, const std::byte* from, std::size_t n) noexcept {
        detail::copy_racing(to, from, n);
    }
    /// Into a place that others may be reading, and out of one: by words in order, each with
    /// release and acquire. The place is aligned to 8 bytes.
    template <std::size_t N>
    static void copy_in_ordered(std::byte* to, const std::byte* from) noexcept {
        detail::copy_in_ordered(to, from, N);
    }
    template <std::size_t N>
    static void copy_out_ordered(std::byte* to, const std::byte* from) noexcept {
        detail::copy_out_ordered(to, from, N);
    }
    static void copy_in_ordered(std::byte* to, const std::byte* from, std::size_t n) noexcept {
        detail::copy_in_ordered(to, from, n);
    }
    static void copy_out_ordered(std::byte* to, const std::byte* from, std::size_t n) noexcept {
        detail::copy_out_ordered(to, from, n);
    }
    /// Between a word of ours and memory that a user reads or writes by plain accesses.
    /// ThreadSanitizer knows no fences; under it nobody accesses a log in place (ring/stage.hpp).
    static void fence(std::memory_order order) noexcept {
        if constexpr (!detail::kThreadSanitizer) {
            std::atomic_thread_fence(order);
        }
    }
    static void copy_in(std::byte* to, const std::byte* from, std::size_t n) noexcept {
        detail::copy_in(to, from, n);
    }
    static void copy_out(std::byte* to, const std::byte* from, std::size_t n) noexcept {
        detail::copy_out(to, from, n);
    }

    /// Asks for the line in a state that can be written. By assembly, as all prefetches here: the
    /// builtin with rw = 1 compiles to prefetcht0, which does not take ownership, and g++ removes
    /// calls of a function that does nothing but the builtin.
    static void prefetch_write(const std::byte* line) noexcept {
#if defined(__x86_64__)
        if (detail::kHasPrefetchw) [[likely]] {
            asm volatile("prefetchw %0" : : "m"(*line));
        }
#elif defined(__aarch64__)
        asm volatile("prfm pstl1keep, [%0]" : : "r"(line));
#endif
    }

    /// Asks for a line that will be read soon.
    static void prefetch_read(const std::byte* line) noexcept {
#if defined(__x86_64__)
        asm volatile("prefetcht0 %0" : : "m"(*line));
#elif defined(__aarch64__)
        asm volatile("prfm pldl1keep, [%0]" : : "r"(line));
#endif
    }

    /// Between two polls of a waiting loop; never inside a try_ call.
    static void pause() noexcept {
#if defined(__x86_64__)
        _mm_pause();
#elif defined(__aarch64__)
        asm volatile("isb" : : : "memory");
#endif
    }

    /// The cheapest clock: constant rate, unit unspecified.
    static std::uint64_t ticks() noexcept {
#if defined(__x86_64__)
        return __rdtsc();
#elif defined(__aarch64__)
        std::uint64_t value;
        asm volatile("mrs %0, cntvct_el0" : "=r"(value));
        return value;
#else
#error "shunt runs on x86-64 and aarch64"
#endif
    }
};

}  // namespace shunt
