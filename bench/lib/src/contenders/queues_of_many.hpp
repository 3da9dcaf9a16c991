// SPDX-License-Identifier: MIT
//
// Rivals of mpsc and mpmc: boost::lockfree::queue with its capacity fixed at compile time, which is
// its fastest form, and Dmitry Vyukov's bounded queue as the textbooks have it. Neither survives a
// participant that dies in it.
#pragma once

#include "bench/lib/src/contenders/many.hpp"

#include <shunt/core/config.hpp>

#include <boost/lockfree/queue.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace shunt::bench {

inline constexpr std::array<std::uint64_t, 2> kCapacitiesOfMany{1024, 8192};

// A sequence number in each cell says whose turn it is; head and tail are counters that move by
// compare-and-swap.
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

template <class T, std::size_t Capacity>
using BoostOfMany = boost::lockfree::queue<T, boost::lockfree::capacity<Capacity>>;

/// Calls `use.template operator()<Queue, N>()` for the task's size and capacity.
template <template <class, std::size_t> class Queue, class Use>
void with_queue_of_many(const Task& task, Use&& use) {
    with_many_size(task, [&]<std::size_t N>() {
        [&]<std::size_t... I>(std::index_sequence<I...>) {
            ((kCapacitiesOfMany[I] == task.capacity
                  ? use.template operator()<Queue<Message<N>, kCapacitiesOfMany[I]>, N>()
                  : void()),
             ...);
        }
        (std::make_index_sequence<kCapacitiesOfMany.size()>{});
    });
}

/// Throws Failure for a size or a capacity that is not compiled.
void check_queue_of_many(const Task& task);

}  // namespace shunt::bench
