// SPDX-License-Identifier: MIT
//
// boost::lockfree::spsc_queue with its capacity fixed at compile time, which is its fastest form,
// placed in the shared memory that both processes inherited.
#pragma once

#include "bench/lib/src/contenders/queue_link.hpp"

#include <boost/lockfree/spsc_queue.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace shunt::bench {

inline constexpr std::array<std::uint64_t, 4> kBoostCapacities{256, 1024, 8192, 65536};

template <std::size_t N, std::uint64_t Capacity>
using BoostQueue = boost::lockfree::spsc_queue<Message<N>, boost::lockfree::capacity<Capacity>>;

/// The compiled capacity of a task: the one asked for, or, beside a bytes ring, the largest that
/// does not exceed what that ring holds. 0: none.
[[nodiscard]] std::uint64_t boost_capacity(const Task& task) noexcept;
/// Throws Failure for a size that is no type or a capacity that is not compiled.
void check_boost(const Task& task);
/// Two queues, one each way.
[[nodiscard]] std::uint64_t boost_memory_bytes(const Task& task);

/// Calls `use.template operator()<N, Capacity>()` for the task's size and capacity.
template <class Use>
void with_boost_queue(const Task& task, Use&& use) {
    const std::uint64_t messages = boost_capacity(task);
    (void)with_typed_size(task.size, [&]<std::size_t N>() {
        [&]<std::size_t... I>(std::index_sequence<I...>) {
            (void)((kBoostCapacities[I] == messages &&
                    (use.template operator()<N, kBoostCapacities[I]>(), true)) ||
                   ...);
        }
        (std::make_index_sequence<kBoostCapacities.size()>{});
    });
}

}  // namespace shunt::bench
