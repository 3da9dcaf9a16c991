// SPDX-License-Identifier: MIT
//
// How channels are shown: words for what headers, registries and proofs say. Texts that other
// processes wrote are shown with their control characters escaped.
#pragma once

#include <shunt/channel/list.hpp>

#include <nlohmann/json.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace shunt::tools {

/// Control characters as \xNN.
[[nodiscard]] std::string printable(std::string_view text);

[[nodiscard]] std::string kind_text(const layout::Header& header);
/// "bytes", "24 bytes md.Tick/1".
[[nodiscard]] std::string element_text(const layout::Header& header);
/// "1024 messages", "1 MiB".
[[nodiscard]] std::string capacity_text(const layout::Header& header);
/// A distance in the ring: messages, or bytes of a bytes ring.
[[nodiscard]] std::string amount_text(const layout::Header& header, std::uint64_t amount);
[[nodiscard]] bool is_bytes_ring(const layout::Header& header) noexcept;
/// Page size of the segment in which the slots lie, as the header says.
[[nodiscard]] std::uint32_t page_bytes_of(const layout::Header& header) noexcept;
[[nodiscard]] std::string_view policy_text(std::uint32_t page_policy) noexcept;
/// "any", "auto", "interleave", or the number.
[[nodiscard]] std::string node_text(std::int32_t asked);
[[nodiscard]] std::string_view wake_text(std::uint32_t wake_mode) noexcept;
[[nodiscard]] std::string_view linger_text(std::uint32_t linger) noexcept;
[[nodiscard]] std::string_view wait_text(std::uint32_t wait) noexcept;
/// The type's name; empty: none.
[[nodiscard]] std::string type_name_of(const layout::Header& header);

/// "active", "no consumer", "no producer", "nobody".
[[nodiscard]] std::string_view state_text(const std::vector<channel::Peer>& peers) noexcept;
/// "4 KiB", "2 MiB transparent".
[[nodiscard]] std::string page_size_text(const channel::Placement& placement);
/// "2 MiB pages on node 0".
[[nodiscard]] std::string placement_text(const channel::Placement& placement);
/// "channel 'jobs': 1,024 messages of up to 1024 bytes in 4 KiB pages on node 0", and why.
[[nodiscard]] std::string slots_text(const std::string& channel, std::uint64_t messages,
                                     std::uint64_t max_message,
                                     const channel::Placement& placement);

[[nodiscard]] nlohmann::json to_json(const layout::Header& header, const channel::Peer& peer);
[[nodiscard]] nlohmann::json to_json(const channel::Placement& placement);

}  // namespace shunt::tools
