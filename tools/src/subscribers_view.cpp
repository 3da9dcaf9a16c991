// SPDX-License-Identifier: MIT
#include "subscribers_view.hpp"

#include "quantity.hpp"
#include "table.hpp"

#include <shunt/core/ring/broadcast_gate.hpp>

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace shunt::tools {
namespace {

// Null: not a subscriber.
const channel::SubscriberCondition* of(const channel::Condition& condition,
                                       const channel::Peer& peer) {
    const bool subscribes =
        peer.role == layout::Role::consumer && peer.index < condition.subscribers.size();
    return subscribes ? &condition.subscribers[peer.index] : nullptr;
}

std::uint64_t lag_of(const channel::Condition& condition,
                     const channel::SubscriberCondition& subscriber) {
    return std::max(condition.ring.write_pos, subscriber.read_pos) - subscriber.read_pos;
}

// Is it waited for?
std::string_view gate_of(const channel::SubscriberCondition& subscriber,
                         const channel::Peer& peer) {
    if (subscriber.evicted == peer.token) {
        return "evicted";
    }
    return subscriber.gate == ring::gate_word(peer.token) ? "open" : "none";
}

}  // namespace

std::string log_text(const channel::Condition& condition) {
    Table table{{">PUBLISHED", ">OLDEST KEPT", ">UNREAD BY ALL"}};
    const ring::RingState& ring = condition.ring;
    table.add({count_text(ring.write_pos), count_text(ring.free_pos),
               ring.plausible ? count_text(ring.unread()) : "?"});
    return table.text();
}

std::vector<std::string> subscriber_cells(const channel::Condition& condition,
                                          const channel::Peer& peer) {
    const channel::SubscriberCondition* const subscriber = of(condition, peer);
    if (subscriber == nullptr) {
        return {"", "", "", ""};
    }
    return {count_text(subscriber->read_pos), count_text(lag_of(condition, *subscriber)),
            count_text(subscriber->lost), std::string{gate_of(*subscriber, peer)}};
}

void add_subscriber(nlohmann::json& to, const channel::Condition& condition,
                    const channel::Peer& peer) {
    if (const channel::SubscriberCondition* const subscriber = of(condition, peer)) {
        to["read_pos"] = subscriber->read_pos;
        to["lag"] = lag_of(condition, *subscriber);
        to["lost"] = subscriber->lost;
        to["gate"] = gate_of(*subscriber, peer);
    }
}

}  // namespace shunt::tools
