// SPDX-License-Identifier: MIT
//
// Lines that a port is about to write, taken into its core's caches beforehand: else its first
// messages wait for each of them. By a store, since a prefetch for writing leaves a line be that
// this core has a copy of.
#pragma once

#include <atomic>
#include <cstdint>

namespace shunt::ring {

/// How much of a ring is made ready.
inline constexpr std::uint64_t kWarmBytes = 8192;

/// Stores what the word holds. By the word's only writer.
template <class P, class Word>
void store_again(std::atomic<Word>& word) noexcept {
    // relaxed: our own word, and nobody sees a difference
    P::store(word, P::load(word, std::memory_order_relaxed), std::memory_order_relaxed);
}

}  // namespace shunt::ring
