// SPDX-License-Identifier: MIT
//
// The lanes: many producers, each with a ring of its own (the line ring or the bytes ring), and one
// consumer that goes through them by turns. No producer touches what another writes, so there is no
// read-modify-write on the way of a message, and whoever dies stops its own lane alone. A
// producer's messages keep their order; those of different producers come as the turns go.
//
// Invariants, beside those of the rings
//   L1  A lane has one producer at a time. Another takes it only where handed_pos is the position
//       behind its last message, or where it never had any (LaneHand).
//   L2  The consumer stores handed_pos only when the lane's producer is gone, and everything that
//   it
//       published has been read. So every message in a lane is of the producer that `token` names.
// Edges
//   mpsc.hand   LaneMerge::hand_back -> lane_is_free   the consumer has done with the last
//   producer's
//               messages, and asks no more whose they were
//   mpsc.token  move_in (a producer's port) -> LaneMerge::token   whose the lane is; before its
//   first
//               message
#pragma once

#include <shunt/core/ring/lane_merge.hpp>
#include <shunt/core/ring/mpsc_bytes_consumer.hpp>
#include <shunt/core/ring/mpsc_consumer.hpp>
#include <shunt/core/ring/spsc_bytes_producer.hpp>
#include <shunt/core/ring/spsc_producer.hpp>
