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
    // relaxed: our own word
    const Word held = P::load(word, std::memory_order_relaxed);
    // Whoever reads this store instead of the one that it repeats goes by it as by that one.
    // edge spsc.publish release -> SpscConsumer::own_line: the messages below a stamp
    // edge bytes.publish release -> BytesConsumer::look: the frame of a header
    // edge broadcast.publish release -> LogReader::look: the message of a stamp
    P::store(word, held, std::memory_order_release);
}

}  // namespace shunt::ring
