// SPDX-License-Identifier: MIT
//
// The bytes ring: one producer, one consumer, messages of any length up to an eighth of the
// capacity, over memory that the caller supplies. A frame never wraps: where one does not fit
// before the end, a padding frame fills the rest. Makes no system call, allocates nothing, never
// waits. Fragmenting larger messages is not its business.
//
// Invariants
//   B1  The producer alone writes frames and ProducerWords, the consumer alone ConsumerWords.
//   B2  The header at write_pos is 0. Each publish first clears the header of its successor, then
//       stores its own: so no stale payload is ever taken for a header.
//   B3  A push needs room for its frame, the padding before it, and one frame_align more: the
//       cleared header never hits the oldest unread frame.
//   B4  One store publishes: the frame's header, or, where padding precedes it, the padding's (the
//       frame behind it is complete by then).
//   B5  last_pos is the header of a message frame that no push has overwritten; from there the walk
//       over headers that are not 0 ends at write_pos. A successor of the producer takes that walk.
// Edges
//   bytes.publish  BytesProducer -> BytesConsumer   the frame is complete, its successor's header 0
//   bytes.free     BytesConsumer -> BytesProducer   the frames below free_pos have been read
//   bytes.read     BytesConsumer -> its successor   what read_pos and peek_pos stand for was done
#pragma once

#include <shunt/core/ring/spsc_bytes_consumer.hpp>
#include <shunt/core/ring/spsc_bytes_producer.hpp>
