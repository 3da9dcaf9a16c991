// SPDX-License-Identifier: MIT
//
// EventSource: the descriptor of one port for an event loop. An epoll that holds a bell (data,
// room, ends, interrupts), a pidfd of each peer's process (deaths), and a timer, the bound of every
// sleep. All are edge-triggered in it, so nothing has to be read: collect() takes what came in, and
// the descriptor is quiet again.
//
// A pidfd only prompts a look; the lock decides. A peer whose process cannot be watched so (no
// pidfds here, its pid is of another namespace, a child of it keeps its lock) is looked at by the
// timer, each 4 ms.
#pragma once

#include "wake/bell.hpp"

#include <shunt/channel/lock.hpp>
#include <shunt/channel/participant.hpp>
#include <shunt/channel/port.hpp>
#include <shunt/core/layout/segment.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace shunt::channel {

class EventSource {
public:
    /// `word` and `bits`: what the port sleeps on. Throws Error.
    EventSource(const Participant& place, const std::atomic<std::uint32_t>& word,
                std::uint32_t bits, bool has_bit, shunt::events how);

    [[nodiscard]] int descriptor() const noexcept { return epoll_.get(); }
    [[nodiscard]] Events events() const noexcept;

    /// Takes what came in. True: the kernel is to be asked for deaths, and follow() called then.
    [[nodiscard]] bool collect() noexcept;
    /// True if somebody joined or left since follow() was called.
    [[nodiscard]] bool changed() const noexcept;
    /// Watches those who live now.
    void follow() noexcept;
    /// From now on, within its bound, the descriptor becomes readable. False: it would at once,
    /// somebody bumped the word after `seen`.
    [[nodiscard]] bool set(std::uint32_t seen) noexcept;

private:
    struct Watched {
        std::uint64_t token;
        TrackedFile pidfd;   // empty: cannot be watched
        bool fired = false;  // its process ended, and told so
    };

    void make_bell(const std::atomic<std::uint32_t>& word, std::uint32_t bits, shunt::events how);
    void add(int descriptor, std::uint64_t what);
    [[nodiscard]] Watched watched(const Peer& peer);
    [[nodiscard]] std::span<const layout::RegistryEntry> entries() const noexcept;
    void follow_or_throw();
    void set_timer(std::chrono::nanoseconds bound) noexcept;

    const Participant& place_;
    TrackedFile epoll_;
    TrackedFile timer_;
    std::unique_ptr<Bell> bell_;
    Events::By by_ = Events::By::none;
    bool has_bit_;
    bool refused_ = false;    // the bell was, when it was last set
    bool unwatched_ = false;  // a living peer has no pidfd
    std::vector<Watched> peers_;
    std::vector<std::uint64_t> words_seen_;  // of the registry's entries, when follow() began
    Clock::time_point timer_ends_{};  // epoch: it is not running
};

}  // namespace shunt::channel
