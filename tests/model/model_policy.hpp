// SPDX-License-Identifier: MIT
//
// The policy under which the rings and the wake region are explored: the thread stops before every
// shared access, and the explorer hears what was read and written. A copy of a message is two
// accesses, so that it can be seen half done. And the futex of the wake region.
#pragma once

#include "model/explorer.hpp"

#include <shunt/core/policy.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace shunt::model {

struct ModelPolicy : DefaultPolicy {
    template <class Word>
    static Word load(const std::atomic<Word>& word, std::memory_order order) {
        Explorer::now().before({"loads", &word});
        const Word value = DefaultPolicy::load(word, order);
        Explorer::now().loaded(value);
        return value;
    }
    template <class Word>
    static Word load_peer(const std::atomic<Word>& word, std::memory_order order) {
        return load(word, order);
    }
    template <class Word>
    static void store(std::atomic<Word>& word, Word value, std::memory_order order) {
        Explorer::now().before({"stores", &word});
        DefaultPolicy::store(word, value, order);
        Explorer::now().wrote(value);
    }
    template <class Word>
    static Word fetch_or(std::atomic<Word>& word, Word bits, std::memory_order order) {
        Explorer::now().before({"sets bits, from", &word});
        return fetched(DefaultPolicy::fetch_or(word, bits, order));
    }
    template <class Word>
    static Word fetch_and(std::atomic<Word>& word, Word bits, std::memory_order order) {
        Explorer::now().before({"clears bits, from", &word});
        return fetched(DefaultPolicy::fetch_and(word, bits, order));
    }
    template <class Word>
    static Word fetch_add(std::atomic<Word>& word, Word value, std::memory_order order) {
        Explorer::now().before({"adds, to", &word});
        return fetched(DefaultPolicy::fetch_add(word, value, order));
    }

    template <class Word>
    static bool compare_exchange(std::atomic<Word>& word, Word& expected, Word desired,
                                 std::memory_order order) {
        Explorer::now().before({"compares and swaps", &word});
        const bool swapped = DefaultPolicy::compare_exchange(word, expected, desired, order);
        if (swapped) {
            Explorer::now().wrote(expected);
        } else {
            Explorer::now().loaded(expected);
        }
        return swapped;
    }

    static void copy_in(std::byte* to, const std::byte* from, std::size_t n) {
        for (std::size_t done = 0; done < n;) {
            const std::size_t part = done == 0 ? first_part(n) : n - done;
            Explorer::now().before({"copies in", to + done});
            std::memcpy(to + done, from + done, part);
            Explorer::now().wrote(part);
            done += part;
        }
    }
    static void copy_out(std::byte* to, const std::byte* from, std::size_t n) {
        for (std::size_t done = 0; done < n;) {
            const std::size_t part = done == 0 ? first_part(n) : n - done;
            Explorer::now().before({"copies out", from + done});
            std::memcpy(to + done, from + done, part);
            Explorer::now().saw({to + done, part});
            done += part;
        }
    }
    template <std::size_t N>
    static void copy_in(std::byte* to, const std::byte* from) {
        copy_in(to, from, N);
    }
    template <std::size_t N>
    static void copy_out(std::byte* to, const std::byte* from) {
        copy_out(to, from, N);
    }
    static void copy_out_racing(std::byte* to, const std::byte* from, std::size_t n) {
        copy_out(to, from, n);
    }
    template <std::size_t N>
    static void copy_out_racing(std::byte* to, const std::byte* from) {
        copy_out(to, from, N);
    }
    static void copy_in_ordered(std::byte* to, const std::byte* from, std::size_t n) {
        copy_in(to, from, n);
    }
    static void copy_out_ordered(std::byte* to, const std::byte* from, std::size_t n) {
        copy_out(to, from, n);
    }
    template <std::size_t N>
    static void copy_in_ordered(std::byte* to, const std::byte* from) {
        copy_in(to, from, N);
    }
    template <std::size_t N>
    static void copy_out_ordered(std::byte* to, const std::byte* from) {
        copy_out(to, from, N);
    }
    static void fence(std::memory_order) {}
    static void prefetch_write(const std::byte*) {}

private:
    static constexpr std::size_t first_part(std::size_t n) { return n > 8 ? n / 16 * 8 + 8 : n; }
    template <class Word>
    static Word fetched(Word before) {
        Explorer::now().wrote(before);
        return before;
    }
};

/// FUTEX_WAIT_BITSET and FUTEX_WAKE_BITSET; a sleep ends when it is woken, or as Program says.
struct ModelFutex {
    static void wait(const std::atomic<std::uint32_t>& word, std::uint32_t expected,
                     std::uint32_t bits, std::uint64_t) {
        const std::uint32_t found = ModelPolicy::load(word, std::memory_order_seq_cst);
        if (found == expected) {
            Explorer::now().sleep_on(&word, bits);
        }
    }
    static unsigned wake_all(const std::atomic<std::uint32_t>& word, std::uint32_t bits) {
        Explorer::now().before({"wakes on", &word});
        const unsigned woken = Explorer::now().wake(&word, bits);
        Explorer::now().wrote(woken);
        return woken;
    }
};

}  // namespace shunt::model
