// SPDX-License-Identifier: MIT
//
// Policies that let another thread go first now and then, so that on few cpus too calls overlap.
#pragma once

#include <shunt/core/policy.hpp>

#include <atomic>
#include <cstddef>
#include <thread>

namespace shunt::linear {

inline void others_first() {
    static thread_local unsigned calls = 0;
    if (++calls % 61 == 0) {
        std::this_thread::yield();
    }
}

/// Before any access.
struct Dawdles : DefaultPolicy {
    template <class Word>
    static void store(std::atomic<Word>& word, Word value, std::memory_order order) noexcept {
        others_first();
        word.store(value, order);
    }
    template <class Word>
    static Word load_peer(const std::atomic<Word>& word, std::memory_order order) noexcept {
        others_first();
        return word.load(order);
    }
    template <class Word>
    static bool compare_exchange(std::atomic<Word>& word, Word& expected, Word desired,
                                 std::memory_order order) noexcept {
        others_first();
        return word.compare_exchange_strong(expected, desired, order);
    }
    template <std::size_t N>
    static void copy_in(std::byte* to, const std::byte* from) noexcept {
        others_first();
        DefaultPolicy::copy_in<N>(to, from);
    }
    template <std::size_t N>
    static void copy_out(std::byte* to, const std::byte* from) noexcept {
        others_first();
        DefaultPolicy::copy_out<N>(to, from);
    }
};

}  // namespace shunt::linear
