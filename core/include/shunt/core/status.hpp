// SPDX-License-Identifier: MIT
//
// Status: what a hot-path call came to. Expected outcomes only; operating errors of the cold path
// are shunt::Error.
#pragma once

#include <cstdint>
#include <string_view>

namespace shunt {

/// Outcome of a hot-path call. Converts to true for `ok` only.
class [[nodiscard]] Status {
public:
    enum Code : std::uint8_t {
        ok,           // done
        full,         // no room; nothing was written
        empty,        // nothing to read
        busy,         // something is there, but a living peer holds it
        lapped,       // the writer overtook this reader
        gap,          // positions were abandoned here
        closed,       // the last peer of the other role left by close(); told once per event
        peer_dead,    // the last peer of the other role died; told once per death
        broken,       // the peer's words are impossible; permanent for this port
        timeout,      // the deadline passed
        interrupted,  // interrupt() or a stop request
        too_big,      // the message can never fit; nothing was written
        too_small,    // the destination cannot take the message; it was not consumed
    };

    constexpr Status(Code code) noexcept : code_{code} {}  // NOLINT: a Code is a Status
    [[nodiscard]] constexpr Code code() const noexcept { return code_; }
    constexpr explicit operator bool() const noexcept { return code_ == ok; }
    friend constexpr bool operator==(Status, Status) noexcept = default;

private:
    Code code_;
};

/// The enumerator's name, for messages.
[[nodiscard]] constexpr std::string_view to_string(Status status) noexcept {
    constexpr std::string_view kNames[] = {
        "ok",        "full",   "empty",   "busy",        "lapped",  "gap",      "closed",
        "peer_dead", "broken", "timeout", "interrupted", "too_big", "too_small"};
    return kNames[status.code()];
}

}  // namespace shunt
