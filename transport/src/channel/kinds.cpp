// SPDX-License-Identifier: MIT
//
// What a channel's kind says of the rest of its header.
#include <shunt/channel/header.hpp>
#include <shunt/core/layout/broadcast.hpp>
#include <shunt/core/ring/mpmc_bytes_shape.hpp>
#include <shunt/core/ring/owner_word.hpp>

#include <algorithm>

namespace shunt::channel {

using layout::Header;
using layout::Kind;

bool is_bytes(const Header& header) noexcept {
    const auto kind = static_cast<Kind>(header.kind);
    return kind == Kind::spsc_bytes || kind == Kind::mpsc_bytes;
}

bool has_lanes(const Header& header) noexcept {
    const auto kind = static_cast<Kind>(header.kind);
    return kind == Kind::mpsc || kind == Kind::mpsc_bytes || has_log_lanes(header);
}

bool has_log_lanes(const Header& header) noexcept {
    return header.kind == static_cast<std::uint32_t>(Kind::broadcast_lanes) ||
           header.kind == static_cast<std::uint32_t>(Kind::broadcast_lanes_bytes);
}

std::uint32_t lanes_of(const Header& header) noexcept {
    if (has_log_lanes(header)) {
        return header.lanes;
    }
    if (has_lanes(header)) {
        return header.ports - std::min(header.ports, layout::kFirstSharedSeat);
    }
    return is_mpmc(header) || has_log(header) ? 0 : 1;
}

std::uint32_t logs_of(const Header& header) noexcept {
    if (has_log_lanes(header)) {
        return header.lanes;
    }
    return has_log(header) ? 1 : 0;
}

std::uint64_t publisher_stride(const Header& header) noexcept {
    return sizeof(layout::PublisherWords) +
           align_up(header.ports * sizeof(std::uint64_t), kLinePairBytes) +
           (has_log_lanes(header) ? sizeof(layout::LaneHolders) : 0);
}

SeatRange shared_seats(const Header& header, layout::Role role) noexcept {
    constexpr std::uint32_t kFirst = layout::kFirstSharedSeat;
    if (!has_log_lanes(header)) {
        return {kFirst, header.ports};
    }
    const std::uint32_t behind = kFirst + header.lanes;
    return role == layout::Role::producer ? SeatRange{kFirst, behind}
                                          : SeatRange{behind, header.ports};
}

std::uint32_t wake_index(const Header& header, std::uint32_t index) noexcept {
    const std::uint32_t lanes = has_log_lanes(header) ? header.lanes : 0;
    return index >= layout::kFirstSharedSeat + lanes ? index - lanes : index;
}

bool is_mpmc(const Header& header) noexcept {
    return header.kind == static_cast<std::uint32_t>(Kind::mpmc) ||
           header.kind == static_cast<std::uint32_t>(Kind::mpmc_bytes) || has_blocks(header);
}

bool has_blocks(const Header& header) noexcept {
    return header.kind == static_cast<std::uint32_t>(Kind::mpmc_blocks) ||
           header.kind == static_cast<std::uint32_t>(Kind::mpmc_blocks_bytes);
}

ring::BlockGeometry block_geometry(const Header& header) noexcept {
    const std::uint64_t block_bytes =
        has_max_message(header)
            ? ring::MpmcBytesShape::of(header.capacity, header.element_bytes, header.element_align)
                  .slot_bytes()
            : ring::mpmc_slot_bytes(header.element_bytes, header.element_align);
    return ring::block_geometry(header.capacity, header.ports, block_bytes);
}

bool is_broadcast(const Header& header) noexcept {
    return header.kind == static_cast<std::uint32_t>(Kind::broadcast) ||
           header.kind == static_cast<std::uint32_t>(Kind::broadcast_bytes) ||
           has_log_lanes(header);
}

bool is_latest(const Header& header) noexcept {
    return header.kind == static_cast<std::uint32_t>(Kind::latest) ||
           header.kind == static_cast<std::uint32_t>(Kind::latest_bytes);
}

bool has_log(const Header& header) noexcept {
    return is_broadcast(header) || is_latest(header);
}

ring::LogGeometry log_geometry(const Header& header) noexcept {
    return has_max_message(header)
               ? ring::LogBytesShape::of(header.capacity, header.element_bytes)
               : ring::log_geometry(header.capacity, header.element_bytes, layout::kStampBytes);
}

bool has_max_message(const Header& header) noexcept {
    return header.kind == static_cast<std::uint32_t>(Kind::mpmc_bytes) ||
           header.kind == static_cast<std::uint32_t>(Kind::mpmc_blocks_bytes) ||
           header.kind == static_cast<std::uint32_t>(Kind::broadcast_bytes) ||
           header.kind == static_cast<std::uint32_t>(Kind::broadcast_lanes_bytes) ||
           header.kind == static_cast<std::uint32_t>(Kind::latest_bytes);
}

std::uint64_t mpmc_slot_bytes(const Header& header) noexcept {
    if (header.kind == static_cast<std::uint32_t>(Kind::mpmc_bytes)) {
        return ring::MpmcBytesShape::of(header.capacity, header.element_bytes, header.element_align)
            .slot_bytes();
    }
    return ring::mpmc_slot_bytes(header.element_bytes, header.element_align);
}

std::string_view to_string(Kind kind) noexcept {
    switch (kind) {
        case Kind::none:
            break;
        case Kind::spsc:
            return "spsc";
        case Kind::spsc_bytes:
            return "spsc_bytes";
        case Kind::mpmc:
            return "mpmc";
        case Kind::mpmc_bytes:
            return "mpmc_bytes";
        case Kind::mpsc:
            return "mpsc";
        case Kind::mpsc_bytes:
            return "mpsc_bytes";
        case Kind::broadcast:
            return "broadcast";
        case Kind::broadcast_bytes:
            return "broadcast_bytes";
        case Kind::latest:
            return "latest";
        case Kind::latest_bytes:
            return "latest_bytes";
        case Kind::mpmc_blocks:
            return "mpmc_blocks";
        case Kind::mpmc_blocks_bytes:
            return "mpmc_blocks_bytes";
        case Kind::broadcast_lanes:
            return "broadcast_lanes";
        case Kind::broadcast_lanes_bytes:
            return "broadcast_lanes_bytes";
    }
    return "none";
}

std::string_view to_string(layout::Role role) noexcept {
    switch (role) {
        case layout::Role::none:
            break;
        case layout::Role::producer:
            return "producer";
        case layout::Role::consumer:
            return "consumer";
    }
    return "none";
}

std::string_view role_name(const Header& header, layout::Role role) noexcept {
    if (is_broadcast(header) && role != layout::Role::none) {
        return role == layout::Role::producer ? "publisher" : "subscriber";
    }
    if (is_latest(header) && role != layout::Role::none) {
        return role == layout::Role::producer ? "writer" : "reader";
    }
    return to_string(role);
}

}  // namespace shunt::channel
