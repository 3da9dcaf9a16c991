// SPDX-License-Identifier: MIT
//
// wait_any: one thread waits for the first of several ports, of any kind and either side. By
// futex_waitv over their wake words (Linux 5.16); each port is armed by its own bit, as in a sleep
// of its own. Ports in an event loop of the user's have fd() instead.
#pragma once

#include <shunt/channel/port.hpp>

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>

namespace shunt {

/// A port, as wait_any() sees it. Any port converts to it; the port outlives it.
class Waitable {
public:
    template <std::derived_from<channel::Port> Port>
    Waitable(Port& port) noexcept  // NOLINT: a port is one
        : port_{&port}, of_port_{&port}, ready_{[](void* of_port) noexcept {
              return static_cast<Port*>(of_port)->ready();
          }} {}

private:
    friend class Vigil;

    channel::Port* port_;
    void* of_port_;
    bool (*ready_)(void*) noexcept;
};

/// What wait_any() came to.
struct Ready {
    std::size_t index;  // of the port; with `timeout` the number of ports
    // ok: a message, or room (of bytes: for the greatest message). closed, peer_dead: an end, which
    // the port's next call tells. interrupted: by interrupt() of that port, which is over with it.
    Status status;
};

/// Waits until one of the ports is ready, the first such in the order given. Blocks; sleeps only
/// where all of them may, by channel and by `.wait`, else it polls. Asks the kernel for deaths as
/// every blocking call does. More than 128 ports, or a kernel without futex_waitv: it looks each
/// millisecond. The ports are those of the calling thread; at least one.
[[nodiscard]] Ready wait_any(std::span<const Waitable> ports, channel::Deadline deadline) noexcept;
[[nodiscard]] inline Ready wait_any(std::initializer_list<Waitable> ports,
                                    channel::Deadline deadline = channel::kNoDeadline) noexcept {
    return wait_any(std::span<const Waitable>{ports.begin(), ports.size()}, deadline);
}

/// True if wait_any() sleeps on all of up to 128 ports here, false if it looks each millisecond.
[[nodiscard]] inline bool wait_any_sleeps() noexcept { return FutexOps::sleeps_on_several(); }

}  // namespace shunt
