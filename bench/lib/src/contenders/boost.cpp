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

template <class Queue, std::size_t N, bool InMemory>
class BoostLink {
public:
    static constexpr bool kBatches = false;

    BoostLink(Queue& out, Queue& in, const Task& task) noexcept
        : out_{out}, in_{in}, outgoing_{task.fields} {}
    void prepare(std::uint64_t seq) noexcept { outgoing_.write(seq); }
    bool try_send(std::uint64_t seq) noexcept {
        return outgoing_.give(seq,
                              [this](const Message<N>& message) { return out_.push(message); });
    }
    bool try_receive(std::uint64_t& seq) noexcept {
        Message<N> message;
        if (!in_.pop(message)) {
            return false;
        }
        seq = read(message);
        return true;
    }

private:
    Queue& out_;
    Queue& in_;
    Outgoing<N, InMemory> outgoing_;
};

void run(Stage& stage) {
    const unsigned fields = stage.task().fields;
    with_boost_queue(stage.task(), [&]<std::size_t N, std::uint64_t Capacity>() {
        using Queue = BoostQueue<N, Capacity>;
        with_memory<N>(fields, [&]<bool InMemory>() {
            run_boost_link<Queue, BoostLink<Queue, N, InMemory>>(stage);
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
        bytes = 2 * align_up(sizeof(BoostQueue<N, Capacity>), kLinePairBytes);
    });
    return bytes;
}

const Contender kBoost{"boost", check_boost, boost_memory_bytes, run};

}  // namespace shunt::bench
