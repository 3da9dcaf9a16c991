// SPDX-License-Identifier: MIT
//
// Plays of a channel's life: birth, joining, succession, leaving, removal, recovery, collection.
// Nobody moves messages in them but to see that the channel is in good order afterwards.
#pragma once

#include "process/stepper/play.hpp"

#include <memory>

namespace shunt::stepper {

/// What the victim does. `join`: a consumer, beside a producer. `open`: the same, where the last
/// consumer died. `leave` and `leave_unread`: a consumer; a producer whose messages nobody has read
/// yet. `close`: the last one, who removes the channel. `recover`: asks for the dead, one is there.
enum class Life { create, join, open, leave, leave_unread, close, recover, collect };

[[nodiscard]] std::unique_ptr<Play> life_play(World& world, Ware ware, bool huge, Life life,
                                              Bug bug = Bug::none);

}  // namespace shunt::stepper
