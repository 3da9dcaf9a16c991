// SPDX-License-Identifier: MIT
#include "listeners.hpp"
#include "subscribers_view.hpp"

#include <atomic>

namespace shunt::tools {

const std::vector<channel::SubscriberCondition>& Listeners::seats_in(
    const channel::Condition& condition) const {
    return lane_ ? condition.lanes.at(*lane_).subscribers : condition.subscribers;
}

std::uint64_t Listeners::ready() const {
    const channel::Condition condition = channel_.condition();
    std::uint64_t count = 0;
    for (const channel::Peer& peer : channel_.peers()) {
        const channel::SubscriberCondition* const words = subscriber_of(seats_in(condition), peer);
        if (words == nullptr || !peer.alive) {
            continue;
        }
        // relaxed: only whether it has asked; nothing is read on the strength of it
        const std::uint64_t asked =
            channel_.counters(peer.index).empty_polls.load(std::memory_order_relaxed);
        count += is_gate(*words, peer) || asked != 0 ? 1u : 0u;
    }
    return count;
}

std::optional<Listeners::Gate> Listeners::slowest_gate() const {
    const channel::Condition condition = channel_.condition();
    std::optional<Gate> slowest;
    for (const channel::Peer& peer : channel_.peers()) {
        const channel::SubscriberCondition* const words = subscriber_of(seats_in(condition), peer);
        if (words == nullptr || !peer.alive || !is_gate(*words, peer)) {
            continue;
        }
        if (!slowest || words->read_pos < slowest->read_pos) {
            slowest = Gate{peer.pid, peer.token, words->read_pos};
        }
    }
    return slowest;
}

}  // namespace shunt::tools
