// SPDX-License-Identifier: MIT
#include "channel_view.hpp"
#include "quantity.hpp"

#include <shunt/channel/header.hpp>

#include <shunt/core/config.hpp>

#include <fmt/format.h>

#include <algorithm>

namespace shunt::tools {

using channel::Peer;
using layout::Header;
using layout::RegionId;

std::string printable(std::string_view text) {
    std::string out;
    for (const char c : text) {
        const auto byte = static_cast<unsigned char>(c);
        out += byte < 0x20 || byte == 0x7f ? fmt::format("\\x{:02x}", byte) : std::string(1, c);
    }
    return out;
}

bool is_bytes_ring(const Header& header) noexcept {
    return channel::is_bytes(header);
}

std::string kind_text(const Header& header) {
    return std::string{channel::to_string(static_cast<layout::Kind>(header.kind))};
}

std::string type_name_of(const Header& header) {
    const std::string_view all{header.type_name, sizeof(header.type_name)};
    return printable(all.substr(0, std::min(all.find('\0'), all.size())));
}

std::string element_text(const Header& header) {
    if (is_bytes_ring(header)) {
        return "bytes";
    }
    if (channel::has_max_message(header)) {
        return fmt::format("bytes, up to {}", header.element_bytes);
    }
    const std::string name = type_name_of(header);
    return fmt::format("{} B{}{}", header.element_bytes, name.empty() ? "" : " ", name);
}

std::string amount_text(const Header& header, std::uint64_t amount) {
    return is_bytes_ring(header) ? bytes_text(static_cast<double>(amount)) : count_text(amount);
}

std::string capacity_text(const Header& header) {
    return (is_bytes_ring(header) ? exact_bytes_text(header.capacity)
                                  : count_text(header.capacity) + " messages") +
           (channel::has_lanes(header)
                ? fmt::format(" in each of {} lanes", channel::lanes_of(header))
                : "");
}

std::uint32_t page_bytes_of(const Header& header) noexcept {
    if (channel::is_transparent(header)) {
        return kHugePageBytes;
    }
    return header.segments[channel::region_of(header, RegionId::slots).segment].page_bytes;
}

std::string_view policy_text(std::uint32_t page_policy) noexcept {
    switch (static_cast<pages>(page_policy)) {
        case pages::base:
            return "4k";
        case pages::huge_2m:
            return "2m";
        case pages::prefer_huge:
            return "prefer";
        case pages::thp:
            return "thp";
        case pages::huge_1g:
            return "1g";
    }
    return "unknown";
}

std::string node_text(std::int32_t asked) {
    switch (asked) {
        case node::any:
            return "any";
        case node::automatic:
            return "auto";
        case node::interleave:
            return "interleave";
        default:
            return std::to_string(asked);
    }
}

std::string_view wake_text(std::uint32_t wake_mode) noexcept {
    return static_cast<layout::WakeMode>(wake_mode) == layout::WakeMode::polling ? "polling"
                                                                                 : "wakeable";
}

std::string_view linger_text(std::uint32_t linger) noexcept {
    switch (static_cast<layout::Linger>(linger)) {
        case layout::Linger::drained:
            return "drained";
        case layout::Linger::none:
            return "none";
        case layout::Linger::keep:
            return "keep";
    }
    return "unknown";
}

std::string_view wait_text(std::uint32_t wait) noexcept {
    switch (static_cast<shunt::wait>(wait)) {
        case shunt::wait::spin:
            return "spin";
        case shunt::wait::spin_pause:
            return "spin_pause";
        case shunt::wait::park:
            return "park";
        case shunt::wait::adaptive:
            return "adaptive";
    }
    return "unknown";
}

std::string_view state_text(const std::vector<Peer>& peers) noexcept {
    const auto lives = [&](layout::Role role) {
        return std::any_of(peers.begin(), peers.end(),
                           [role](const Peer& peer) { return peer.alive && peer.role == role; });
    };
    const bool producer = lives(layout::Role::producer);
    const bool consumer = lives(layout::Role::consumer);
    if (producer && consumer) {
        return "active";
    }
    return producer ? "no consumer" : consumer ? "no producer" : "nobody";
}

std::string page_size_text(const channel::Placement& placement) {
    if (placement.transparent_bytes == 0) {
        return exact_bytes_text(placement.page_bytes);
    }
    return placement.transparent_bytes == placement.bytes
               ? exact_bytes_text(kHugePageBytes) + " transparent"
               : fmt::format("{}, {} of {} in {} transparent",
                             exact_bytes_text(placement.page_bytes),
                             exact_bytes_text(placement.transparent_bytes),
                             exact_bytes_text(placement.bytes), exact_bytes_text(kHugePageBytes));
}

std::string placement_text(const channel::Placement& placement) {
    const std::string where = placement.node >= 0 ? fmt::format(" on node {}", placement.node) : "";
    return fmt::format("{} pages{}", page_size_text(placement), where);
}

std::string slots_text(const std::string& channel, std::uint64_t messages,
                       std::uint64_t max_message, const channel::Placement& placement) {
    return fmt::format("channel '{}': {} messages of up to {} bytes in {}{}", channel,
                       count_text(messages), max_message, placement_text(placement),
                       placement.note.empty() ? "" : " (" + placement.note + ")");
}

nlohmann::json to_json(const Header& header, const Peer& peer) {
    return {{"seat", peer.index},
            {"role", channel::role_name(header, peer.role)},
            {"pid", peer.pid},
            {"alive", peer.alive},
            {"cpu", peer.cpu < 0 ? nlohmann::json(nullptr) : nlohmann::json(peer.cpu)},
            {"wait", wait_text(peer.wait)},
            {"token", peer.token}};
}

nlohmann::json to_json(const channel::Placement& placement) {
    nlohmann::json nodes = nlohmann::json::array();
    for (const auto& [node, count] : placement.nodes) {
        nodes.push_back({{"node", node}, {"pages", count}});
    }
    const auto or_null = [](bool known, nlohmann::json value) {
        return known ? std::move(value) : nlohmann::json(nullptr);
    };
    return {{"asked",
             {{"pages", policy_text(static_cast<std::uint32_t>(placement.asked_pages))},
              {"node", node_text(placement.asked_node)}}},
            {"page_bytes", placement.page_bytes},
            {"bytes", placement.bytes},
            {"transparent_bytes", placement.transparent_bytes},
            {"node", or_null(placement.node >= 0, placement.node)},
            {"pages", placement.pages},
            {"resident_pages", placement.resident_pages},
            {"nodes", std::move(nodes)},
            {"path", placement.path},
            {"note", or_null(!placement.note.empty(), placement.note)}};
}

}  // namespace shunt::tools
