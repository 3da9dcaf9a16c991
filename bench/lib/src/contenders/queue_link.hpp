// SPDX-License-Identifier: MIT
//
// A queue with push(message) and pop(message), both bool, as a contender: two of them in a task's
// memory, one each way. One side makes them, the other finds them: both inherited the mapping, so
// the addresses are the same.
#pragma once

#include "bench/lib/src/loops.hpp"

#include <shunt/core/bytes.hpp>
#include <shunt/core/config.hpp>

#include <cstdint>
#include <memory>
#include <new>

namespace shunt::bench {

template <class Queue, std::size_t N, bool InMemory = false>
class QueueLink {
public:
    static constexpr bool kBatches = false;

    QueueLink(Queue& out, Queue& in, const Task& task) noexcept
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

template <class Queue>
[[nodiscard]] constexpr std::uint64_t two_queues_bytes() noexcept {
    return 2 * align_up(sizeof(Queue), kLinePairBytes);
}

template <class Queue, class Link>
void run_two_queues(Stage& stage, std::uint64_t capacity) {
    void* const there_at = stage.task().memory;
    void* const back_at = stage.task().memory + align_up(sizeof(Queue), kLinePairBytes);
    if (stage.first()) {
        new (there_at) Queue;
        new (back_at) Queue;
        stage.sheet().capacity = capacity;
    }
    stage.meet();
    Queue& there = *std::launder(static_cast<Queue*>(there_at));
    Queue& back = *std::launder(static_cast<Queue*>(back_at));
    Link link = stage.first() ? Link(there, back, stage.task()) : Link(back, there, stage.task());
    run_link(link, stage);
    if (stage.first()) {  // the other side has had its last message
        std::destroy_at(&there);
        std::destroy_at(&back);
    }
}

}  // namespace shunt::bench
