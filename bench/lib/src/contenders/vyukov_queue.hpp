// SPDX-License-Identifier: MIT
//
// Dmitry Vyukov's bounded queue of many producers and many consumers, as the textbooks have it:
// what the slots of mpmc are measured against.
#pragma once

#include <shunt/core/config.hpp>

#include <array>
#include <atomic>
#include <cstddef>

namespace shunt::bench {

/// A sequence number in each cell says whose turn it is; head and tail are counters that move by
/// compare-and-swap. Any thread may push and pop. Neither call waits, but who stops between the two
/// steps of one stops all others at that cell.
template <class T, std::size_t Capacity>
class VyukovQueue {
    static_assert((Capacity & (Capacity - 1)) == 0);

public:
    VyukovQueue() noexcept {
        for (std::size_t i = 0; i < Capacity; ++i) {
            cells_[i].sequence.store(i, std::memory_order_relaxed);
        }
    }
    bool push(const T& value) noexcept {
        std::size_t position = tail_.load(std::memory_order_relaxed);
        for (;;) {
            Cell& cell = cells_[position & (Capacity - 1)];
            const std::size_t sequence = cell.sequence.load(std::memory_order_acquire);
            const auto ahead = static_cast<std::ptrdiff_t>(sequence - position);
            if (ahead == 0) {
                if (tail_.compare_exchange_weak(position, position + 1,
                                                std::memory_order_relaxed)) {
                    cell.value = value;
                    cell.sequence.store(position + 1, std::memory_order_release);
                    return true;
                }
            } else if (ahead < 0) {
                return false;
            } else {
                position = tail_.load(std::memory_order_relaxed);
            }
        }
    }
    bool pop(T& value) noexcept {
        std::size_t position = head_.load(std::memory_order_relaxed);
        for (;;) {
            Cell& cell = cells_[position & (Capacity - 1)];
            const std::size_t sequence = cell.sequence.load(std::memory_order_acquire);
            const auto ahead = static_cast<std::ptrdiff_t>(sequence - (position + 1));
            if (ahead == 0) {
                if (head_.compare_exchange_weak(position, position + 1,
                                                std::memory_order_relaxed)) {
                    value = cell.value;
                    cell.sequence.store(position + Capacity, std::memory_order_release);
                    return true;
                }
            } else if (ahead < 0) {
                return false;
            } else {
                position = head_.load(std::memory_order_relaxed);
            }
        }
    }

private:
    struct Cell {
        std::atomic<std::size_t> sequence;
        T value;
    };

    alignas(kLinePairBytes) std::array<Cell, Capacity> cells_;
    alignas(kLinePairBytes) std::atomic<std::size_t> tail_{0};
    alignas(kLinePairBytes) std::atomic<std::size_t> head_{0};
};

}  // namespace shunt::bench
