// SPDX-License-Identifier: MIT
//
// shunt's own rings, through the ports that users have, over named channels.
#pragma once

#include "bench/lib/src/task.hpp"

namespace shunt::bench {

extern const Contender kShunt;
extern const Contender kSpsc;             // of mpsc: an spsc channel
extern const Contender kShuntThroughput;  // with .consume = throughput
extern const Contender kShuntPark;        // in a wakeable channel, with .wait = park
extern const Contender kShuntThreads;     // between two threads of one process
extern const Contender kShuntCopy;        // mpmc: with .pop = copy
extern const Contender kShuntBlocks;      // mpmc: with its messages in blocks
extern const Contender kShuntUnprepared;  // without prepare_rt()
extern const Contender kShuntRehearsed;   // its code has run on another channel

/// One of these.
[[nodiscard]] bool is_shunt(const Contender& contender) noexcept;

/// Removes what a pair that was killed left of a task's channels. Never throws; does nothing where
/// there is nothing.
void remove_channels(const Task& task) noexcept;

}  // namespace shunt::bench
