// SPDX-License-Identifier: MIT
//
// A history of a queue: calls that overlap, each with when it was called and when it had returned,
// by one clock. A call happened at one moment between the two, both included; which, the checkers
// find out. Every call of a history has returned.
#pragma once

#include <cstdint>
#include <limits>
#include <string>

namespace shunt::linear {

inline constexpr std::uint64_t kNever = std::numeric_limits<std::uint64_t>::max();
/// In place of a value: a claim that was given up, and the gap that it became.
inline constexpr std::uint64_t kNoValue = kNever;

enum class What : std::uint8_t {
    push,   // a value went in
    full,   // there was no room
    pop,    // a value came out
    freed,  // its place was given back: with the pop where that copies, else later
    empty,  // there was nothing
};

struct Operation {
    std::uint64_t called = 0;
    std::uint64_t returned = 0;
    std::uint64_t value = 0;
    std::uint64_t position = 0;  // from the ring's first
    What what = What::push;
};

/// Strictly before: where they meet, either order is possible.
[[nodiscard]] constexpr bool before(const Operation& first, const Operation& second) noexcept {
    return first.returned < second.called;
}

[[nodiscard]] std::string to_string(const Operation& operation);

}  // namespace shunt::linear
