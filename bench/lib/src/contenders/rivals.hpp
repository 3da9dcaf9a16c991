// SPDX-License-Identifier: MIT
//
// Who may be measured beside shunt. Each is in a file of its own.
#pragma once

#include "bench/lib/src/task.hpp"

#include <string_view>

namespace shunt::bench {

extern const Contender kBoost;        // boost::lockfree::spsc_queue, one message a call
extern const Contender kBoostOfMany;  // mpmc: boost::lockfree::queue
extern const Contender kVyukov;       // mpmc: a textbook ring of sequence numbers
extern const Contender kBoostBatch;   // the same, several messages a call
extern const Contender kMemcpy;       // two buffers in flight, memcpy in, memcpy out
extern const Contender kLinesFloor;   // bare lines one way: the floor of throughput
extern const Contender kFutex;        // one buffer, a futex each way, nothing spins
extern const Contender kEpoll;        // one buffer, an eventfd each way in an epoll, nothing spins

/// Of that kind of channel. Null: there is no such peer. kShuntThroughput is one too, and of
/// mpmc kShuntCopy and kShuntBlocks: shunt beside itself.
[[nodiscard]] const Contender* find_rival(std::string_view name, Kind kind) noexcept;

}  // namespace shunt::bench
