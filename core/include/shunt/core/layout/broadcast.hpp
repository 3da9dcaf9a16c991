// SPDX-License-Identifier: MIT
//
// The words of a broadcast log, and of a latest value, in shared memory. Structs, byte maps and
// assertions; no functions. All-zero memory is a valid empty log.
#pragma once

#include <shunt/core/config.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace shunt::layout {

//  PublisherWords, written by the publisher. Subscribers map them read-only. Behind them lies a
//  word for each registry entry, `evicted`: the token of the gated subscriber that the publisher
//  waits for no more; 0: of nobody yet.
//
//  offset  type  name        written
//       0  u64   write_pos   after each message was published: the position of the next; 0: none
//                            yet, that is the log's start position
//       8  u64   gate_limit  before a message of that position or beyond is begun: whoever wants
//                            to be waited for begins at most the log's capacity behind it
//      16  u8[112] -         zero
struct alignas(kLinePairBytes) PublisherWords {
    std::atomic<std::uint64_t> write_pos;
    std::atomic<std::uint64_t> gate_limit;
    std::byte reserved[112];
};
static_assert(sizeof(PublisherWords) == 128 && offsetof(PublisherWords, write_pos) == 0);
static_assert(offsetof(PublisherWords, gate_limit) == 8);
static_assert(std::is_standard_layout_v<PublisherWords>);

//  LaneHolders, of the log of one of several publishers, behind its PublisherWords and their
//  evicted words: whose its messages are. Written by the publisher that takes the lane, before its
//  first message; subscribers map it read-only.
//
//  offset  type       name     written
//       0  u64        joined   behind its place among the holders: how many took the lane
//       8  u8[120]    -        zero
//     128  Holder[8]  holders  number n, from 0, at n modulo 8: the position from which on messages
//                              are its own, and its token
struct LaneHolder {
    std::atomic<std::uint64_t> from;
    std::atomic<std::uint64_t> token;
};
inline constexpr std::size_t kLaneHolders = 8;
struct alignas(kLinePairBytes) LaneHolders {
    std::atomic<std::uint64_t> joined;
    std::byte reserved[120];
    LaneHolder holders[kLaneHolders];
};
static_assert(sizeof(LaneHolder) == 16 && offsetof(LaneHolder, token) == 8);
static_assert(sizeof(LaneHolders) == 256 && offsetof(LaneHolders, joined) == 0);
static_assert(offsetof(LaneHolders, holders) == 128);
static_assert(std::is_standard_layout_v<LaneHolder> && std::is_standard_layout_v<LaneHolders>);

//  SubscriberWords, one for each registry entry (in each lane, where there are several publishers),
//  written by the subscriber that has it. The first two only show how far it is, and whether all
//  was read; the publisher waits for the cursor of a gate.
//
//  offset  type  name      written
//       0  u64   read_pos  by a joiner, and with each message or loss: the next that it will read
//       8  u64   lost      messages that were overwritten, or passed over, before it had read them;
//                          since it joined
//      16  u8[48] -        zero
//      64  u64   gate      {token:63, active:1}: by a gated subscriber that joins, behind its
//                          cursor; 0 by it when it is evicted or leaves, or by recovery
//      72  u64   cursor    of a gate: it needs no message before this position any more
//      80  u8[48] -        zero
//  A reader of a latest value: read_pos is the version that it loaded last, lost stays 0, it has no
//  gate.
struct alignas(kLinePairBytes) SubscriberWords {
    std::atomic<std::uint64_t> read_pos;
    std::atomic<std::uint64_t> lost;
    std::byte reserved0[48];
    std::atomic<std::uint64_t> gate;
    std::atomic<std::uint64_t> cursor;
    std::byte reserved1[48];
};
static_assert(sizeof(SubscriberWords) == 128 && offsetof(SubscriberWords, lost) == 8);
static_assert(offsetof(SubscriberWords, gate) == 64 && offsetof(SubscriberWords, cursor) == 72);
static_assert(std::is_standard_layout_v<SubscriberWords>);

//  GateWords, of the whole log
//  offset  type  name  written
//       0  u64   high  by a gated subscriber before it opens its gate: raised to its registry index
//                      + 1; gates from here on were never used
//       8  u8[120] -   zero
struct alignas(kLinePairBytes) GateWords {
    std::atomic<std::uint64_t> high;
    std::byte reserved[120];
};
static_assert(sizeof(GateWords) == 128 && offsetof(GateWords, high) == 0);
static_assert(std::is_standard_layout_v<GateWords>);

// A slot: whole lines, one message, the payload from 0, the stamp in the last 8 bytes. The stamp of
// position p is 2p + 1 while p is written, 2p + 2 once it can be read, and then stays until the
// slot's next message, of position p + capacity, is begun. Of byte messages the word before the
// stamp is a frame's header word {length:32, flags:8, type:24}, whose length is the payload's and
// whose flags are 0.
//
//  byte   0                            slot - 16        slot - 8    slot
//         | payload              | pad | header or pad | stamp u64 |

}  // namespace shunt::layout
