// SPDX-License-Identifier: MIT
#include "tools/src/channel_view.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

namespace shunt::tools {
namespace {

TEST(ChannelView, EscapesWhatATerminalWouldObey) {
    EXPECT_EQ(printable("md.Tick/1"), "md.Tick/1");
    EXPECT_EQ(printable("a\x1b[31mb\n\x7f"), "a\\x1b[31mb\\x0a\\x7f");
    EXPECT_EQ(printable("\xc3\xa4"), "\xc3\xa4");
}

TEST(ChannelView, ReadsATypeNameThatFillsItsFieldAndNotBeyond) {
    layout::Header header{};
    EXPECT_EQ(type_name_of(header), "");
    std::memset(header.type_name, 'x', sizeof(header.type_name));
    EXPECT_EQ(type_name_of(header), std::string(sizeof(header.type_name), 'x'));
}

TEST(ChannelView, SaysWhatAChannelHolds) {
    layout::Header header{};
    header.kind = static_cast<std::uint32_t>(layout::Kind::spsc_bytes);
    header.capacity = 1u << 20;
    EXPECT_EQ(element_text(header), "bytes");
    EXPECT_EQ(capacity_text(header), "1 MiB");
    EXPECT_EQ(amount_text(header, 1536), "1.5 KiB");
    header.kind = static_cast<std::uint32_t>(layout::Kind::spsc);
    header.capacity = 1024;
    header.element_bytes = 24;
    EXPECT_EQ(element_text(header), "24 B");
    std::strcpy(header.type_name, "md.Tick/1");
    EXPECT_EQ(element_text(header), "24 B md.Tick/1");
    EXPECT_EQ(capacity_text(header), "1,024 messages");
    EXPECT_EQ(amount_text(header, 1536), "1,536");
    header.kind = static_cast<std::uint32_t>(layout::Kind::mpmc_bytes);
    EXPECT_EQ(element_text(header), "bytes, up to 24");
    EXPECT_EQ(capacity_text(header), "1,024 messages");
}

TEST(ChannelView, WordsThatNobodyKnowsAreUnknownAndNoFault) {
    EXPECT_EQ(policy_text(1), "2m");
    EXPECT_EQ(policy_text(3), "thp");
    EXPECT_EQ(policy_text(4), "1g");
    EXPECT_EQ(policy_text(99), "unknown");
    EXPECT_EQ(node_text(-1), "any");
    EXPECT_EQ(node_text(-2), "auto");
    EXPECT_EQ(node_text(-3), "interleave");
    EXPECT_EQ(node_text(12), "12");
    EXPECT_EQ(linger_text(2), "keep");
    EXPECT_EQ(linger_text(99), "unknown");
    EXPECT_EQ(wait_text(1), "spin_pause");
    EXPECT_EQ(wait_text(99), "unknown");
}

TEST(ChannelView, PlacementSaysWhatWasAskedAndWhatItIs) {
    channel::Placement placement;
    placement.page_bytes = 4096;
    placement.bytes = 3u << 20;
    placement.asked_pages = pages::thp;
    placement.asked_node = node::automatic;
    EXPECT_EQ(placement_text(placement), "4 KiB pages");
    placement.transparent_bytes = placement.bytes;
    placement.node = 1;
    EXPECT_EQ(placement_text(placement), "2 MiB transparent pages on node 1");
    placement.transparent_bytes = 2u << 20;
    EXPECT_EQ(page_size_text(placement), "4 KiB, 2 MiB of 3 MiB in 2 MiB transparent");
    const nlohmann::json json = to_json(placement);
    EXPECT_EQ(json.at("asked"), (nlohmann::json{{"pages", "thp"}, {"node", "auto"}}));
    EXPECT_EQ(json.at("page_bytes"), 4096);
    EXPECT_EQ(json.at("bytes"), 3u << 20);
    EXPECT_EQ(json.at("transparent_bytes"), 2u << 20);
    EXPECT_EQ(json.at("node"), 1);
}

TEST(ChannelView, StateIsThatOfTheLiving) {
    const auto peer = [](layout::Role role, bool alive) {
        channel::Peer one{};
        one.role = role;
        one.alive = alive;
        return one;
    };
    const auto producer = peer(layout::Role::producer, true);
    const auto consumer = peer(layout::Role::consumer, true);
    const auto dead = peer(layout::Role::consumer, false);
    EXPECT_EQ(state_text({}), "nobody");
    EXPECT_EQ(state_text({dead}), "nobody");
    EXPECT_EQ(state_text({producer, dead}), "no consumer");
    EXPECT_EQ(state_text({dead, consumer}), "no producer");
    EXPECT_EQ(state_text({dead, consumer, producer}), "active");
}

TEST(ChannelView, NamesTheNodeWhereItIsKnown) {
    channel::Placement placement;
    placement.page_bytes = 2u << 20;
    EXPECT_EQ(placement_text(placement), "2 MiB pages");
    EXPECT_EQ(to_json(placement).at("node"), nullptr);
    placement.node = 0;
    EXPECT_EQ(placement_text(placement), "2 MiB pages on node 0");
    EXPECT_EQ(to_json(placement).at("node"), 0);
}

}  // namespace
}  // namespace shunt::tools
