// SPDX-License-Identifier: MIT
//
// Whose the messages in a publisher's lane are. A lane goes to another publisher as soon as its
// last one is gone, and readers may be behind by any number of messages then; so it remembers which
// position each of its last holders began at. A message does not carry its publisher's name.
//
// Edges
//   lanes.holder  take_lane -> holder_of  who reads a word of a later holder sees how many there
//                                         were; who has a message sees its publisher
#pragma once

#include <shunt/core/layout/broadcast.hpp>
#include <shunt/core/policy.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace shunt::ring {

/// How many holders back holder_of() can tell: one place is always being written.
inline constexpr std::uint64_t kHoldersTold = layout::kLaneHolders - 1;
inline constexpr int kLooksForHolder = 4;

/// A publisher has taken the lane, and its messages begin at `from`. Before the first of them. It
/// may die anywhere in it.
template <class P = DefaultPolicy>
void take_lane(layout::LaneHolders& lane, std::uint64_t token, std::uint64_t from) noexcept {
    // relaxed: our predecessor's, whose end the registry ordered
    const std::uint64_t number = P::load(lane.joined, std::memory_order_relaxed);
    layout::LaneHolder& place = lane.holders[number % layout::kLaneHolders];
    // edge lanes.holder release -> holder_of: who sees this sees that `number` have joined
    P::store(place.from, from, std::memory_order_release);
    // edge lanes.holder release -> holder_of: as above
    P::store(place.token, token, std::memory_order_release);
    // edge lanes.holder release -> holder_of: our place is written
    P::store(lane.joined, number + 1, std::memory_order_release);
}

/// The token of the publisher whose message, read by the caller, that of `position` is. 0: more
/// than kHoldersTold publishers had the lane since, or they join faster than it looks. Wait-free:
/// it looks again where a publisher joins meanwhile, kLooksForHolder times at most. The words are
/// input; what they say is good for telling publishers apart and for display.
template <class P = DefaultPolicy>
[[nodiscard]] std::uint64_t holder_of(const layout::LaneHolders& lane,
                                      std::uint64_t position) noexcept {
    for (int looks = 0; looks < kLooksForHolder; ++looks) {
        // edge lanes.holder acquire <- take_lane: the places of all that have joined
        const std::uint64_t joined = P::load_peer(lane.joined, std::memory_order_acquire);
        std::uint64_t token = 0;
        for (std::uint64_t back = 1; back <= kHoldersTold && back <= joined; ++back) {
            const layout::LaneHolder& place = lane.holders[(joined - back) % layout::kLaneHolders];
            // edge lanes.holder acquire <- take_lane: of a later one, then `joined` has grown
            const std::uint64_t from = P::load_peer(place.from, std::memory_order_acquire);
            if (from <= position) {
                // edge lanes.holder acquire <- take_lane: as above
                token = P::load_peer(place.token, std::memory_order_acquire);
                break;
            }
        }
        // edge lanes.holder acquire <- take_lane: nobody has joined since, so nothing was torn
        if (P::load_peer(lane.joined, std::memory_order_acquire) == joined) {
            return token;
        }
    }
    return 0;
}

}  // namespace shunt::ring
