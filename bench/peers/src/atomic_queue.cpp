// SPDX-License-Identifier: MIT
//
// Its arrays lie in the object and it holds no pointers, so two processes may share it.
#include "bench/peers/src/peer.hpp"
#include "bench/peers/src/queue.hpp"

#include <atomic_queue/atomic_queue.h>

namespace shunt::peers {
namespace {

constexpr bool kMinimizeContention = true;
constexpr bool kTotalOrder = false;
constexpr bool kSpsc = true;

template <std::size_t N, bool MaximizeThroughput>
class Queue {
public:
    bool push(const bench::Message<N>& message) { return queue_.try_push(message); }
    bool pop(bench::Message<N>& message) { return queue_.try_pop(message); }

private:
    atomic_queue::AtomicQueue2<bench::Message<N>, kQueueCapacity, kMinimizeContention,
                               MaximizeThroughput, kTotalOrder, kSpsc>
        queue_;
};

// A word is its own flag: one that is never sent says that there is none.
template <bool MaximizeThroughput>
class Queue<8, MaximizeThroughput> {
public:
    bool push(const bench::Message<8>& message) { return queue_.try_push(message.word[0]); }
    bool pop(bench::Message<8>& message) { return queue_.try_pop(message.word[0]); }

private:
    atomic_queue::AtomicQueue<std::uint64_t, kQueueCapacity, bench::kTorn, kMinimizeContention,
                              MaximizeThroughput, kTotalOrder, kSpsc>
        queue_;
};

template <std::size_t N>
using LatencyQueue = Queue<N, false>;
template <std::size_t N>
using ThroughputQueue = Queue<N, true>;

void run(bench::Stage& stage) {
    if (stage.task().mode == bench::Mode::throughput) {
        run_by_queue<ThroughputQueue>(stage);
    } else {
        run_by_queue<LatencyQueue>(stage);
    }
}

constexpr bench::Contender kContender{"atomic_queue", [](const bench::Task&) {},
                                      queues_bytes<LatencyQueue>, run};
static_assert(sizeof(LatencyQueue<64>) == sizeof(ThroughputQueue<64>));

}  // namespace

const Peer kAtomicQueue{.key = "atomic_queue",
                        .what = "atomic_queue::AtomicQueue in memory that both have, polled",
                        .waits = Waits::busy,
                        .copies = 2,
                        .capacity = "1024 messages",
                        .order = "in order; a writer polls for room",
                        .settings =
                            "SPSC, MINIMIZE_CONTENTION, for a rate MAXIMIZE_THROUGHPUT; "
                            "above 8 bytes AtomicQueue2",
                        .version = SHUNT_PEER_VERSION,
                        .contender = &kContender,
                        .absent = never_absent};

}  // namespace shunt::peers
