// SPDX-License-Identifier: MIT
//
// boost::lockfree::spsc_queue, one message a call.
#include "bench/lib/src/contenders/boost_queue.hpp"
#include "bench/lib/src/contenders/rivals.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace shunt::bench {

namespace {

void run(Stage& stage) {
    const unsigned fields = stage.task().fields;
    with_boost_queue(stage.task(), [&]<std::size_t N, std::uint64_t Capacity>() {
        using Queue = BoostQueue<N, Capacity>;
        with_memory<N>(fields, [&]<bool InMemory>() {
            run_two_queues<Queue, QueueLink<Queue, N, InMemory>>(stage,
                                                                 boost_capacity(stage.task()));
        });
    });
}

}  // namespace

std::span<const std::uint64_t> boost_capacities() noexcept {
    return kBoostCapacities;
}

std::uint64_t boost_capacity(const Task& task) noexcept {
    const std::uint64_t messages = capacity_in_messages(task);
    std::uint64_t best = 0;
    for (const std::uint64_t compiled : kBoostCapacities) {
        if (compiled == messages || (task.bytes && compiled < messages)) {
            best = compiled;
        }
    }
    return best;
}

void check_boost(const Task& task) {
    if (std::find(kTypedSizes.begin(), kTypedSizes.end(), task.size) == kTypedSizes.end()) {
        throw Failure(Exit::usage,
                      fmt::format("peer boost: messages of {} bytes are not compiled; sizes are {}",
                                  task.size, fmt::join(kTypedSizes, ", ")));
    }
    if (boost_capacity(task) == 0) {
        throw Failure(
            Exit::usage,
            fmt::format("peer boost: the capacity of spsc_queue is fixed at compile time, "
                        "and {} messages are not compiled; --capacity may be {}",
                        capacity_in_messages(task), fmt::join(kBoostCapacities, ", ")));
    }
}

std::uint64_t boost_memory_bytes(const Task& task) {
    std::uint64_t bytes = 0;
    with_boost_queue(task, [&]<std::size_t N, std::uint64_t Capacity>() {
        bytes = two_queues_bytes<BoostQueue<N, Capacity>>();
    });
    return bytes;
}

const Contender kBoost{"boost", check_boost, boost_memory_bytes, run};

}  // namespace shunt::bench
