// SPDX-License-Identifier: MIT
//
// Where in its stream a sender begins, given what an earlier one left in the channel.
#pragma once

#include <shunt/core/ring/frame.hpp>

#include <cstdint>
#include <string>

namespace shunt::tools {

struct StreamStart {
    std::uint64_t offset = 0;  // of the first byte to be sent
    bool ended = false;        // the end was sent as well
};

/// `last`: the newest message of the channel. With `resume` behind it, else at 0. Throws Failure
/// where nothing is known to go on with, and where a fresh stream would follow an unfinished one.
[[nodiscard]] StreamStart start_behind(const ring::BytesView& last, bool resume,
                                       const std::string& channel);

}  // namespace shunt::tools
