// SPDX-License-Identifier: MIT
//
// Payload copies into and out of a ring. Ours rather than memcpy, because what the compiler makes
// of a small memcpy decides the speed of the ring: a 16-byte load over fields that were just
// written narrower waits for the store buffer (16-byte messages: 140 M/s with it, 660 without), and
// g++ turns a 1 KiB memcpy into `rep movs`. So: in by 8-byte words, out by 16-byte loads, both by
// lines of 64 bytes above 56 bytes. The memory may overlap nothing. And out of a place that another
// may be writing (copy_racing): by relaxed atomic words, so that it is no data race to read what is
// then thrown away; under ThreadSanitizer copies in are atomic too.
#pragma once

#include <shunt/core/bytes.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace shunt::detail {

#if defined(__SANITIZE_THREAD__)
inline constexpr bool kThreadSanitizer = true;
#elif defined(__has_feature)
inline constexpr bool kThreadSanitizer = __has_feature(thread_sanitizer);
#else
inline constexpr bool kThreadSanitizer = false;
#endif

// One word through a general register: the barrier keeps the compiler from pairing two of them into
// a wider access.
[[gnu::always_inline]] inline void copy_word(std::byte* to, const std::byte* from) noexcept {
    std::uint64_t word;
    std::memcpy(&word, from, 8);
    asm("" : "+r"(word));
    std::memcpy(to, &word, 8);
}

[[gnu::always_inline]] inline void copy_16(std::byte* to, const std::byte* from) noexcept {
#if defined(__SSE2__)
    __m128i pair;
    std::memcpy(&pair, from, 16);
    asm("" : "+x"(pair));
    std::memcpy(to, &pair, 16);
#else
    std::memcpy(to, from, 16);
#endif
}

[[gnu::always_inline]] inline void copy_line(std::byte* to, const std::byte* from) noexcept {
#if defined(__SSE2__)
    __m128i a, b, c, d;
    std::memcpy(&a, from, 16);
    std::memcpy(&b, from + 16, 16);
    std::memcpy(&c, from + 32, 16);
    std::memcpy(&d, from + 48, 16);
    asm("" : "+x"(a), "+x"(b), "+x"(c), "+x"(d));
    std::memcpy(to, &a, 16);
    std::memcpy(to + 16, &b, 16);
    std::memcpy(to + 32, &c, 16);
    std::memcpy(to + 48, &d, 16);
#else
    std::memcpy(to, from, 64);
#endif
}

// The last n < 8 bytes.
[[gnu::always_inline]] inline void copy_rest(std::byte* to, const std::byte* from,
                                             std::size_t n) noexcept {
    if ((n & 4) != 0) {
        std::memcpy(to, from, 4);
        to += 4, from += 4;
    }
    if ((n & 2) != 0) {
        std::memcpy(to, from, 2);
        to += 2, from += 2;
    }
    if ((n & 1) != 0) {
        *to = *from;
    }
}

[[gnu::always_inline]] inline void copy_words_in(std::byte* to, const std::byte* from,
                                                 std::size_t n) noexcept {
    for (; n >= 8; n -= 8, to += 8, from += 8) {
        copy_word(to, from);
    }
    copy_rest(to, from, n);
}

[[gnu::always_inline]] inline void copy_pairs_out(std::byte* to, const std::byte* from,
                                                  std::size_t n) noexcept {
    for (; n >= 16; n -= 16, to += 16, from += 16) {
        copy_16(to, from);
    }
    if (n >= 8) {
        copy_word(to, from);
        n -= 8, to += 8, from += 8;
    }
    copy_rest(to, from, n);
}

template <class Word>
[[gnu::always_inline]] inline void load_racing(std::byte* to, const std::byte* from) noexcept {
    // relaxed: worth something only where the slot's word has not changed, which is found out next
    const Word word = object_at<const std::atomic<Word>>(from)->load(std::memory_order_relaxed);
    std::memcpy(to, &word, sizeof word);
}

// `from` is aligned to 8 bytes.
[[gnu::always_inline]] inline void copy_racing(std::byte* to, const std::byte* from,
                                               std::size_t n) noexcept {
#pragma GCC unroll 8
    for (; n >= 8; n -= 8, to += 8, from += 8) {
        load_racing<std::uint64_t>(to, from);
    }
    if ((n & 4) != 0) {
        load_racing<std::uint32_t>(to, from);
        to += 4, from += 4;
    }
    if ((n & 2) != 0) {
        load_racing<std::uint16_t>(to, from);
        to += 2, from += 2;
    }
    if ((n & 1) != 0) {
        load_racing<std::uint8_t>(to, from);
    }
}

template <class Word>
[[gnu::always_inline]] inline void load_ordered(std::byte* to, const std::byte* from) noexcept {
    // edge broadcast.overwrite acquire <- store_ordered: a word of a later message shows its stamp
    const Word word = object_at<const std::atomic<Word>>(from)->load(std::memory_order_acquire);
    std::memcpy(to, &word, sizeof word);
}

template <class Word>
[[gnu::always_inline]] inline void store_ordered(std::byte* to, const std::byte* from) noexcept {
    Word word;
    std::memcpy(&word, from, sizeof word);
    // edge broadcast.overwrite release -> load_ordered: not before the stamp that says so
    object_at<std::atomic<Word>>(to)->store(word, std::memory_order_release);
}

// `from` is aligned to 8 bytes.
[[gnu::always_inline]] inline void copy_out_ordered(std::byte* to, const std::byte* from,
                                                    std::size_t n) noexcept {
#pragma GCC unroll 8
    for (; n >= 8; n -= 8, to += 8, from += 8) {
        load_ordered<std::uint64_t>(to, from);
    }
    if ((n & 4) != 0) {
        load_ordered<std::uint32_t>(to, from);
        to += 4, from += 4;
    }
    if ((n & 2) != 0) {
        load_ordered<std::uint16_t>(to, from);
        to += 2, from += 2;
    }
    if ((n & 1) != 0) {
        load_ordered<std::uint8_t>(to, from);
    }
}

// `to` is aligned to 8 bytes.
[[gnu::always_inline]] inline void copy_in_ordered(std::byte* to, const std::byte* from,
                                                   std::size_t n) noexcept {
#pragma GCC unroll 8
    for (; n >= 8; n -= 8, to += 8, from += 8) {
        store_ordered<std::uint64_t>(to, from);
    }
    if ((n & 4) != 0) {
        store_ordered<std::uint32_t>(to, from);
        to += 4, from += 4;
    }
    if ((n & 2) != 0) {
        store_ordered<std::uint16_t>(to, from);
        to += 2, from += 2;
    }
    if ((n & 1) != 0) {
        store_ordered<std::uint8_t>(to, from);
    }
}

// Of any alignment; for ThreadSanitizer, which knows nothing of what is thrown away.
inline void copy_in_by_bytes(std::byte* to, const std::byte* from, std::size_t n) noexcept {
    for (std::size_t i = 0; i < n; ++i) {
        // relaxed: a later store to the slot's word publishes it
        object_at<std::atomic<std::byte>>(to + i)->store(from[i], std::memory_order_relaxed);
    }
}

// Where the size is a constant the loops unroll completely.
template <std::size_t N>
[[gnu::always_inline]] inline void copy_in(std::byte* to, const std::byte* from) noexcept {
    if constexpr (kThreadSanitizer) {
        copy_in_by_bytes(to, from, N);
    } else if constexpr (N <= 56) {
#pragma GCC unroll 8
        for (std::size_t i = 0; i < N / 8; ++i) {
            copy_word(to + 8 * i, from + 8 * i);
        }
        copy_rest(to + (N & ~std::size_t{7}), from + (N & ~std::size_t{7}), N & 7);
    } else {
        std::size_t i = 0;
#pragma GCC unroll 4
        for (; i + 64 <= N; i += 64) {
            copy_line(to + i, from + i);
        }
        copy_words_in(to + i, from + i, N & 63);
    }
}

template <std::size_t N>
[[gnu::always_inline]] inline void copy_out(std::byte* to, const std::byte* from) noexcept {
    std::size_t i = 0;
#pragma GCC unroll 4
    for (; i + 64 <= N; i += 64) {
        copy_line(to + i, from + i);
    }
    copy_pairs_out(to + i, from + i, N & 63);
}

inline void copy_in(std::byte* to, const std::byte* from, std::size_t n) noexcept {
    if constexpr (kThreadSanitizer) {
        return copy_in_by_bytes(to, from, n);
    }
    for (; n >= 64; n -= 64, to += 64, from += 64) {
        copy_line(to, from);
    }
    copy_words_in(to, from, n);
}

inline void copy_out(std::byte* to, const std::byte* from, std::size_t n) noexcept {
    for (; n >= 64; n -= 64, to += 64, from += 64) {
        copy_line(to, from);
    }
    copy_pairs_out(to, from, n);
}

}  // namespace shunt::detail
