// SPDX-License-Identifier: MIT
#include "peer_watch.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace shunt::tools {

std::string PeerWatch::update(Status told, const std::vector<channel::Peer>& peers,
                              Clock::time_point now) {
    const bool ended = told == Status::closed || told == Status::peer_dead;
    const auto peer = std::find_if(peers.begin(), peers.end(), [this](const channel::Peer& each) {
        return each.role == role_ && each.alive;
    });
    const std::uint32_t pid = peer == peers.end() ? 0 : peer->pid;
    if (pid == 0 && (present() || (ended && !seen_))) {
        since_ = now;
        absence_told_ = false;
    }
    if (ended || (present() && pid == 0)) {
        // An end that no port was told of yet is a death: who leaves says so first.
        died_ = told != Status::closed;
        seen_ = true;
    }
    const bool came = pid != 0 && pid != pid_;
    pid_ = pid;
    if (came) {
        seen_ = true;
        absence_told_ = false;
        return fmt::format("the {} is process {}", who_, pid);
    }
    if (pid == 0 && !absence_told_) {
        absence_told_ = true;
        const std::string what = seen_ ? (died_ ? "died" : "left") : "has not come yet";
        return fmt::format("the {} {}; waiting up to {:g} s for {}", who_, what, limit().count(),
                           seen_ ? "another" : "it");
    }
    return {};
}

bool PeerWatch::expired(Clock::time_point now) const {
    return !present() && now - since_ >= limit();
}

std::string PeerWatch::absence() const {
    if (!seen_) {
        return fmt::format("no {} came within {:g} s", who_, limit().count());
    }
    return fmt::format("the {} {}, and no other came within {:g} s", who_,
                       died_ ? "died" : "left", limit().count());
}

}  // namespace shunt::tools
