// SPDX-License-Identifier: MIT
#include "subscribers_view.hpp"

#include "quantity.hpp"
#include "table.hpp"

#include <shunt/channel/header.hpp>
#include <shunt/core/ring/broadcast_gate.hpp>

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace shunt::tools {
namespace {

std::uint64_t lag_of(const channel::Condition& condition,
                     const channel::SubscriberCondition& subscriber) {
    return std::max(condition.ring.write_pos, subscriber.read_pos) - subscriber.read_pos;
}

std::string_view gate_of(const channel::SubscriberCondition& subscriber,
                         const channel::Peer& peer) {
    if (subscriber.evicted == peer.token) {
        return "evicted";
    }
    return is_gate(subscriber, peer) ? "open" : "none";
}

// Of a position behind a value; 0: there is none.
std::uint64_t version_of(const layout::Header& header, std::uint64_t position) {
    return position > header.start_pos ? position : 0;
}

}  // namespace

const channel::SubscriberCondition* subscriber_of(
    const std::vector<channel::SubscriberCondition>& seats, const channel::Peer& peer) {
    const bool subscribes = peer.role == layout::Role::consumer && peer.index < seats.size();
    return subscribes ? &seats[peer.index] : nullptr;
}

bool is_gate(const channel::SubscriberCondition& subscriber, const channel::Peer& peer) noexcept {
    return subscriber.gate == ring::gate_word(peer.token) && subscriber.evicted != peer.token;
}

std::string log_text(const layout::Header& header, const channel::Condition& condition) {
    const ring::RingState& ring = condition.ring;
    if (channel::is_latest(header)) {
        Table table{{">VERSION", ">BUFFERS"}};
        table.add({ring.plausible ? count_text(version_of(header, ring.write_pos)) : "?",
                   count_text(header.capacity)});
        return table.text();
    }
    Table table{{">PUBLISHED", ">OLDEST KEPT", ">UNREAD BY ALL"}};
    table.add({count_text(ring.write_pos), count_text(ring.free_pos),
               ring.plausible ? count_text(ring.unread()) : "?"});
    return table.text();
}

std::vector<std::string> subscriber_head(const layout::Header& header) {
    return channel::is_latest(header) ? std::vector<std::string>{">VERSION", ">BEHIND"}
                                      : std::vector<std::string>{">READ", ">LAG", ">LOST", "GATE"};
}

std::vector<std::string> subscriber_cells(const layout::Header& header,
                                          const channel::Condition& condition,
                                          const channel::Peer& peer) {
    const channel::SubscriberCondition* const subscriber =
        subscriber_of(condition.subscribers, peer);
    if (subscriber == nullptr) {
        return std::vector<std::string>(subscriber_head(header).size());
    }
    const std::string lag = count_text(lag_of(condition, *subscriber));
    if (channel::is_latest(header)) {
        return {count_text(version_of(header, subscriber->read_pos)), lag};
    }
    return {count_text(subscriber->read_pos), lag, count_text(subscriber->lost),
            std::string{gate_of(*subscriber, peer)}};
}

void add_subscriber(nlohmann::json& to, const layout::Header& header,
                    const channel::Condition& condition, const channel::Peer& peer) {
    const channel::SubscriberCondition* const subscriber =
        subscriber_of(condition.subscribers, peer);
    if (subscriber == nullptr) {
        return;
    }
    const std::uint64_t lag = lag_of(condition, *subscriber);
    if (channel::is_latest(header)) {
        to["version"] = version_of(header, subscriber->read_pos);
        to["behind"] = lag;
        return;
    }
    to["read_pos"] = subscriber->read_pos;
    to["lag"] = lag;
    to["lost"] = subscriber->lost;
    to["gate"] = gate_of(*subscriber, peer);
}

}  // namespace shunt::tools
