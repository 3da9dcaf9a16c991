// SPDX-License-Identifier: MIT
//
// Rivals in a fan-in: one queue that all share, in memory that all inherited. They know no waiting;
// what a program that uses one does instead is done here.
#include "bench/lib/src/contenders/queues_of_many.hpp"
#include "bench/lib/src/fanin/loops.hpp"

#include <sched.h>
#include <new>

namespace shunt::bench {

namespace {

constexpr unsigned kPolls = 64;  // between two looks at the clock

// The calls of a shunt port. Where shunt's sleep these give the cpu away after some polls, so that
// on few cpus nobody polls while the one that it waits for has none.
template <class Queue, class Made>
class QueuePort {
public:
    QueuePort(Queue& queue, const FaninConfig& config) noexcept
        : queue_{queue},
          pauses_{config.wait != shunt::wait::spin},
          yields_{config.wait == shunt::wait::park || config.wait == shunt::wait::adaptive} {}

    Status try_push(const Made& message) {
        return queue_.push(message) ? Status::ok : Status::full;
    }
    Status push_until(const Made& message, Steady::time_point deadline) {
        return until(deadline, [&] { return queue_.push(message); });
    }
    Status try_pop(Made& message) { return queue_.pop(message) ? Status::ok : Status::empty; }
    Status pop_until(Made& message, Steady::time_point deadline) {
        return until(deadline, [&] { return queue_.pop(message); });
    }

private:
    template <class Try>
    Status until(Steady::time_point deadline, Try&& attempt) {
        do {
            for (unsigned i = 0; i < kPolls; ++i) {
                if (attempt()) {
                    return Status::ok;
                }
                if (pauses_) {
                    DefaultPolicy::pause();
                }
            }
            if (yields_) {
                ::sched_yield();
            }
        } while (Steady::now() < deadline);
        return Status::timeout;
    }

    Queue& queue_;
    bool pauses_;
    bool yields_;
};

Task task_of(const FaninConfig& config) {
    Task task;
    task.kind = config.kind;
    task.size = config.size;
    task.capacity = config.capacity;
    return task;
}

void check(const FaninConfig& config) {
    check_queue_of_many(task_of(config));
}

template <template <class, std::size_t> class Queue>
std::uint64_t memory_bytes(const FaninConfig& config) {
    std::uint64_t bytes = 0;
    with_queue_of_many<Queue>(task_of(config),
                              [&]<class Made, std::size_t>() { bytes = sizeof(Made); });
    return bytes;
}

template <template <class, std::size_t> class Queue>
void make(const FaninConfig& config, std::byte* memory) {
    with_queue_of_many<Queue>(task_of(config),
                              [&]<class Made, std::size_t>() { new (memory) Made; });
}

template <template <class, std::size_t> class Queue>
void take_part(const FaninSeat& seat) {
    with_queue_of_many<Queue>(task_of(seat.config), [&]<class Made, std::size_t N>() {
        Made& queue = *std::launder(static_cast<Made*>(static_cast<void*>(seat.memory)));
        using Port = QueuePort<Made, Message<N>>;
        Port port{queue, seat.config};
        meet(seat.hall);
        if (seat.produces()) {
            FaninProducer<N, Port>{port, seat.hall, seat.of_role()}.run();
        } else {
            fanin_consume<N>(port, seat);
        }
    });
}

}  // namespace

const FaninContender kFaninBoost{"boost", check, memory_bytes<BoostOfMany>, make<BoostOfMany>,
                                 take_part<BoostOfMany>};
const FaninContender kFaninVyukov{"vyukov", check, memory_bytes<VyukovQueue>, make<VyukovQueue>,
                                  take_part<VyukovQueue>};

}  // namespace shunt::bench
