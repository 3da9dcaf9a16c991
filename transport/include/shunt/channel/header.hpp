// SPDX-License-Identifier: MIT
//
// The header of a channel's file: how a creator lays a channel out, and how a joiner makes sure of
// a file that somebody else wrote. A reader copies the header, checks every field of the copy
// against the file itself, and never looks at the original again. What is in the regions is not its
// business.
#pragma once

#include <shunt/channel/directory.hpp>
#include <shunt/channel/participant.hpp>
#include <shunt/core/layout/segment.hpp>
#include <shunt/core/ring/block_word.hpp>
#include <shunt/core/ring/broadcast_log.hpp>

#include <array>
#include <cstdint>
#include <string>

namespace shunt::channel {

using BootId = std::array<std::uint8_t, 16>;

/// The kernel's, since its last boot. Throws the errno where /proc does not tell.
[[nodiscard]] const BootId& boot_id();

/// What is known of a file without reading it.
struct FileFacts {
    std::string path;  // for texts
    std::uint64_t bytes = 0;
    std::uint64_t inode = 0;
};
/// By fstat. Throws the errno.
[[nodiscard]] FileFacts facts_of(int descriptor, const std::string& path);

/// The header of a channel that `request` would create, its slots in a second file of huge pages of
/// `slots_page_bytes`, or, where that is 0, in the named file. Everything but incarnation, boot id,
/// inode, node, slots path and checksum. Throws Errc::bad_argument for what cannot be: capacity or
/// element of 0 or absurd, ports out of range, a start position beyond the limit, a type name that
/// is too long.
[[nodiscard]] layout::Header plan_header(const Request& request, std::uint64_t slots_page_bytes);

/// Stores the checksum; the last thing that is written.
void seal(layout::Header& header) noexcept;

/// A private copy of the header of an open file, with everything checked (check_header). Throws
/// what check_header throws, and Errc::truncated for a file that is empty or shorter than a header.
[[nodiscard]] layout::Header read_header(int descriptor, const FileFacts& facts);

/// Throws for whatever is not the header of this very file, each its own error: Errc::foreign
/// (another magic; another inode, so a copy), wrong_version (byte order, layout version), corrupt
/// (checksum, an impossible field or region), truncated (the file is shorter than it says). A
/// header made before the last boot passes: see of_this_boot.
void check_header(const layout::Header& header, const FileFacts& facts);

/// False: made under another boot, so nobody lives in it and its slots may be gone.
[[nodiscard]] bool of_this_boot(const layout::Header& header);

/// Throws where the channel is not what a joiner asked for: Errc::wrong_type (element size,
/// alignment, type name), wrong_geometry (kind, capacity, pages, node, wake mode, linger, ports,
/// start position, greatest message, frame or payload alignment). A request's 0 or default means:
/// as it is.
void check_wanted(const layout::Header& header, const Request& request, const std::string& path);

[[nodiscard]] Incarnation incarnation_of(const layout::Header& header) noexcept;
[[nodiscard]] const layout::RegionEntry& region_of(const layout::Header& header,
                                                   layout::RegionId id) noexcept;
[[nodiscard]] bool has_slots_file(const layout::Header& header) noexcept;
/// Empty where the slots lie in the named file.
[[nodiscard]] std::string slots_path_of(const layout::Header& header);
/// A bytes ring, or lanes of them: messages are frames of any length.
[[nodiscard]] bool is_bytes(const layout::Header& header) noexcept;
/// A kind whose producers have a lane each.
[[nodiscard]] bool has_lanes(const layout::Header& header) noexcept;
/// A broadcast channel with several publishers, of fixed-size messages or of bytes.
[[nodiscard]] bool has_log_lanes(const layout::Header& header) noexcept;
/// How many lanes it has: 1 of spsc, 0 of kinds whose producers share a ring, or that have one log.
[[nodiscard]] std::uint32_t lanes_of(const layout::Header& header) noexcept;
/// How many logs it has: one in each lane, where a broadcast channel has lanes.
[[nodiscard]] std::uint32_t logs_of(const layout::Header& header) noexcept;
/// Of a broadcast channel: from what producer_words holds of one log to that of the next one.
[[nodiscard]] std::uint64_t publisher_stride(const layout::Header& header) noexcept;
/// Registry indices, without `end`.
struct SeatRange {
    std::uint32_t first;
    std::uint32_t end;
};
/// Those that participants of that role share: of lanes of logs the first are the publishers', one
/// a lane.
[[nodiscard]] SeatRange shared_seats(const layout::Header& header, layout::Role role) noexcept;
/// Whose bit in a wake region a participant has: subscribers to lanes count without these, for no
/// publisher sleeps where they do.
[[nodiscard]] std::uint32_t wake_index(const layout::Header& header, std::uint32_t index) noexcept;
/// From a lane's first byte to the next one's.
[[nodiscard]] std::uint64_t lane_bytes(const layout::Header& header) noexcept;
/// Of fixed-size messages or of bytes, in slots or in blocks.
[[nodiscard]] bool is_mpmc(const layout::Header& header) noexcept;
/// An mpmc channel whose messages lie in blocks beside the ring.
[[nodiscard]] bool has_blocks(const layout::Header& header) noexcept;
/// Geometry of such a channel's ring; all 0: there is no such ring.
[[nodiscard]] ring::BlockGeometry block_geometry(const layout::Header& header) noexcept;
/// Bytes of a slot of an mpmc channel without blocks; 0: there is no such ring.
[[nodiscard]] std::uint64_t mpmc_slot_bytes(const layout::Header& header) noexcept;
/// Of fixed-size messages or of bytes.
[[nodiscard]] bool is_broadcast(const layout::Header& header) noexcept;
/// A latest value, of fixed size or of bytes.
[[nodiscard]] bool is_latest(const layout::Header& header) noexcept;
/// One of these two: a log that one participant writes and the others map read-only.
[[nodiscard]] bool has_log(const layout::Header& header) noexcept;
/// Geometry of such a channel's log; all 0: there is no such log.
[[nodiscard]] ring::LogGeometry log_geometry(const layout::Header& header) noexcept;
/// A kind of byte messages that each have a greatest length, header.element_bytes.
[[nodiscard]] bool has_max_message(const layout::Header& header) noexcept;
/// The slots lie in transparent huge pages of the named file.
[[nodiscard]] bool is_transparent(const layout::Header& header) noexcept;
/// What the creator asked for, as in Options::node.
[[nodiscard]] std::int32_t asked_node(const layout::Header& header) noexcept;
[[nodiscard]] std::string_view to_string(layout::Kind kind) noexcept;
[[nodiscard]] std::string_view to_string(layout::Role role) noexcept;
/// As its ports are called: a broadcast channel has a publisher and subscribers, a latest value a
/// writer and readers.
[[nodiscard]] std::string_view role_name(const layout::Header& header, layout::Role role) noexcept;

}  // namespace shunt::channel
