// SPDX-License-Identifier: MIT
//
// A policy that stops before any shared access and lets the test run the other side there, on the
// same thread, so that an interleaving is exact and repeats. And broken policies: each is a bug
// that the rings could have, made by delaying or leaving out one access.
#pragma once

#include <shunt/core/policy.hpp>

#include <algorithm>
#include <cstring>
#include <functional>
#include <utility>
#include <vector>

namespace shunt::test {

struct SteppingPolicy : DefaultPolicy {
    /// Before the access number `at` of the next operation, `other_side` runs, once.
    inline static int at = -1;
    inline static std::function<void()> other_side;
    /// True while the other side runs; it is not stopped itself.
    inline static bool other_runs = false;

    static void step() {
        if (!other_runs && at-- == 0) {
            other_runs = true;
            other_side();
            other_runs = false;
        }
    }

    template <class Word>
    static Word load(const std::atomic<Word>& word, std::memory_order order) {
        step();
        return DefaultPolicy::load(word, order);
    }
    template <class Word>
    static void store(std::atomic<Word>& word, Word value, std::memory_order order) {
        step();
        DefaultPolicy::store(word, value, order);
    }
    template <class Word>
    static Word load_peer(const std::atomic<Word>& word, std::memory_order order) {
        step();
        return DefaultPolicy::load_peer(word, order);
    }
    // In two halves: a copy is no single access.
    static void copy_in(std::byte* to, const std::byte* from, std::size_t n) {
        step();
        std::copy_n(from, n / 2, to);
        step();
        std::copy_n(from + n / 2, n - n / 2, to + n / 2);
    }
    static void copy_out(std::byte* to, const std::byte* from, std::size_t n) {
        copy_in(to, from, n);
    }
    template <std::size_t N>
    static void copy_in(std::byte* to, const std::byte* from) {
        copy_in(to, from, N);
    }
    template <std::size_t N>
    static void copy_out(std::byte* to, const std::byte* from) {
        copy_in(to, from, N);
    }
    template <std::size_t N>
    static void copy_in_ordered(std::byte* to, const std::byte* from) {
        copy_in(to, from, N);
    }
    template <std::size_t N>
    static void copy_out_ordered(std::byte* to, const std::byte* from) {
        copy_in(to, from, N);
    }
    static void copy_in_ordered(std::byte* to, const std::byte* from, std::size_t n) {
        copy_in(to, from, n);
    }
    static void copy_out_ordered(std::byte* to, const std::byte* from, std::size_t n) {
        copy_in(to, from, n);
    }
    static void end_of_operation() {}
};

/// A copy that happens only after the `kStores`th store behind it.
template <int kStores>
struct LateCopy {
    inline static std::vector<std::pair<std::byte*, std::vector<std::byte>>> late_in;
    inline static std::byte* late_out_to = nullptr;
    inline static const std::byte* late_out_from = nullptr;
    inline static std::size_t late_out_n = 0;
    inline static int stores = 0;

    static void in(std::byte* to, const std::byte* from, std::size_t n) {
        late_in.emplace_back(to, std::vector<std::byte>(from, from + n));
        stores = 0;
    }
    static void out(std::byte* to, const std::byte* from, std::size_t n) {
        late_out_to = to, late_out_from = from, late_out_n = n;
        stores = 0;
    }
    static void stored() {
        if (++stores == kStores) {
            SteppingPolicy::step();
            finish();
        }
    }
    static void finish() {
        for (const auto& [to, bytes] : late_in) {
            std::memcpy(to, bytes.data(), bytes.size());
        }
        late_in.clear();
        if (late_out_to != nullptr) {
            std::memcpy(std::exchange(late_out_to, nullptr), late_out_from, late_out_n);
        }
    }
};

/// The stamp, or the header, is stored before the payload. In a bytes ring the second store behind
/// a copy is the header's, the first clears its successor.
template <int kStores>
struct PublishBeforePayload : SteppingPolicy {
    using Late = LateCopy<kStores>;
    static void copy_in(std::byte* to, const std::byte* from, std::size_t n) {
        other_runs ? SteppingPolicy::copy_in(to, from, n) : Late::in(to, from, n);
    }
    template <std::size_t N>
    static void copy_in(std::byte* to, const std::byte* from) {
        copy_in(to, from, N);
    }
    template <class Word>
    static void store(std::atomic<Word>& word, Word value, std::memory_order order) {
        SteppingPolicy::store(word, value, order);
        if (!other_runs) {
            Late::stored();
        }
    }
    static void end_of_operation() { Late::finish(); }
};

/// free_pos (the second store behind a copy, read_pos is the first) is stored before the copy out.
struct FreeBeforeCopy : SteppingPolicy {
    using Late = LateCopy<2>;
    static void copy_out(std::byte* to, const std::byte* from, std::size_t n) {
        other_runs ? SteppingPolicy::copy_out(to, from, n) : Late::out(to, from, n);
    }
    template <std::size_t N>
    static void copy_out(std::byte* to, const std::byte* from) {
        copy_out(to, from, N);
    }
    template <class Word>
    static void store(std::atomic<Word>& word, Word value, std::memory_order order) {
        SteppingPolicy::store(word, value, order);
        if (!other_runs) {
            Late::stored();
        }
    }
    static void end_of_operation() { Late::finish(); }
};

/// The header of a frame's successor is not cleared.
struct SuccessorNotCleared : SteppingPolicy {
    template <class Word>
    static void store(std::atomic<Word>& word, Word value, std::memory_order order) {
        if (value != 0) {
            SteppingPolicy::store(word, value, order);
        }
    }
};

}  // namespace shunt::test
