// SPDX-License-Identifier: MIT
//
// Plays on an mpmc channel, in slots or in blocks: the victim is one of several producers and
// consumers, or recovers one that died, and the survivors account for every message, claim and gap.
#pragma once

#include "process/stepper/pair_play.hpp"
#include "process/stepper/play.hpp"

#include <memory>

namespace shunt::stepper {

/// What the victim does. A producer: up to `leave_claiming`. A consumer: up to `leave_holding`;
/// `pass_gap` pops where a gap is next, `inherit` where another died with a message in hand.
/// `recover_`: asks for the dead, one of which has a claim, or a message in hand that is then
/// another's, or dropped.
enum class Deed {
    push,
    claim,
    publish,
    abandon,
    push_n,
    push_blocking,
    leave_claiming,
    pop,
    peek,
    release,
    pop_n,
    drain,
    pass_gap,
    inherit,
    pop_blocking,
    leave_holding,
    recover_claim,
    recover_hand,
    recover_dropped
};

/// Who sleeps in the kernel, to be woken by the deed: one of the other role, or of the same.
enum class Asleep { nobody, peer, fellow };

struct CrowdAct {
    Deed deed = Deed::push;
    bool stuck = false;  // the ring is full (for a producer) or empty (for a consumer)
    Asleep asleep = Asleep::nobody;
    bool copies = false;  // a consumer: it pops by copy
    bool blocks = false;  // the messages lie in blocks

    [[nodiscard]] bool produces() const noexcept { return deed < Deed::pop; }
    [[nodiscard]] bool recovers() const noexcept { return deed >= Deed::recover_claim; }
};

[[nodiscard]] std::unique_ptr<Play> crowd_play(World& world, Ware ware, bool huge,
                                               const CrowdAct& act);

/// Two victims at once, or one after the other, where the second recovers.
[[nodiscard]] std::unique_ptr<PairPlay> crowd_pair(World& world, Ware ware, bool huge,
                                                   const CrowdAct& first, const CrowdAct& second);

/// What happens in a channel's life that moves no messages. `join`: one more consumer. `close`: the
/// last one, who removes the channel.
enum class CrowdLife { create, join, close, collect };

[[nodiscard]] std::unique_ptr<Play> crowd_life(World& world, Ware ware, bool huge, CrowdLife life,
                                               bool blocks);

}  // namespace shunt::stepper
