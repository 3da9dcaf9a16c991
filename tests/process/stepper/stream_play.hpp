// SPDX-License-Identifier: MIT
//
// Plays in which the victim moves messages through a ring, and its peer and its successor account
// for every one of them.
#pragma once

#include "process/stepper/play.hpp"

#include <memory>

namespace shunt::stepper {

/// Where in the ring an act happens. `turn`: at the lap's end. `stuck`: the ring is full (for a
/// producer) or empty (for a consumer).
enum class Where { inside, turn, stuck };

struct StreamAct {
    Act act = Act::push;
    Where where = Where::inside;
    bool peer_sleeps = false;  // in the kernel, and this act has to wake it
    Bug bug = Bug::none;

    [[nodiscard]] bool produces() const noexcept { return act < Act::pop; }
    /// In place: what was looked at and not released comes again.
    [[nodiscard]] bool shows() const noexcept {
        return act == Act::peek || act == Act::release || act == Act::drain;
    }
    /// Most messages that it can have moved without having said so.
    [[nodiscard]] std::uint64_t most() const noexcept;
};

[[nodiscard]] std::unique_ptr<Play> stream_play(World& world, Ware ware, bool huge,
                                                const StreamAct& act);

}  // namespace shunt::stepper
