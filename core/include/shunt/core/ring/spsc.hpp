// SPDX-License-Identifier: MIT
//
// The line ring: one producer, one consumer, messages of one fixed size, over memory that the
// caller supplies. It makes no system call, allocates nothing, never waits and does not know who
// mapped its memory. A message shares its cache line with the stamp that publishes it, so a small
// message crosses between two cores in as many line transfers as a bare flag does.
//
// Invariants
//   I1  The producer alone writes slots and stamps; the consumer alone writes ConsumerWords.
//   I2  A stamp is the number of messages published when its slot was last published; along the
//       ring, in order of position, stamps only grow. So a stamp above p says: all up to p are
//       there.
//   I3  free_pos <= read_pos <= write_pos <= free_pos + capacity.
//   I4  A slot position is written only below free_pos + capacity, and read only below a stamp.
//   I5  Every word is stored after the work it stands for. A process killed anywhere leaves a ring
//       from which a successor of either side goes on exactly: the producer at the highest stamp,
//       the consumer at read_pos.
// Edges
//   spsc.publish  SpscProducer -> SpscConsumer   the messages up to the stamp are complete
//   spsc.free     SpscConsumer -> SpscProducer   the messages below free_pos have been read
//   spsc.read     SpscConsumer -> its successor  what read_pos and peek_pos stand for was done
#pragma once

#include <shunt/core/ring/spsc_consumer.hpp>
#include <shunt/core/ring/spsc_producer.hpp>
