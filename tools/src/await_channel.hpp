// SPDX-License-Identifier: MIT
//
// Waiting for a channel that somebody else makes.
#pragma once

#include "peer_watch.hpp"
#include "signals.hpp"
#include "terminal.hpp"

#include <functional>
#include <string>

namespace shunt::tools {

/// Waits until there is a channel of that name and `open()` opens it, up to `patience.for_first`;
/// an open() that throws Errc::not_found was too early. It waits by looking, so that a request ends
/// it: false. Throws Failure, and what open() throws else.
[[nodiscard]] bool await_channel(const std::string& channel, Patience patience,
                                 const Interrupts& interrupts, Progress& progress,
                                 const std::function<void(std::chrono::milliseconds left)>& open);

}  // namespace shunt::tools
