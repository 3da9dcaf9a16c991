// SPDX-License-Identifier: MIT
#include "bench/peers/src/peer.hpp"
#include "bench/peers/src/queue.hpp"

#include <readerwriterqueue.h>

namespace shunt::peers {
namespace {

template <std::size_t N>
class Queue {
public:
    bool push(const bench::Message<N>& message) { return queue_.try_enqueue(message); }
    bool pop(bench::Message<N>& message) { return queue_.try_dequeue(message); }

private:
    moodycamel::ReaderWriterQueue<bench::Message<N>> queue_{kQueueCapacity};
};

constexpr bench::Contender kContender = by_queue<Queue>("readerwriterqueue", true);

}  // namespace

const Peer kReaderwriterqueue{.key = "readerwriterqueue",
                              .what = "moodycamel::ReaderWriterQueue, polled",
                              .waits = Waits::busy,
                              .copies = 2,
                              .capacity = "1024 messages or a few more",
                              .order = "in order; a writer polls for room",
                              .settings = "try_enqueue, so nothing is allocated after the start",
                              .version = SHUNT_PEER_VERSION,
                              .contender = &kContender,
                              .absent = never_absent};

}  // namespace shunt::peers
