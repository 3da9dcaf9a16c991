// SPDX-License-Identifier: MIT
//
// The latest value of something: one writer, any number of readers, each of which gets the newest
// value whole, and may miss any number of those before it. It is a broadcast log of few slots
// (broadcast.hpp has its invariants, B1 to B5) with readers of another kind: the writer stores into
// its buffers in turn, each a seqlock, and write_pos, stored behind a buffer, says which is newest.
// Neither side waits for the other. It makes no system call, allocates nothing.
//
// A value's version is the number of values stored up to it, itself included (and the log's start
// position): its position and one. 0: there is none yet.
//
// Invariants, beside those of the log
//   L1  A reader reads the buffer of position p only after it saw a write_pos of p + 1. So what it
//       gets is the newest value of some moment within its call, and versions never go back, for
//       one reader or from one to another.
//   L2  The buffer of position p is written again behind N - 1 further values. A reader that copies
//       faster than that is never disturbed; one that is begins anew, with what is newest then, a
//       bounded number of times.
//
// Four buffers are the default. Two are enough to be right. But with N of them a reader is only
// disturbed where the writer stores N - 1 whole values, and begins another, within one copy; a
// store takes about as long as a copy, so with four a writer at full speed disturbs those alone
// that were not running meanwhile. More buffers only take more of the caches.
//
// Progress: the writer's calls are wait-free, and no reader can change that. A reader's calls are
// wait-free too: kMostTries copies at most, then `lapped` says that the writer was that much faster
// throughout. Looks at what is newest are one load.
#pragma once

#include <shunt/core/policy.hpp>
#include <shunt/core/ring/broadcast_bytes.hpp>
#include <shunt/core/ring/broadcast_log.hpp>
#include <shunt/core/ring/broadcast_publisher.hpp>
#include <shunt/core/ring/latest_bytes_reader.hpp>
#include <shunt/core/ring/latest_reader.hpp>

namespace shunt::ring {

/// The writer of values of type T: try_push, or try_claim and publish, store one.
template <class T, class P = DefaultPolicy>
using LatestWriter = BroadcastPublisher<T, P, told::by_newest>;

/// The writer of byte values.
template <class P = DefaultPolicy>
using LatestBytesWriter = BroadcastBytesPublisher<P, told::by_newest>;

}  // namespace shunt::ring
