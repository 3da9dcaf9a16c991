// SPDX-License-Identifier: MIT
//
// Plays on a broadcast channel of eight slots, on the same in a lane, or on a latest value of eight
// buffers whose ports have the same face (latest_faces.hpp): the victim is the publisher, or one of
// two subscribers, and the others account for every message: delivered whole and in order, or lost
// and counted.
#pragma once

#include "process/stepper/pair_play.hpp"
#include "process/stepper/play.hpp"

#include <shunt/channel/options.hpp>

#include <memory>
#include <optional>

namespace shunt::stepper {

struct BroadcastAct {
    Act act = Act::push;
    bool lags = false;         // a subscriber: the publisher has overtaken it before it acts
    bool peer_sleeps = false;  // a subscriber, and this act has to wake it
    bool leaves = false;       // the act is to leave
    // The subscriber is a gate (beside a publisher one that reads on; where that evicts, one that
    // does not, too), and this is what the publisher does about it.
    std::optional<on_slow> gates{};

    [[nodiscard]] bool publishes() const noexcept { return act < Act::pop; }
    /// Most messages that it can have moved without having said so.
    [[nodiscard]] std::uint64_t most() const noexcept;
};

[[nodiscard]] std::unique_ptr<Play> broadcast_play(World& world, Cast cast, bool huge,
                                                   const BroadcastAct& act);

/// The publisher and a subscriber die; or, where `subscribe` is none, the publisher and one who
/// recovers it.
struct BroadcastPairAct {
    Act publish = Act::push;
    std::optional<Act> subscribe;
};
[[nodiscard]] std::unique_ptr<PairPlay> broadcast_pair(World& world, Cast cast, bool huge,
                                                       const BroadcastPairAct& act);

/// What happens in a channel's life that moves no messages. `join`: one more subscriber. `close`:
/// the last one, who removes the channel. `recover`: of a publisher that died. `join_gated`: one
/// that is waited for; `recover_gate`: of such a one. `take_over`: a publisher's successor.
enum class BroadcastLife {
    create,
    join,
    join_gated,
    take_over,
    close,
    recover,
    recover_gate,
    collect
};

[[nodiscard]] std::unique_ptr<Play> broadcast_life(World& world, Cast cast, bool huge,
                                                   BroadcastLife life);

}  // namespace shunt::stepper
