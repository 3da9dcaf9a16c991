// SPDX-License-Identifier: MIT
//
// A queue of a library with push(message) and pop(message), both bool and neither blocking, as a
// contender that is polled: one each way, in memory that both sides have.
#pragma once

#include "bench/lib/src/contenders/queue_link.hpp"
#include "bench/lib/src/contenders/shunt_typed.hpp"

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace shunt::peers {

/// Messages, as a channel of shunt has by default.
inline constexpr std::uint64_t kQueueCapacity = 1024;

/// Calls `use.template operator()<N>()` for the size of the task.
template <class Use>
void with_size(const bench::Task& task, Use&& use) {
    (void)bench::with_typed_size(task.size, [&]<std::size_t N>() {
        if constexpr (bench::is_parked_size(N)) {
            use.template operator()<N>();
        }
    });
}

template <template <std::size_t> class Queue>
[[nodiscard]] std::uint64_t queues_bytes(const bench::Task& task) {
    std::uint64_t bytes = 0;
    with_size(task, [&]<std::size_t N>() { bytes = bench::two_queues_bytes<Queue<N>>(); });
    return bytes;
}

template <template <std::size_t> class Queue>
void run_by_queue(bench::Stage& stage) {
    with_size(stage.task(), [&]<std::size_t N>() {
        bench::run_two_queues<Queue<N>, bench::QueueLink<Queue<N>, N>>(stage, kQueueCapacity);
    });
}

/// Of threads: the queue holds pointers into the heap of one process.
template <template <std::size_t> class Queue>
[[nodiscard]] constexpr bench::Contender by_queue(std::string_view key,
                                                  bool threads = false) noexcept {
    return {key, [](const bench::Task&) {}, queues_bytes<Queue>, run_by_queue<Queue>, threads};
}

}  // namespace shunt::peers
