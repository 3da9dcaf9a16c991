// SPDX-License-Identifier: MIT
//
// The second lock on the bytes that two binaries must agree on: every field's offset and size and
// every constant, against a file. Whoever changes one changes the layout version too.
#include <shunt/core/config.hpp>
#include <shunt/core/layout/broadcast.hpp>
#include <shunt/core/layout/mpmc.hpp>
#include <shunt/core/layout/ring.hpp>
#include <shunt/core/layout/segment.hpp>
#include <shunt/core/layout/wake.hpp>
#include <shunt/core/stats/counters.hpp>

#include <gtest/gtest.h>

#include <cstddef>
#include <fstream>
#include <sstream>
#include <string>

namespace shunt::layout {
namespace {

class Listing {
public:
    void field(const char* name, std::size_t offset, std::size_t size) {
        text_ << name << " offset " << offset << " size " << size << '\n';
    }
    void type(const char* name, std::size_t size, std::size_t alignment) {
        text_ << name << " size " << size << " align " << alignment << '\n';
    }
    void constant(const char* name, std::uint64_t value) {
        text_ << name << " = " << value << '\n';
    }
    [[nodiscard]] std::string text() const { return text_.str(); }

private:
    std::ostringstream text_;
};

#define SHUNT_FIELD(Type, member) \
    to.field(#Type "." #member, offsetof(Type, member), sizeof(Type::member))
#define SHUNT_SIZE(Type) to.type(#Type, sizeof(Type), alignof(Type))
#define SHUNT_CONSTANT(name) to.constant(#name, static_cast<std::uint64_t>(name))

void list_rings(Listing& to) {
    SHUNT_SIZE(ConsumerWords);
    SHUNT_FIELD(ConsumerWords, peek_pos);
    SHUNT_FIELD(ConsumerWords, read_pos);
    SHUNT_FIELD(ConsumerWords, handed_pos);
    SHUNT_FIELD(ConsumerWords, reserved0);
    SHUNT_FIELD(ConsumerWords, free_pos);
    SHUNT_FIELD(ConsumerWords, reserved1);
    SHUNT_SIZE(ProducerWords);
    SHUNT_FIELD(ProducerWords, last_pos);
    SHUNT_FIELD(ProducerWords, token);
    SHUNT_FIELD(ProducerWords, reserved);
    SHUNT_SIZE(PublisherWords);
    SHUNT_FIELD(PublisherWords, write_pos);
    SHUNT_FIELD(PublisherWords, gate_limit);
    SHUNT_FIELD(PublisherWords, reserved);
    SHUNT_SIZE(SubscriberWords);
    SHUNT_FIELD(SubscriberWords, read_pos);
    SHUNT_FIELD(SubscriberWords, lost);
    SHUNT_FIELD(SubscriberWords, reserved0);
    SHUNT_FIELD(SubscriberWords, gate);
    SHUNT_FIELD(SubscriberWords, cursor);
    SHUNT_FIELD(SubscriberWords, reserved1);
    SHUNT_SIZE(LaneHolder);
    SHUNT_FIELD(LaneHolder, from);
    SHUNT_FIELD(LaneHolder, token);
    SHUNT_SIZE(LaneHolders);
    SHUNT_FIELD(LaneHolders, joined);
    SHUNT_FIELD(LaneHolders, reserved);
    SHUNT_FIELD(LaneHolders, holders);
    SHUNT_SIZE(GateWords);
    SHUNT_FIELD(GateWords, high);
    SHUNT_FIELD(GateWords, reserved);
    SHUNT_SIZE(MpmcWords);
    SHUNT_FIELD(MpmcWords, write_hint);
    SHUNT_FIELD(MpmcWords, reserved0);
    SHUNT_FIELD(MpmcWords, read_hint);
    SHUNT_FIELD(MpmcWords, orphan_epoch);
    SHUNT_FIELD(MpmcWords, voided);
    SHUNT_FIELD(MpmcWords, orphaned);
    SHUNT_FIELD(MpmcWords, dropped);
    SHUNT_FIELD(MpmcWords, reserved1);
    SHUNT_SIZE(WakeRegion);
    SHUNT_FIELD(WakeRegion, wake_seq);
    SHUNT_FIELD(WakeRegion, sleepers);
    SHUNT_FIELD(WakeRegion, reserved);
    SHUNT_SIZE(Counters);
    SHUNT_FIELD(Counters, full);
    SHUNT_FIELD(Counters, empty_polls);
    SHUNT_FIELD(Counters, parks);
    SHUNT_FIELD(Counters, wakes);
    SHUNT_FIELD(Counters, payload_bytes);
    SHUNT_FIELD(Counters, redelivered);
    SHUNT_FIELD(Counters, recovered);
    SHUNT_FIELD(Counters, high_water);
    SHUNT_FIELD(Counters, gaps);
    SHUNT_FIELD(Counters, dead_letters);
    SHUNT_FIELD(Counters, reserved);
}

void list_header(Listing& to) {
    SHUNT_SIZE(SegmentEntry);
    SHUNT_FIELD(SegmentEntry, bytes);
    SHUNT_FIELD(SegmentEntry, page_bytes);
    SHUNT_FIELD(SegmentEntry, reserved);
    SHUNT_SIZE(RegionEntry);
    SHUNT_FIELD(RegionEntry, offset);
    SHUNT_FIELD(RegionEntry, bytes);
    SHUNT_FIELD(RegionEntry, segment);
    SHUNT_FIELD(RegionEntry, reserved);
    SHUNT_SIZE(Header);
    SHUNT_FIELD(Header, magic);
    SHUNT_FIELD(Header, layout_version);
    SHUNT_FIELD(Header, byte_order);
    SHUNT_FIELD(Header, kind);
    SHUNT_FIELD(Header, wake_mode);
    SHUNT_FIELD(Header, linger);
    SHUNT_FIELD(Header, ports);
    SHUNT_FIELD(Header, element_bytes);
    SHUNT_FIELD(Header, element_align);
    SHUNT_FIELD(Header, fingerprint);
    SHUNT_FIELD(Header, capacity);
    SHUNT_FIELD(Header, start_pos);
    SHUNT_FIELD(Header, frame_align);
    SHUNT_FIELD(Header, page_policy);
    SHUNT_FIELD(Header, node);
    SHUNT_FIELD(Header, node_policy);
    SHUNT_FIELD(Header, incarnation);
    SHUNT_FIELD(Header, boot_id);
    SHUNT_FIELD(Header, inode);
    SHUNT_FIELD(Header, segments);
    SHUNT_FIELD(Header, regions);
    SHUNT_FIELD(Header, on_orphan);
    SHUNT_FIELD(Header, lanes);
    SHUNT_FIELD(Header, type_name);
    SHUNT_FIELD(Header, slots_path);
    SHUNT_FIELD(Header, checksum);
}

void list_control(Listing& to) {
    SHUNT_SIZE(RoleEnds);
    SHUNT_FIELD(RoleEnds, last_died);
    SHUNT_FIELD(RoleEnds, last_closed);
    SHUNT_SIZE(ControlPage);
    SHUNT_FIELD(ControlPage, next_token);
    SHUNT_FIELD(ControlPage, reserved0);
    SHUNT_FIELD(ControlPage, ends);
    SHUNT_FIELD(ControlPage, broken);
    SHUNT_FIELD(ControlPage, broken_role);
    SHUNT_FIELD(ControlPage, reserved1);
    SHUNT_FIELD(ControlPage, tsc_hz);
    SHUNT_FIELD(ControlPage, anchor_ticks);
    SHUNT_FIELD(ControlPage, anchor_mono_ns);
    SHUNT_FIELD(ControlPage, anchor_tai_ns);
    SHUNT_FIELD(ControlPage, reserved2);
    SHUNT_SIZE(RegistryEntry);
    SHUNT_FIELD(RegistryEntry, word);
    SHUNT_FIELD(RegistryEntry, start_time);
    SHUNT_FIELD(RegistryEntry, pid);
    SHUNT_FIELD(RegistryEntry, role);
    SHUNT_FIELD(RegistryEntry, wait);
    SHUNT_FIELD(RegistryEntry, cpu);
    SHUNT_FIELD(RegistryEntry, reserved0);
    SHUNT_FIELD(RegistryEntry, ended);
    SHUNT_FIELD(RegistryEntry, reserved1);
}

void list_constants(Listing& to) {
    SHUNT_CONSTANT(kLineBytes);
    SHUNT_CONSTANT(kLinePairBytes);
    SHUNT_CONSTANT(kPositionLimit);
    SHUNT_CONSTANT(kMaxSlotsBytes);
    SHUNT_CONSTANT(kStampBytes);
    SHUNT_CONSTANT(kLinePayloadBytes);
    SHUNT_CONSTANT(kFrameHeaderBytes);
    SHUNT_CONSTANT(kFramePadding);
    SHUNT_CONSTANT(kMagic);
    SHUNT_CONSTANT(kLayoutVersion);
    SHUNT_CONSTANT(kByteOrder);
    SHUNT_CONSTANT(Kind::none);
    SHUNT_CONSTANT(Kind::spsc);
    SHUNT_CONSTANT(Kind::spsc_bytes);
    SHUNT_CONSTANT(Kind::mpmc);
    SHUNT_CONSTANT(Kind::mpmc_bytes);
    SHUNT_CONSTANT(Kind::mpsc);
    SHUNT_CONSTANT(Kind::mpsc_bytes);
    SHUNT_CONSTANT(Kind::broadcast);
    SHUNT_CONSTANT(Kind::broadcast_bytes);
    SHUNT_CONSTANT(Kind::latest);
    SHUNT_CONSTANT(Kind::latest_bytes);
    SHUNT_CONSTANT(Kind::mpmc_blocks);
    SHUNT_CONSTANT(Kind::mpmc_blocks_bytes);
    SHUNT_CONSTANT(Kind::broadcast_lanes);
    SHUNT_CONSTANT(Kind::broadcast_lanes_bytes);
    SHUNT_CONSTANT(WakeMode::polling);
    SHUNT_CONSTANT(WakeMode::wakeable);
    SHUNT_CONSTANT(Linger::drained);
    SHUNT_CONSTANT(Linger::none);
    SHUNT_CONSTANT(Linger::keep);
    SHUNT_CONSTANT(SegmentId::named);
    SHUNT_CONSTANT(SegmentId::slots);
    SHUNT_CONSTANT(RegionId::registry);
    SHUNT_CONSTANT(RegionId::counters);
    SHUNT_CONSTANT(RegionId::wake_data);
    SHUNT_CONSTANT(RegionId::wake_room);
    SHUNT_CONSTANT(RegionId::producer_words);
    SHUNT_CONSTANT(RegionId::consumer_words);
    SHUNT_CONSTANT(RegionId::ring_words);
    SHUNT_CONSTANT(RegionId::slots);
    SHUNT_CONSTANT(kRegions);
    SHUNT_CONSTANT(Role::none);
    SHUNT_CONSTANT(Role::producer);
    SHUNT_CONSTANT(Role::consumer);
    SHUNT_CONSTANT(kRoles);
    SHUNT_CONSTANT(EntryState::free);
    SHUNT_CONSTANT(EntryState::joining);
    SHUNT_CONSTANT(EntryState::alive);
    SHUNT_CONSTANT(EntryState::dead);
    SHUNT_CONSTANT(kGateByte);
    SHUNT_CONSTANT(kTokenBytes);
    SHUNT_CONSTANT(kDefaultPorts);
    SHUNT_CONSTANT(kMaxPorts);
    SHUNT_CONSTANT(kProducerSeat);
    SHUNT_CONSTANT(kConsumerSeat);
    SHUNT_CONSTANT(kFirstSharedSeat);
    SHUNT_CONSTANT(kWakeBits);
}

TEST(Layout, IsTheGoldenOne) {
    Listing to;
    list_rings(to);
    list_header(to);
    list_control(to);
    list_constants(to);
    std::ifstream file{SHUNT_OFFSETS_GOLDEN};
    ASSERT_TRUE(file) << SHUNT_OFFSETS_GOLDEN;
    std::ostringstream golden;
    golden << file.rdbuf();
    EXPECT_EQ(golden.str(), to.text())
        << "the layout changed: raise kLayoutVersion, change the byte map and "
           "docs/memory_layout.md, and make "
        << SHUNT_OFFSETS_GOLDEN << " say so";
}

// Fields that follow one another without a gap: no byte of these structs is nobody's.
TEST(Layout, ListsEveryByte) {
    std::ifstream file{SHUNT_OFFSETS_GOLDEN};
    std::string line;
    std::string type;
    std::size_t end = 0;
    std::size_t size = 0;
    int types = 0;
    while (std::getline(file, line)) {
        std::istringstream words{line};
        std::string name;
        std::string what;
        words >> name >> what;
        if (what == "size") {
            EXPECT_EQ(end, size) << type << " has bytes that no field names";
            words >> size;
            type = name;
            end = 0;
            ++types;
        } else if (what == "offset") {
            std::size_t offset = 0;
            std::size_t bytes = 0;
            words >> offset >> what >> bytes;
            EXPECT_EQ(offset, end) << "a gap before " << name;
            end = offset + bytes;
        }
    }
    EXPECT_EQ(end, size) << type;
    EXPECT_EQ(types, 16);
}

}  // namespace
}  // namespace shunt::layout
