// SPDX-License-Identifier: MIT
//
// What `shunt info` shows of a broadcast channel's log and of its subscribers.
#pragma once

#include <shunt/channel/participant.hpp>
#include <shunt/channel/reading.hpp>

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace shunt::tools {

[[nodiscard]] std::string log_text(const channel::Condition& condition);
/// Of one participant, for a table; empty cells for the publisher.
inline const std::vector<std::string> kSubscriberHead{">READ", ">LAG", ">LOST", "GATE"};
[[nodiscard]] std::vector<std::string> subscriber_cells(const channel::Condition& condition,
                                                        const channel::Peer& peer);
/// Adds "read_pos", "lag", "lost" and "gate" to what --json says of a subscriber.
void add_subscriber(nlohmann::json& to, const channel::Condition& condition,
                    const channel::Peer& peer);

}  // namespace shunt::tools
