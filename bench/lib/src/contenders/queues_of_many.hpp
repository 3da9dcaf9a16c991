// SPDX-License-Identifier: MIT
//
// Rivals of mpsc and mpmc: boost::lockfree::queue with its capacity fixed at compile time, which is
// its fastest form, and Dmitry Vyukov's bounded queue as the textbooks have it. Neither survives a
// participant that dies in it.
#pragma once

#include "bench/lib/src/contenders/many.hpp"
#include "bench/lib/src/contenders/vyukov_queue.hpp"

#include <boost/lockfree/queue.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace shunt::bench {

inline constexpr std::array<std::uint64_t, 2> kCapacitiesOfMany{1024, 8192};

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
