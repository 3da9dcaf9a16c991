// SPDX-License-Identifier: MIT
//
// Is a history, whose calls say their positions, one of a ring of N slots, in which a place is
// given back after its message was popped? In O(n log n). For each position four moments are to be
// found, each within its call:
//   it is claimed behind the one before it, and behind the freeing of the one a lap before it;
//   it is popped behind its claim, and behind the pop before it, with the value that went in;
//   it is freed behind its pop.
// The earliest and the latest such moments follow from one pass each way. Then of each call that
// said so:
//   full   at a moment of it the next position's slot was that of one not yet freed;
//   empty  at a moment of it all that was claimed had been popped.
// Each of these is judged by itself: that the moments of two of them exclude each other is not
// found. (So what is called wrong here is wrong; a history with one of them is judged exactly.)
#pragma once

#include "history.hpp"

#include <cstdint>
#include <span>
#include <string>

namespace shunt::linear {

/// What is wrong with it, or nothing.
[[nodiscard]] std::string check_ring(std::span<const Operation> history, std::uint64_t slots);

}  // namespace shunt::linear
