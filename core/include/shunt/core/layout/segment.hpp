// SPDX-License-Identifier: MIT
//
// The first pages of a channel's file: header, control page, registry. Structs, byte maps and
// assertions; no functions. Reading them is the job of shunt/channel, which trusts none of it.
#pragma once

#include <shunt/core/config.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <type_traits>

namespace shunt::layout {

inline constexpr std::uint64_t kMagic = 0x31'74'6e'75'68'73'00'7fu;  // "\x7f\0shunt1"
inline constexpr std::uint32_t kLayoutVersion = 2;
inline constexpr std::uint32_t kByteOrder = 0x01020304u;

enum class Kind : std::uint32_t {
    none = 0,
    spsc = 1,
    spsc_bytes = 2,
    mpmc = 3,
    mpmc_bytes = 4,
    mpsc = 5,
    mpsc_bytes = 6,
    broadcast = 7,
    broadcast_bytes = 8,
    latest = 9,
    latest_bytes = 10,
    mpmc_blocks = 11,
    mpmc_blocks_bytes = 12,
    broadcast_lanes = 13,
    broadcast_lanes_bytes = 14,
};
enum class WakeMode : std::uint32_t { polling = 0, wakeable = 1 };
enum class Linger : std::uint32_t { drained = 0, none = 1, keep = 2 };

// Where a region lies. `named` is the file that has the channel's name; `slots` is the second file,
// on huge pages.
enum class SegmentId : std::uint32_t { named = 0, slots = 1 };

enum class RegionId : std::uint32_t {
    registry = 0,
    counters = 1,
    wake_data = 2,
    wake_room = 3,
    producer_words = 4,
    consumer_words = 5,
    ring_words = 6,
    slots = 7,
};
inline constexpr std::size_t kRegions = 8;

//  SegmentEntry: one mapped file
//  offset  type  name        written (all of the header: before the name appears, never changed)
//       0  u64   bytes       its size; 0: no such segment
//       8  u32   page_bytes  4096, 2 MiB or 1 GiB: of the file system
//      12  u32   -           zero
struct SegmentEntry {
    std::uint64_t bytes;
    std::uint32_t page_bytes;
    std::uint32_t reserved;
};
static_assert(sizeof(SegmentEntry) == 16 && offsetof(SegmentEntry, page_bytes) == 8);

//  RegionEntry: contiguous bytes in one segment; the table's index is a RegionId
//  offset  type  name     written
//       0  u64   offset   in the segment, a multiple of 128
//       8  u64   bytes    0: this kind of channel has no such region
//      16  u32   segment  a SegmentId
//      20  u32   -        zero
struct RegionEntry {
    std::uint64_t offset;
    std::uint64_t bytes;
    std::uint32_t segment;
    std::uint32_t reserved;
};
static_assert(sizeof(RegionEntry) == 24 && offsetof(RegionEntry, segment) == 16);

//  Header, page 0 of the named file, written by the creator before the name appears
//  offset  type     name
//       0  u64      magic
//       8  u32      layout_version
//      12  u32      byte_order       0x01020304 as the creator stores it
//      16  u32      kind             a Kind
//      20  u32      wake_mode        a WakeMode
//      24  u32      linger           a Linger
//      28  u32      ports            registry entries; mpsc: one a lane, and the first two;
//                                   mpmc_blocks: so many blocks more than slots
//      32  u64      element_bytes    bytes ring: 1; mpmc_bytes, mpmc_blocks_bytes,
//                                   broadcast_bytes, latest_bytes: the greatest message
//      40  u64      element_align    of byte messages: payload alignment
//      48  u64      fingerprint      FNV-1a of the type's name, 0: none
//      56  u64      capacity         true one: messages, or bytes of a bytes ring; where there are
//                                    lanes, of each
//      64  u64      start_pos        position of the first message
//      72  u32      frame_align      bytes ring: 64 or 8; else 0
//      76  u32      page_policy      the pages:: value that was asked for
//      80  i32      node             NUMA node of the slots at creation, -1: unknown
//      84  u32      node_policy      node:: value that was asked for: 0 any, 1 automatic,
//                                   2 interleave, 3 + N node N
//      88  u8[16]   incarnation      random
//     104  u8[16]   boot_id          of the kernel that made it
//     120  u64      inode            of the named file itself
//     128  Segment  segments[2]
//     160  Region   regions[8]
//     352  u32      on_orphan        mpmc: what becomes of a dead consumer's message, an on_orphan;
//                                   else 0
//     356  u32      lanes            broadcast_lanes: how many; else 0
//     360  char[64] type_name        zero-terminated; empty: none
//     424  char[512] slots_path      zero-terminated; empty: slots lie in the named file
//     936  u64      checksum         FNV-1a of bytes 0 to 935
struct Header {
    std::uint64_t magic;
    std::uint32_t layout_version;
    std::uint32_t byte_order;
    std::uint32_t kind;
    std::uint32_t wake_mode;
    std::uint32_t linger;
    std::uint32_t ports;
    std::uint64_t element_bytes;
    std::uint64_t element_align;
    std::uint64_t fingerprint;
    std::uint64_t capacity;
    std::uint64_t start_pos;
    std::uint32_t frame_align;
    std::uint32_t page_policy;
    std::int32_t node;
    std::uint32_t node_policy;
    std::uint8_t incarnation[16];
    std::uint8_t boot_id[16];
    std::uint64_t inode;
    SegmentEntry segments[2];
    RegionEntry regions[kRegions];
    std::uint32_t on_orphan;
    std::uint32_t lanes;
    char type_name[64];
    char slots_path[512];
    std::uint64_t checksum;
};
static_assert(sizeof(Header) == 944 && alignof(Header) == 8);
static_assert(offsetof(Header, kind) == 16 && offsetof(Header, ports) == 28);
static_assert(offsetof(Header, element_bytes) == 32 && offsetof(Header, fingerprint) == 48);
static_assert(offsetof(Header, capacity) == 56 && offsetof(Header, start_pos) == 64);
static_assert(offsetof(Header, frame_align) == 72 && offsetof(Header, node) == 80);
static_assert(offsetof(Header, node_policy) == 84);
static_assert(offsetof(Header, incarnation) == 88 && offsetof(Header, boot_id) == 104);
static_assert(offsetof(Header, inode) == 120 && offsetof(Header, segments) == 128);
static_assert(offsetof(Header, regions) == 160 && offsetof(Header, on_orphan) == 352);
static_assert(offsetof(Header, lanes) == 356);
static_assert(offsetof(Header, type_name) == 360 && offsetof(Header, slots_path) == 424);
static_assert(offsetof(Header, checksum) == 936);
static_assert(std::is_standard_layout_v<Header> && std::is_trivially_copyable_v<Header>);

// Roles of participants. The two sides of a channel: what ends and deaths are counted by.
enum class Role : std::uint32_t { none = 0, producer = 1, consumer = 2 };
inline constexpr std::size_t kRoles = 3;

//  RoleEnds: when participants of one role ended, each as the newest time: the token of the one
//  that did, or, of a role that has many, a draw from next_token at its end
//  offset  type  name         written
//       0  u64   last_died    raised by CAS, by whoever recovers the entry, before it becomes FREE
//       8  u64   last_closed  raised by CAS, by the one that leaves, before its entry becomes FREE
struct RoleEnds {
    std::atomic<std::uint64_t> last_died;
    std::atomic<std::uint64_t> last_closed;
};
static_assert(sizeof(RoleEnds) == 16);

//  ControlPage, page 1 of the named file: what does change
//  offset  type      name            written
//       0  u64       next_token      fetch_add by every joiner; a token is the old value + 1. Of
//                                    roles that have many also by whoever tells of an end
//       8  u8[56]    -               zero
//      64  RoleEnds  ends[3]         indexed by Role; a line that hardly ever changes
//     112  u32       broken          1: a participant found an impossible word; never cleared
//     116  u32       broken_role     Role of the region that held it
//     120  u8[8]     -               zero
//     128  u64       tsc_hz          by the creator: ticks of DefaultPolicy::ticks() per second
//     136  u64       anchor_ticks    by the creator, read together with the two clocks below
//     144  u64       anchor_mono_ns  CLOCK_MONOTONIC
//     152  u64       anchor_tai_ns   CLOCK_TAI
//     160  u8[3936]  -               zero
struct alignas(kLineBytes) ControlPage {
    std::atomic<std::uint64_t> next_token;
    std::byte reserved0[56];
    RoleEnds ends[kRoles];
    std::atomic<std::uint32_t> broken;
    std::atomic<std::uint32_t> broken_role;
    std::byte reserved1[8];
    std::uint64_t tsc_hz;
    std::uint64_t anchor_ticks;
    std::uint64_t anchor_mono_ns;
    std::uint64_t anchor_tai_ns;
    std::byte reserved2[3936];
};
static_assert(sizeof(ControlPage) == kBasePageBytes && offsetof(ControlPage, ends) == 64);
static_assert(offsetof(ControlPage, broken) == 112 && offsetof(ControlPage, tsc_hz) == 128);
static_assert(offsetof(ControlPage, anchor_tai_ns) == 152 &&
              std::is_standard_layout_v<ControlPage>);

// State of a registry entry, in the two low bits of its word; the token is the rest.
enum class EntryState : std::uint64_t { free = 0, joining = 1, alive = 2, dead = 3 };

//  RegistryEntry: one participant
//  offset  type  name        written
//       0  u64   word        {token:62, state:2}; joiner and leaver by CAS or store, recoverers
//                            by CAS
//       8  u64   start_time  by the participant while JOINING, as the three below: field 22 of
//                            /proc/PID/stat, for display
//      16  u32   pid         for display; liveness is the lock on byte 2^32 + token, nothing else
//      20  u32   role        a Role
//      24  u32   wait        the port's wait policy, for display
//      28  i32   cpu         where the participant ran when it joined
//      32  u8[8]  -          zero
//      40  u64   ended       {time:63, died:1} of the last holder that left or died, the time as
//                            in RoleEnds; by CAS, by whoever leaves or recovers, before FREE
//      48  u8[80] -          zero
struct alignas(kLinePairBytes) RegistryEntry {
    std::atomic<std::uint64_t> word;
    std::atomic<std::uint64_t> start_time;
    std::atomic<std::uint32_t> pid;
    std::atomic<std::uint32_t> role;
    std::atomic<std::uint32_t> wait;
    std::atomic<std::int32_t> cpu;
    std::byte reserved0[8];
    std::atomic<std::uint64_t> ended;
    std::byte reserved1[80];
};
static_assert(sizeof(RegistryEntry) == 128 && offsetof(RegistryEntry, start_time) == 8);
static_assert(offsetof(RegistryEntry, pid) == 16 && offsetof(RegistryEntry, role) == 20);
static_assert(offsetof(RegistryEntry, cpu) == 28 && offsetof(RegistryEntry, ended) == 40);
static_assert(std::is_standard_layout_v<RegistryEntry>);

// File locks (open file description locks) on the named file.
inline constexpr std::uint64_t kGateByte = 0;
inline constexpr std::uint64_t kTokenBytes = std::uint64_t{1} << 32;  // + token

inline constexpr std::uint32_t kDefaultPorts = 128;
inline constexpr std::uint32_t kMaxPorts = 4095;

// Seats of spsc, of the consumer of mpsc, of the publisher of broadcast and the writer of latest.
inline constexpr std::uint32_t kProducerSeat = 0;
inline constexpr std::uint32_t kConsumerSeat = 1;
// Where a role has many, each takes a free one from here up. The lane of an mpsc producer, or of
// one of several publishers, is its seat less this; subscribers to lanes sit behind the last lane.
inline constexpr std::uint32_t kFirstSharedSeat = 2;

}  // namespace shunt::layout
