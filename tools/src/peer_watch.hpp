// SPDX-License-Identifier: MIT
//
// How long to wait for the other side: for the first one to come, and for a successor of one that
// left or died. It is told what the registry says and what a port was told; it asks nobody.
#pragma once

#include <shunt/channel/participant.hpp>
#include <shunt/core/status.hpp>

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace shunt::tools {

using Seconds = std::chrono::duration<double>;

struct Patience {
    Seconds for_first{30};
    Seconds for_successor{30};
};

class PeerWatch {
public:
    using Clock = std::chrono::steady_clock;

    /// `who` is the other side's name in texts: "receiver".
    PeerWatch(layout::Role role, std::string who, Patience patience, Clock::time_point now)
        : role_{role}, who_{std::move(who)}, patience_{patience}, since_{now} {}

    /// After a blocking call that came to nothing: what it returned, and who is there. Returns a
    /// line for people; empty where nothing changed.
    [[nodiscard]] std::string update(Status told, const std::vector<channel::Peer>& peers,
                                     Clock::time_point now);
    /// Nobody is there, and has not been for as long as we wait.
    [[nodiscard]] bool expired(Clock::time_point now) const;
    [[nodiscard]] bool present() const noexcept { return pid_ != 0; }
    /// When to look again at who is there. A peer that goes ends the wait by itself; one that comes
    /// does not. Every wait begins with short sleeps, so many short ones cost more than one.
    [[nodiscard]] Clock::time_point next_look(Clock::time_point now) const noexcept {
        return now + (present() ? std::chrono::milliseconds{1000} : std::chrono::milliseconds{200});
    }
    /// "no receiver came within 30 s", "the receiver died, and no other came within 30 s".
    [[nodiscard]] std::string absence() const;

private:
    [[nodiscard]] Seconds limit() const noexcept {
        return seen_ ? patience_.for_successor : patience_.for_first;
    }

    layout::Role role_;
    std::string who_;
    Patience patience_;
    Clock::time_point since_;  // when the absence began
    std::uint32_t pid_ = 0;    // of who is there; 0: nobody
    bool seen_ = false;
    bool died_ = false;
    bool absence_told_ = false;
};

}  // namespace shunt::tools
