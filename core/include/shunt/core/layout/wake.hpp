// SPDX-License-Identifier: MIT
//
// The wake region: where sleepers of a channel register and wakers find them. A named exception to
// the single-writer rule: fetch operations only, by every participant.
#pragma once

#include <shunt/core/config.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace shunt::layout {

//  WakeRegion, one per channel for data and one for room
//  offset  type  name      written
//       0  u32   wake_seq  += 1 by a waker, after clearing a bit and before FUTEX_WAKE; futex word
//       4  u32   sleepers  bit i: set by the port of registry index i, cleared by it or by a waker
//       8  u8[120] -       zero
struct alignas(kLinePairBytes) WakeRegion {
    std::atomic<std::uint32_t> wake_seq;
    std::atomic<std::uint32_t> sleepers;
    std::byte reserved[120];
};
static_assert(sizeof(WakeRegion) == 128);
static_assert(offsetof(WakeRegion, wake_seq) == 0 && offsetof(WakeRegion, sleepers) == 4);
static_assert(std::is_standard_layout_v<WakeRegion>);
static_assert(std::atomic<std::uint32_t>::is_always_lock_free &&
              sizeof(std::atomic<std::uint32_t>) == 4);

// Registry indices from here on have no bit; such a port sleeps 1 ms at a time.
inline constexpr std::uint32_t kWakeBits = 32;

}  // namespace shunt::layout
