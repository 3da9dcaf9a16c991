// SPDX-License-Identifier: MIT
//
// Plays on an mpsc channel of two lanes: the victim is one of two producers, or the consumer, and
// the others account for every message of each lane.
#pragma once

#include "process/stepper/pair_play.hpp"
#include "process/stepper/play.hpp"

#include <memory>

namespace shunt::stepper {

/// What the victim does: moves messages by `act`; or, a producer, leaves with messages unread; or,
/// the consumer, finds nothing any more, and gives the lane of one that left to another.
enum class LaneDeed { act, leave, hand_back };

struct LaneAct {
    Act act = Act::push;
    bool stuck = false;  // the lane is full (for a producer) or all are empty (for the consumer)
    bool peer_sleeps = false;  // the consumer, or the producer of a lane: this act has to wake it
    LaneDeed deed = LaneDeed::act;

    [[nodiscard]] bool produces() const noexcept {
        return deed == LaneDeed::leave || (deed == LaneDeed::act && act < Act::pop);
    }
    /// In place: what was looked at and not released comes again.
    [[nodiscard]] bool shows() const noexcept {
        return act == Act::peek || act == Act::release || act == Act::drain;
    }
    /// Most messages that it can have moved without having said so.
    [[nodiscard]] std::uint64_t most() const noexcept;
};

[[nodiscard]] std::unique_ptr<Play> lane_play(World& world, Ware ware, bool huge,
                                              const LaneAct& act);

/// Two victims at once: two producers, or one and the consumer.
[[nodiscard]] std::unique_ptr<PairPlay> lane_pair(World& world, Ware ware, bool huge, Act first,
                                                  Act second);

/// What happens in a channel's life that moves no messages. `join`: one more producer. `close`: the
/// last one, who removes the channel.
enum class LaneLife { create, join, close, collect };

[[nodiscard]] std::unique_ptr<Play> lane_life(World& world, Ware ware, bool huge, LaneLife life);

}  // namespace shunt::stepper
