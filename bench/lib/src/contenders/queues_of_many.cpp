// SPDX-License-Identifier: MIT
//
// Rivals of mpmc: boost::lockfree::queue with its capacity fixed at compile time, which is its
// fastest form, and Dmitry Vyukov's bounded queue as the textbooks have it. Neither survives a
// participant that dies in it.
#include "bench/lib/src/contenders/many.hpp"
#include "bench/lib/src/contenders/queue_link.hpp"
#include "bench/lib/src/contenders/rivals.hpp"

#include <boost/lockfree/queue.hpp>

#include <array>
#include <atomic>

namespace shunt::bench {

namespace {

inline constexpr std::array<std::uint64_t, 2> kCapacities{1024, 8192};

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

template <template <class, std::size_t> class Queue, class Use>
void with_queue(const Task& task, Use&& use) {
    with_many_size(task, [&]<std::size_t N>() {
        [&]<std::size_t... I>(std::index_sequence<I...>) {
            ((kCapacities[I] == task.capacity
                  ? use.template operator()<Queue<Message<N>, kCapacities[I]>, N>()
                  : void()),
             ...);
        }
        (std::make_index_sequence<kCapacities.size()>{});
    });
}

void check(const Task& task) {
    check_many(task);
    if (std::find(kCapacities.begin(), kCapacities.end(), task.capacity) == kCapacities.end()) {
        throw Failure(
            Exit::usage,
            fmt::format("peers of {} are compiled for so many messages, and not for "
                        "{}: --capacity may be {}",
                        to_string(task.kind), task.capacity, fmt::join(kCapacities, ", ")));
    }
}

template <template <class, std::size_t> class Queue>
std::uint64_t memory_bytes(const Task& task) {
    std::uint64_t bytes = 0;
    with_queue<Queue>(task, [&]<class Made, std::size_t>() { bytes = two_queues_bytes<Made>(); });
    return bytes;
}

template <template <class, std::size_t> class Queue>
void run(Stage& stage) {
    with_queue<Queue>(stage.task(), [&]<class Made, std::size_t N>() {
        run_two_queues<Made, QueueLink<Made, N>>(stage, stage.task().capacity);
    });
}

}  // namespace

const Contender kBoostOfMany{"boost", check, memory_bytes<BoostOfMany>, run<BoostOfMany>};
const Contender kVyukov{"vyukov", check, memory_bytes<VyukovQueue>, run<VyukovQueue>};

}  // namespace shunt::bench
