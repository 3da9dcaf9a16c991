// SPDX-License-Identifier: MIT
//
// The rivals of mpsc and mpmc between two processes, a queue each way.
#include "bench/lib/src/contenders/queues_of_many.hpp"
#include "bench/lib/src/contenders/queue_link.hpp"
#include "bench/lib/src/contenders/rivals.hpp"

#include <algorithm>

namespace shunt::bench {

namespace {

template <template <class, std::size_t> class Queue>
std::uint64_t memory_bytes(const Task& task) {
    std::uint64_t bytes = 0;
    with_queue_of_many<Queue>(
        task, [&]<class Made, std::size_t>() { bytes = two_queues_bytes<Made>(); });
    return bytes;
}

template <template <class, std::size_t> class Queue>
void run(Stage& stage) {
    with_queue_of_many<Queue>(stage.task(), [&]<class Made, std::size_t N>() {
        run_two_queues<Made, QueueLink<Made, N>>(stage, stage.task().capacity);
    });
}

}  // namespace

void check_queue_of_many(const Task& task) {
    check_many(task);
    if (std::find(kCapacitiesOfMany.begin(), kCapacitiesOfMany.end(), task.capacity) ==
        kCapacitiesOfMany.end()) {
        throw Failure(
            Exit::usage,
            fmt::format("peers of {} are compiled for so many messages, and not for "
                        "{}: --capacity may be {}",
                        to_string(task.kind), task.capacity, fmt::join(kCapacitiesOfMany, ", ")));
    }
}

const Contender kBoostOfMany{"boost", check_queue_of_many, memory_bytes<BoostOfMany>,
                             run<BoostOfMany>};
const Contender kVyukov{"vyukov", check_queue_of_many, memory_bytes<VyukovQueue>, run<VyukovQueue>};

}  // namespace shunt::bench
