// SPDX-License-Identifier: MIT
//
// Is a history one of a FIFO queue? In O(n log n): a history of distinct values is linearizable
// unless it has one of these (Henzinger, Sezgin, Vafeiadis: Aspect-Oriented Linearizability Proofs,
// CONCUR 2013):
//   a value comes out that never went in, or before it could have;
//   a value comes out twice;
//   a goes in before b, and b comes out before a does, or a never does;
//   empty, and at every moment of that call some value was in the queue.
// Positions, places given back and `full` are none of a queue's business: check_ring.hpp.
#pragma once

#include "history.hpp"

#include <span>
#include <string>

namespace shunt::linear {

/// What is wrong with it, or nothing.
[[nodiscard]] std::string check_queue(std::span<const Operation> history);

}  // namespace shunt::linear
