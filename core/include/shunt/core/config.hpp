// SPDX-License-Identifier: MIT
//
// Format constants: the numbers that two binaries must agree on. Fixed, never taken from the
// compiler (its interference size changes with -mcpu and version). Not tuning knobs.
#pragma once

#include <cstddef>
#include <cstdint>

namespace shunt {

inline constexpr std::size_t kLineBytes = 64;       // one cache line
inline constexpr std::size_t kLinePairBytes = 128;  // between words of different writers
inline constexpr std::size_t kBasePageBytes = 4096;
inline constexpr std::size_t kHugePageBytes = std::size_t{2} << 20;
inline constexpr std::size_t kGiganticPageBytes = std::size_t{1} << 30;

// A position is a free-running 64-bit number of messages (or bytes, in a bytes ring). A shared word
// that claims a position beyond this limit is corrupt.
inline constexpr std::uint64_t kPositionLimit = std::uint64_t{1} << 62;

// No ring has more slots than fit into this many bytes.
inline constexpr std::uint64_t kMaxSlotsBytes = std::uint64_t{1} << 40;

}  // namespace shunt
