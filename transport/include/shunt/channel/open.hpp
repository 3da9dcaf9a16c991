// SPDX-License-Identifier: MIT
//
// Opening by name: join what is there, make what is not, replace what may be replaced, or wait.
#pragma once

#include <shunt/channel/directory.hpp>
#include <shunt/channel/life.hpp>

#include <string>

namespace shunt::channel {

struct Opened {
    OpenChannel channel;
    Seat seat;
    bool created = false;
    std::string note;  // of a creator: why the slots are not in the pages that were preferred
};

/// Blocks up to options.open_timeout (for the name, for the gate) and options.seat_timeout. Throws
/// Error: Errc::not_found, timed_out, stale, and whatever join and Newborn throw.
[[nodiscard]] Opened open_channel(const Request& request, const Folder& directory);

}  // namespace shunt::channel
