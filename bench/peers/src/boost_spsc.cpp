// SPDX-License-Identifier: MIT
//
// As bench/lib has it, its capacity fixed at compile time.
#include "bench/lib/src/contenders/rivals.hpp"
#include "bench/peers/src/peer.hpp"

#include <boost/version.hpp>

namespace shunt::peers {
namespace {

const bench::Contender kContender{"boost_spsc", bench::kBoost.check, bench::kBoost.memory_bytes,
                                  bench::kBoost.run};

}  // namespace

const Peer kBoostSpsc{.key = "boost_spsc",
                      .what = "boost::lockfree::spsc_queue in memory that both have, polled",
                      .waits = Waits::busy,
                      .copies = 2,
                      .capacity = "1024 messages",
                      .order = "in order; a writer polls for room",
                      .settings = "capacity fixed at compile time",
                      .version = "Boost " BOOST_LIB_VERSION,
                      .contender = &kContender,
                      .absent = never_absent};

}  // namespace shunt::peers
