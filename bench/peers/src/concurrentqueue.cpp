// SPDX-License-Identifier: MIT
#include "bench/peers/src/peer.hpp"
#include "bench/peers/src/queue.hpp"

#include <shunt/core/config.hpp>

#include <concurrentqueue/concurrentqueue.h>

namespace shunt::peers {
namespace {

// Each side has a token of its own, on lines of its own.
template <std::size_t N>
class Queue {
public:
    bool push(const bench::Message<N>& message) { return queue_.try_enqueue(writer_, message); }
    bool pop(bench::Message<N>& message) { return queue_.try_dequeue(reader_, message); }

private:
    moodycamel::ConcurrentQueue<bench::Message<N>> queue_{kQueueCapacity, 1, 0};
    alignas(kLinePairBytes) moodycamel::ProducerToken writer_{queue_};
    alignas(kLinePairBytes) moodycamel::ConsumerToken reader_{queue_};
};

constexpr bench::Contender kContender = by_queue<Queue>("concurrentqueue", true);

}  // namespace

const Peer kConcurrentqueue{.key = "concurrentqueue",
                            .what = "moodycamel::ConcurrentQueue, polled",
                            .waits = Waits::busy,
                            .copies = 2,
                            .capacity = "1024 messages or a few more",
                            .order = "in order of one writer; a writer polls for room",
                            .settings =
                                "try_enqueue, so nothing is allocated after the start; "
                                "a token of each side",
                            .version = SHUNT_PEER_VERSION,
                            .contender = &kContender,
                            .absent = never_absent};

}  // namespace shunt::peers
