// SPDX-License-Identifier: MIT
#include "bench/peers/src/peer.hpp"
#include "bench/peers/src/queue.hpp"

#include <boost/lockfree/queue.hpp>
#include <boost/version.hpp>

namespace shunt::peers {
namespace {

template <std::size_t N>
using Queue = boost::lockfree::queue<bench::Message<N>, boost::lockfree::capacity<kQueueCapacity>>;

constexpr bench::Contender kContender = by_queue<Queue>("boost_queue");

}  // namespace

const Peer kBoostQueue{.key = "boost_queue",
                       .what = "boost::lockfree::queue in memory that both have, polled",
                       .waits = Waits::busy,
                       .copies = 2,
                       .capacity = "1024 messages",
                       .order = "in order; a writer polls for room",
                       .settings = "capacity fixed at compile time",
                       .version = "Boost " BOOST_LIB_VERSION,
                       .contender = &kContender,
                       .absent = never_absent};

}  // namespace shunt::peers
