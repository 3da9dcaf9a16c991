// SPDX-License-Identifier: MIT
//
// Joining, leaving, recovering and collecting done wrongly, each by one step that comes too early
// or is missing: seeded bugs of a channel's life.
#pragma once

#include <shunt/channel/life.hpp>
#include <shunt/channel/participant.hpp>

#include <cstdint>
#include <string>

namespace shunt::stepper {

/// A participant whose entry is in the registry before the lock that proves it alive is held.
class JoinedUnlocked {
public:
    explicit JoinedUnlocked(const channel::Request& request);
    /// As it should be.
    void leave() noexcept;

private:
    channel::OpenChannel channel_;
    channel::Seat seat_;
    layout::Role role_;
};

/// The entry is FREE before last_closed tells of it.
void leave_wrongly(channel::Participant& place) noexcept;

/// Frees the entry at once: nobody is told of its death. `unasked`: and whether it lives at all.
void recover_wrongly(const channel::Participant& place, std::uint32_t index, bool unasked);

/// Removes a channel's name without asking who lives in it.
void collect_wrongly(const std::string& path);

}  // namespace shunt::stepper
