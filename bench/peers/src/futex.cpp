// SPDX-License-Identifier: MIT
//
// As bench/lib has it: the floor of what sleeps.
#include "bench/lib/src/contenders/rivals.hpp"
#include "bench/peers/src/peer.hpp"

namespace shunt::peers {

const Peer kFutex{.key = "futex",
                  .what = "a futex each way beside a buffer",
                  .waits = Waits::blocking,
                  .copies = 2,
                  .capacity = "1 message",
                  .order = "in order",
                  .settings = "none",
                  .version = {},
                  .contender = &bench::kFutex,
                  .absent = never_absent,
                  .pingpong_only = kOnlyABell};

}  // namespace shunt::peers
