// SPDX-License-Identifier: MIT
//
// The floor: the same ping-pong on bare words, what the machine's cache coherence costs by itself.
#pragma once

#include "bench/lib/src/task.hpp"

namespace shunt::bench {

/// Each side writes a line of its own.
extern const Contender kTwoLineFloor;
/// Both write into one line.
extern const Contender kSameLineFloor;

}  // namespace shunt::bench
