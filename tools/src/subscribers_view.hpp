// SPDX-License-Identifier: MIT
//
// What `shunt info` shows of a log and of its readers: a broadcast channel's subscribers, a latest
// value's readers.
#pragma once

#include <shunt/channel/participant.hpp>
#include <shunt/channel/reading.hpp>

#include <nlohmann/json.hpp>

#include <string>
#include <vector>

namespace shunt::tools {

/// The words of a subscriber's or reader's seat; null: it is none.
[[nodiscard]] const channel::SubscriberCondition* subscriber_of(
    const std::vector<channel::SubscriberCondition>& seats, const channel::Peer& peer);
/// The publisher waits for that subscriber.
[[nodiscard]] bool is_gate(const channel::SubscriberCondition& subscriber,
                           const channel::Peer& peer) noexcept;

[[nodiscard]] std::string log_text(const layout::Header& header,
                                   const channel::Condition& condition);
/// Of one participant, for a table; empty cells for the one that writes.
[[nodiscard]] std::vector<std::string> subscriber_head(const layout::Header& header);
[[nodiscard]] std::vector<std::string> subscriber_cells(const layout::Header& header,
                                                        const channel::Condition& condition,
                                                        const channel::Peer& peer);
/// Adds "read_pos", "lag", "lost" and "gate" to what --json says of a subscriber, "version" and
/// "behind" to what it says of a reader.
void add_subscriber(nlohmann::json& to, const layout::Header& header,
                    const channel::Condition& condition, const channel::Peer& peer);

}  // namespace shunt::tools
