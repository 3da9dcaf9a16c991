// SPDX-License-Identifier: MIT
//
// Many producers, one consumer: the ports of fixed-size messages and of bytes.
//
// Each producer has a lane, a ring of its own, so producers do not wait for each other, and what
// one does, or its death, touches no other's messages. The consumer goes through the lanes by
// turns: a producer's messages keep their order, those of different ones come as the turns go.
// Whoever comes first makes the channel; `.lanes` is how many producers there can be at a time.
//
// What a producer left in its lane, by closing or by dying, is read first; then the lane goes to
// another. Until then it is taken: a producer that finds no lane waits `.seat_timeout` for one.
#pragma once

#include <shunt/channel/wait_any.hpp>
#include <shunt/mpsc/bytes.hpp>
#include <shunt/mpsc/fixed.hpp>
