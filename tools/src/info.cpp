// SPDX-License-Identifier: MIT
//
// shunt info CH: all that can be seen of one channel from outside, without disturbing it. Page size
// and node are asked from the kernel, not taken from the header.
#include "channel_view.hpp"
#include "command.hpp"
#include "quantity.hpp"
#include "subscribers_view.hpp"
#include "table.hpp"
#include "terminal.hpp"

#include <shunt/channel/directory.hpp>
#include <shunt/channel/header.hpp>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include <array>
#include <iterator>
#include <memory>

namespace shunt::tools {

namespace {

using layout::Header;

constexpr const char* kExamples =
    "Examples:\n"
    "  shunt info md.ticks\n"
    "  shunt info md.ticks --json | jq .result.placement.page_bytes\n\n"
    "Positions are messages since the channel's first one; of a bytes ring bytes, frame headers\n"
    "and padding included; of an mpsc channel those of each lane (--json has their sums too).\n"
    "LOST are messages that a broadcast subscriber did not read before they were overwritten, "
    "GATE\n"
    "says whether the publisher waits for it: none, open, or evicted.\n"
    "The VERSION of a latest value is how many were stored up to it; BEHIND, how many since.\n"
    "Exit codes: 0 ok, 1 not a readable channel, 2 usage, 3 no such channel, 8 permission.";

constexpr std::array<std::string_view, layout::kRegions> kRegionNames{
    "registry",       "counters",       "wake_data",  "wake_room",
    "producer_words", "consumer_words", "ring_words", "slots"};

constexpr std::string_view kNoTypeName = "no type name: only size and alignment are compared";

// What is seen of a channel at one moment.
struct Sight {
    explicit Sight(const channel::Observer& observer)
        : header{observer.header()},
          path{observer.path()},
          peers{observer.peers()},
          placement{observer.placement()},
          condition{observer.condition()} {}

    Header header;
    std::string path;
    std::vector<channel::Peer> peers;
    channel::Placement placement;
    channel::Condition condition;
};

std::string hex(const std::uint8_t (&bytes)[16]) {
    channel::Incarnation id{};
    std::copy(std::begin(bytes), std::end(bytes), id.begin());
    return channel::to_hex(id);
}

// What a participant of an mpmc channel has in hand.
std::vector<ring::Holding> holdings_of(const Sight& sight, const channel::Peer& peer) {
    std::vector<ring::Holding> its;
    for (const ring::Holding& holding : sight.condition.holdings) {
        // The word of a slot with a block has no room for the generation.
        if (channel::has_blocks(sight.header)
                ? holding.owner.index == peer.index
                : holding.owner == ring::slot_owner(peer.index, peer.token)) {
            its.push_back(holding);
        }
    }
    return its;
}

std::string holds_text(const Sight& sight, const channel::Peer& peer) {
    std::string text;
    for (const ring::Holding& holding : holdings_of(sight, peer)) {
        text += fmt::format("{}{} {}", text.empty() ? "" : ", ",
                            holding.claim ? "claim" : "message", holding.position);
    }
    return text;
}

nlohmann::json holds_json(const Sight& sight, const channel::Peer& peer) {
    auto all = nlohmann::json::array();
    for (const ring::Holding& holding : holdings_of(sight, peer)) {
        all.push_back(
            {{"what", holding.claim ? "claim" : "message"}, {"position", holding.position}});
    }
    return all;
}

// A claim that keeps all consumers from the messages behind it.
void warn_of_claim(const Sight& sight, const channel::Peer& peer,
                   std::vector<perf::Warning>& warnings) {
    const ring::RingState& ring = sight.condition.ring;
    for (const ring::Holding& holding : holdings_of(sight, peer)) {
        if (holding.claim && holding.position == ring.read_pos &&
            ring.write_pos > ring.read_pos + 1) {
            warnings.push_back(
                {"held-up", fmt::format("consumers are waiting for position {}, which process {} "
                                        "has claimed and not published{}; {} behind it",
                                        holding.position, peer.pid,
                                        peer.alive ? ""
                                                   : ": it died, and a blocking call of a "
                                                     "peer gives it up",
                                        ring.write_pos - ring.read_pos - 1)});
        }
    }
}

// Who sits in a lane, or nobody.
const channel::Peer* holder_of(const Sight& sight, std::size_t lane) {
    for (const channel::Peer& peer : sight.peers) {
        if (peer.index == lane + layout::kFirstSharedSeat) {
            return &peer;
        }
    }
    return nullptr;
}

std::string lanes_text(const Sight& sight) {
    Table table{channel::has_log(sight.header)
                    ? std::vector<std::string>{">LANE", ">PUBLISHER", ">PUBLISHED", ">READ",
                                               ">OLDEST KEPT", ">UNREAD BY ALL"}
                    : std::vector<std::string>{">LANE", ">PRODUCER", ">WRITTEN", ">READ", ">FREED",
                                               ">UNREAD"}};
    std::size_t untouched = 0;
    for (std::size_t lane = 0; lane < sight.condition.lanes.size(); ++lane) {
        const channel::LaneCondition& one = sight.condition.lanes[lane];
        const channel::Peer* const holder = holder_of(sight, lane);
        if (one.token == 0 && holder == nullptr) {
            ++untouched;
            continue;
        }
        table.add({std::to_string(lane), holder == nullptr ? "left" : std::to_string(holder->pid),
                   count_text(one.ring.write_pos), count_text(one.ring.read_pos),
                   count_text(one.ring.free_pos),
                   one.ring.plausible ? amount_text(sight.header, one.ring.unread()) : "?"});
    }
    return table.text() + (untouched != 0 ? fmt::format("{} more, never used\n", untouched) : "");
}

// What a log keeps goes back to there; elsewhere what is below is free.
const char* free_name(const Sight& sight) {
    return channel::has_log(sight.header) ? "oldest_pos" : "free_pos";
}

nlohmann::json lanes_json(const Sight& sight) {
    auto lanes = nlohmann::json::array();
    for (std::size_t lane = 0; lane < sight.condition.lanes.size(); ++lane) {
        const channel::LaneCondition& one = sight.condition.lanes[lane];
        const channel::Peer* const holder = holder_of(sight, lane);
        lanes.push_back(
            {{"lane", lane},
             {"pid", holder == nullptr ? nlohmann::json(nullptr) : nlohmann::json(holder->pid)},
             {"producer", one.token},
             {"write_pos", one.ring.write_pos},
             {"read_pos", one.ring.read_pos},
             {free_name(sight), one.ring.free_pos},
             {"plausible", one.ring.plausible},
             {"unread",
              one.ring.plausible ? nlohmann::json(one.ring.unread()) : nlohmann::json(nullptr)}});
    }
    return lanes;
}

std::vector<perf::Warning> warnings_of(const Sight& sight) {
    std::vector<perf::Warning> warnings;
    if (!sight.placement.note.empty()) {
        const bool preferred = sight.placement.asked_pages == pages::prefer_huge;
        warnings.push_back({preferred ? "base-pages" : "placement", sight.placement.note});
    }
    if (sight.condition.broken) {
        warnings.push_back(
            {"broken", fmt::format("a participant found impossible words of the {}; what is in the "
                                   "ring cannot be trusted",
                                   channel::role_name(sight.header, sight.condition.broken_role))});
    } else if (!sight.condition.ring.plausible) {
        warnings.push_back({"implausible",
                            "the positions contradict each other: the ring is "
                            "damaged, or moved on while it was looked at"});
    }
    for (const channel::Peer& peer : sight.peers) {
        warn_of_claim(sight, peer, warnings);
        if (!peer.alive) {
            warnings.push_back(
                {"dead-peer", fmt::format("process {} ({}) died; the next blocking "
                                          "call of a peer clears its seat",
                                          peer.pid, channel::role_name(sight.header, peer.role))});
        }
    }
    return warnings;
}

nlohmann::json regions_json(const Header& header) {
    auto regions = nlohmann::json::array();
    for (std::size_t i = 0; i < layout::kRegions; ++i) {
        const layout::RegionEntry& region = header.regions[i];
        if (region.bytes != 0) {
            regions.push_back({{"name", kRegionNames[i]},
                               {"segment", region.segment == 0 ? "named" : "slots"},
                               {"offset", region.offset},
                               {"bytes", region.bytes}});
        }
    }
    return regions;
}

nlohmann::json header_json(const Header& header) {
    const std::string type = type_name_of(header);
    return {{"layout_version", header.layout_version},
            {"kind", kind_text(header)},
            {"element_bytes", header.element_bytes},
            {"element_align", header.element_align},
            {"type_name", type.empty() ? nlohmann::json(nullptr) : nlohmann::json(type)},
            {"fingerprint", fmt::format("{:016x}", header.fingerprint)},
            {"max_message", channel::has_max_message(header) ? nlohmann::json(header.element_bytes)
                                                             : nlohmann::json(nullptr)},
            {"capacity", header.capacity},
            {"unit", is_bytes_ring(header) ? "bytes" : "messages"},
            {"start_pos", header.start_pos},
            {"frame_align", header.frame_align},
            {"pages", policy_text(header.page_policy)},
            {"node", node_text(channel::asked_node(header))},
            {"wake", wake_text(header.wake_mode)},
            {"linger", linger_text(header.linger)},
            {"ports", header.ports},
            {"incarnation", hex(header.incarnation)},
            {"boot_id", hex(header.boot_id)}};
}

nlohmann::json result_of(const std::string& name, const Sight& sight) {
    auto peers = nlohmann::json::array();
    for (const channel::Peer& peer : sight.peers) {
        peers.push_back(to_json(sight.header, peer));
        if (channel::is_mpmc(sight.header)) {
            peers.back()["holds"] = holds_json(sight, peer);
        } else if (channel::has_log(sight.header)) {
            add_subscriber(peers.back(), sight.header, sight.condition, peer);
        }
    }
    const ring::RingState& ring = sight.condition.ring;
    nlohmann::json result{
        {"channel", name},
        {"path", sight.path},
        {"header", header_json(sight.header)},
        {"placement", to_json(sight.placement)},
        {"regions", regions_json(sight.header)},
        {"peers", std::move(peers)},
        {"positions",
         {{"write_pos", ring.write_pos},
          {"read_pos", ring.read_pos},
          {"peek_pos", ring.peek_pos},
          {free_name(sight), ring.free_pos},
          {"plausible", ring.plausible}}},
        {"unread", ring.plausible ? nlohmann::json(ring.unread()) : nlohmann::json(nullptr)},
        {"state", sight.condition.broken ? "broken" : std::string{state_text(sight.peers)}},
        {"broken", sight.condition.broken}};
    if (channel::has_lanes(sight.header)) {
        result["lanes"] = lanes_json(sight);
    }
    if (channel::has_blocks(sight.header)) {
        const ring::BlockGeometry geometry = channel::block_geometry(sight.header);
        result["blocks"] = {{"number", geometry.blocks}, {"bytes", geometry.block_bytes}};
    }
    return result;
}

std::string kind_row(const Header& header) {
    const std::string kind = kind_text(header);
    if (is_bytes_ring(header)) {
        return fmt::format("{}, frames every {} bytes, payload aligned to {}", kind,
                           header.frame_align, header.element_align);
    }
    if (channel::has_max_message(header)) {
        return fmt::format("{} of up to {} bytes a message, aligned to {}", kind,
                           header.element_bytes, header.element_align);
    }
    return fmt::format("{} of {}-byte elements, aligned to {}", kind, header.element_bytes,
                       header.element_align);
}

std::string header_text(const std::string& name, const Sight& sight) {
    const Header& header = sight.header;
    const std::string type = type_name_of(header);
    const channel::Placement& placed = sight.placement;
    std::string out;
    const auto row = [&](std::string_view what, const std::string& value) {
        fmt::format_to(std::back_inserter(out), "{:<10} {}\n", what, value);
    };
    row("channel", bold(name));
    row("state", sight.condition.broken ? "broken" : std::string{state_text(sight.peers)});
    row("file", printable(sight.path));
    row("kind", kind_row(header));
    if (!is_bytes_ring(header) && !channel::has_max_message(header)) {
        row("type", type.empty() ? std::string{kNoTypeName} : type);
    }
    row("capacity", capacity_text(header));
    if (channel::has_blocks(header)) {
        const ring::BlockGeometry geometry = channel::block_geometry(header);
        row("blocks", fmt::format("{} of {} bytes, one a slot and one a port", geometry.blocks,
                                  geometry.block_bytes));
    }
    row("wake", std::string{wake_text(header.wake_mode)});
    row("linger", std::string{linger_text(header.linger)});
    row("made",
        fmt::format("layout {}, incarnation {}", header.layout_version, hex(header.incarnation)));
    row("pages",
        fmt::format("{} (asked for: {}), {} of {} resident, by smaps", page_size_text(placed),
                    policy_text(header.page_policy), placed.resident_pages, placed.pages));
    std::string nodes;
    for (const auto& [node, count] : placed.nodes) {
        nodes += fmt::format("{}{} ({} pages)", nodes.empty() ? "" : ", ", node, count);
    }
    row("node",
        fmt::format("{} (asked for: {})", nodes.empty() ? "unknown" : nodes + ", by move_pages",
                    node_text(placed.asked_node)));
    row("slots in", printable(placed.path));
    return out;
}

std::string positions_text(const Sight& sight) {
    if (channel::has_lanes(sight.header)) {
        return lanes_text(sight);
    }
    if (channel::has_log(sight.header)) {
        return log_text(sight.header, sight.condition);
    }
    const ring::RingState& ring = sight.condition.ring;
    Table table{{">WRITTEN", ">READ", ">PEEKED", ">FREED", ">UNREAD"}};
    table.add({count_text(ring.write_pos), count_text(ring.read_pos), count_text(ring.peek_pos),
               count_text(ring.free_pos),
               ring.plausible ? amount_text(sight.header, ring.unread()) : "?"});
    return table.text();
}

std::string peers_text(const Sight& sight) {
    if (sight.peers.empty()) {
        return "no peers\n";
    }
    std::vector<std::string> head{">SEAT", "ROLE", ">PID", "ALIVE", ">CPU", "WAIT"};
    if (channel::is_mpmc(sight.header)) {
        head.emplace_back("HOLDS");
    } else if (channel::has_log(sight.header)) {
        const auto own = subscriber_head(sight.header);
        head.insert(head.end(), own.begin(), own.end());
    }
    Table table{head};
    for (const channel::Peer& peer : sight.peers) {
        std::vector<std::string> row{std::to_string(peer.index),
                                     std::string{channel::role_name(sight.header, peer.role)},
                                     std::to_string(peer.pid),
                                     peer.alive ? "yes" : "no, died",
                                     peer.cpu < 0 ? "?" : std::to_string(peer.cpu),
                                     std::string{wait_text(peer.wait)}};
        if (channel::is_mpmc(sight.header)) {
            row.push_back(holds_text(sight, peer));
        } else if (channel::has_log(sight.header)) {
            const auto cells = subscriber_cells(sight.header, sight.condition, peer);
            row.insert(row.end(), cells.begin(), cells.end());
        }
        table.add(row);
    }
    return table.text();
}

std::string regions_text(const Header& header) {
    Table table{{"REGION", "SEGMENT", ">OFFSET", ">BYTES"}};
    for (std::size_t i = 0; i < layout::kRegions; ++i) {
        const layout::RegionEntry& region = header.regions[i];
        if (region.bytes != 0) {
            table.add({std::string{kRegionNames[i]}, region.segment == 0 ? "named" : "slots",
                       std::to_string(region.offset), std::to_string(region.bytes)});
        }
    }
    return table.text();
}

Outcome info(const std::string& name) {
    const Sight sight{channel::Observer{name}};
    Outcome outcome;
    outcome.warnings = warnings_of(sight);
    outcome.result = result_of(name, sight);
    outcome.text = header_text(name, sight) + "\n" + positions_text(sight) + "\n" +
                   peers_text(sight) + "\n" + regions_text(sight.header);
    for (const perf::Warning& warning : outcome.warnings) {
        outcome.text += (&warning == outcome.warnings.data() ? "\nwarning: " : "warning: ") +
                        printable(warning.text) + "\n";
    }
    return outcome;
}

}  // namespace

void add_info(CLI::App& app, Invocation& invocation) {
    auto name = std::make_shared<std::string>();
    CLI::App* const sub = add_command(app, invocation, "info", "Show one channel", kExamples,
                                      [name] { return info(*name); });
    sub->add_option("channel", *name, "Name")->required();
}

}  // namespace shunt::tools
