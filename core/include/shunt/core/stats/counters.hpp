// SPDX-License-Identifier: MIT
//
// A participant's counters: one pair of lines per registry entry, written by that participant alone
// with relaxed stores and read by anybody. What the positions already tell (messages pushed and
// popped) is not counted twice, so that a successful push or pop of a fixed-size message touches no
// counter at all.
#pragma once

#include <shunt/core/config.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace shunt::layout {

//  Counters, written by the participant of the same registry index; zeroed when it joins
//  offset  type  name          written
//       0  u64   full          try_push (or claim) found no room
//       8  u64   empty_polls   try_pop (or peek) found nothing
//      16  u64   parks         the port went to sleep in the kernel
//      24  u64   wakes         the port made a wake-up call
//      32  u64   payload_bytes bytes ring: payload pushed or popped
//      40  u64   redelivered   messages delivered with the flag
//      48  u64   recovered     dead participants that this port recovered
//      56  u64   high_water    bytes or messages in the ring, the most this port has seen
//      64  u64   gaps          mpmc consumer: positions whose message never came, told to this one
//      72  u64   dead_letters  mpmc consumer: messages given up, too many died with them in hand
//      80  u8[48] -            zero
struct alignas(kLinePairBytes) Counters {
    std::atomic<std::uint64_t> full;
    std::atomic<std::uint64_t> empty_polls;
    std::atomic<std::uint64_t> parks;
    std::atomic<std::uint64_t> wakes;
    std::atomic<std::uint64_t> payload_bytes;
    std::atomic<std::uint64_t> redelivered;
    std::atomic<std::uint64_t> recovered;
    std::atomic<std::uint64_t> high_water;
    std::atomic<std::uint64_t> gaps;
    std::atomic<std::uint64_t> dead_letters;
    std::byte reserved[48];
};
static_assert(sizeof(Counters) == 128 && offsetof(Counters, high_water) == 56);
static_assert(std::is_standard_layout_v<Counters> &&
              std::atomic<std::uint64_t>::is_always_lock_free);

}  // namespace shunt::layout
