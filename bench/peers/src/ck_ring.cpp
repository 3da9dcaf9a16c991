// SPDX-License-Identifier: MIT
//
// The ring knows no address: its slots are given with each call, so two processes may share both.
#include "bench/peers/src/peer.hpp"
#include "bench/peers/src/queue.hpp"

#include <shunt/core/config.hpp>

// The header says `return false` where a pointer is due, which C takes for null and C++ does not.
#ifdef __clang__
#pragma clang diagnostic ignored "-Wkeyword-macro"
#endif
#define false 0
#include <ck_ring.h>
#undef false

namespace shunt::peers {
namespace {

template <std::size_t N>
class Queue {
public:
    Queue() { ck_ring_init(&ring_, kQueueCapacity); }
    bool push(const bench::Message<N>& message) {
        return ck_ring_enqueue_spsc_message(&ring_, slots_,
                                            const_cast<bench::Message<N>*>(&message));
    }
    bool pop(bench::Message<N>& message) {
        return ck_ring_dequeue_spsc_message(&ring_, slots_, &message);
    }

private:
    CK_RING_PROTOTYPE(message, bench::Message<N>)

    ck_ring_t ring_;
    alignas(kLinePairBytes) bench::Message<N> slots_[kQueueCapacity];
};

constexpr bench::Contender kContender = by_queue<Queue>("ck_ring");

}  // namespace

const Peer kCkRing{.key = "ck_ring",
                   .what = "ck_ring of Concurrency Kit in memory that both have, polled",
                   .waits = Waits::busy,
                   .copies = 2,
                   .capacity = "1023 messages",
                   .order = "in order; a writer polls for room",
                   .settings = "the spsc calls, slots of the messages themselves",
                   .version = SHUNT_PEER_VERSION,
                   .contender = &kContender,
                   .absent = never_absent};

}  // namespace shunt::peers
