// SPDX-License-Identifier: MIT
//
// The words of the rings in shared memory, apart from the slots themselves: structs, byte maps and
// assertions, no functions. All-zero memory is a valid empty ring.
#pragma once

#include <shunt/core/config.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace shunt::layout {

//  ConsumerWords, of an spsc ring or of one lane of an mpsc ring, written by the consumer. 0 in a
//  position means: not yet, that is the ring's start position.
//  offset  type  name        written
//       0  u64   peek_pos    before an in-place peek returns; only successors read it
//       8  u64   read_pos    at every release, first; exact; only successors and observers read it
//      16  u64   handed_pos  of a lane: when its producer was gone and all it had published was
//      read
//                            up to there; the lane then waits for another producer
//      24  u8[104] -         zero
//     128  u64   free_pos    lazily; the one word that the producer polls, and only when full
//     136  u8[120] -         zero
struct alignas(kLinePairBytes) ConsumerWords {
    std::atomic<std::uint64_t> peek_pos;
    std::atomic<std::uint64_t> read_pos;
    std::atomic<std::uint64_t> handed_pos;
    std::byte reserved0[104];
    std::atomic<std::uint64_t> free_pos;
    std::byte reserved1[120];
};
static_assert(sizeof(ConsumerWords) == 256 && alignof(ConsumerWords) == 128);
static_assert(offsetof(ConsumerWords, peek_pos) == 0 && offsetof(ConsumerWords, read_pos) == 8);
static_assert(offsetof(ConsumerWords, handed_pos) == 16);
static_assert(offsetof(ConsumerWords, free_pos) == 128);
static_assert(std::is_standard_layout_v<ConsumerWords>);

//  ProducerWords, of an spsc bytes ring or of one lane of an mpsc ring, written by the producer.
//  (The line ring of an spsc channel needs none: its stamps say where the producer was.) offset
//  type  name      written
//       0  u64   last_pos  after a message frame was published: the position of its header; 0: none
//                          (then the walk starts at the ring's start position, which is the same
//                          place where that is 0)
//       8  u64   token     of a lane: whose it is or was last; before the first message
//      16  u8[112] -       zero
struct alignas(kLinePairBytes) ProducerWords {
    std::atomic<std::uint64_t> last_pos;
    std::atomic<std::uint64_t> token;
    std::byte reserved[112];
};
static_assert(sizeof(ProducerWords) == 128 && offsetof(ProducerWords, last_pos) == 0);
static_assert(offsetof(ProducerWords, token) == 8);
static_assert(std::is_standard_layout_v<ProducerWords>);

// A line of the line ring: messages from offset 0, the stamp in the last 8 bytes of the slot. Its
// shape depends on the element, so it has constants and no struct.
//
//  line   0                                  56        64
//         | T[0] | T[1] | ... | T[K-1] | pad | stamp u64 |   K = 56 / sizeof(T)
//
// Larger elements take a slot of whole lines, one message each, payload from 0, stamp at the end.
inline constexpr std::size_t kStampBytes = 8;
inline constexpr std::size_t kLinePayloadBytes = kLineBytes - kStampBytes;

// A frame of the bytes ring: an 8-byte header {length:32, flags:8, type:24}, length in the low bits
// and counting the header, then the payload.
inline constexpr std::size_t kFrameHeaderBytes = 8;
inline constexpr std::uint8_t kFramePadding = 1;  // flag: skip this frame

static_assert(std::atomic<std::uint64_t>::is_always_lock_free);

}  // namespace shunt::layout
