// SPDX-License-Identifier: MIT
//
// How `send` and `recv` carry a stream of bytes in the messages of a bytes channel, so that either
// may die anywhere and a successor goes on exactly: every piece says where in the stream it begins.
//
//   type kPiece   u64 offset, then at least one byte of the stream
//   type kEnd     u64 total; the stream is complete
//   type kLine    `send --lines`: a line without its end, which who writes it adds
//   any other     raw: all of it is payload (`send --raw`, or any BytesProducer)
//
// In an mpmc channel, where each message goes to another receiver, and of a latest value, of which
// some are never seen, there is no stream: neither pieces nor an end.
//
// Numbers are in the host's byte order, which a channel's header pins.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>

namespace shunt::tools {

inline constexpr std::uint32_t kPiece = 0x7368'01;
inline constexpr std::uint32_t kEnd = 0x7368'02;
inline constexpr std::uint32_t kLine = 0x7368'03;
inline constexpr std::size_t kOffsetBytes = 8;

/// Puts the offset (or total) at the front of a message's place.
inline void put_offset(std::span<std::byte> place, std::uint64_t offset) noexcept {
    std::memcpy(place.data(), &offset, kOffsetBytes);
}

/// The offset (or total) of a message; nothing where it is too short to have one.
[[nodiscard]] inline std::optional<std::uint64_t> offset_of(
    std::span<const std::byte> message) noexcept {
    if (message.size() < kOffsetBytes) {
        return std::nullopt;
    }
    std::uint64_t offset = 0;
    std::memcpy(&offset, message.data(), kOffsetBytes);
    return offset;
}

}  // namespace shunt::tools
