// SPDX-License-Identifier: MIT
//
// A link whose type is forgotten, and the loops over it: workloads that wait for a time of their
// own or for the kernel between two messages, in which three indirect calls do not show. They are
// compiled once, not once a contender, size and form as the loops of loops.hpp are.
#pragma once

#include "bench/lib/src/stage.hpp"

#include <cstdint>

namespace shunt::bench {

/// One process's end of a contender; the calls are those of a link (loops.hpp).
struct AnyLink {
    void* link;
    void (*prepare)(void* link, std::uint64_t seq);
    bool (*try_send)(void* link, std::uint64_t seq);
    bool (*try_receive)(void* link, std::uint64_t& seq);
};

template <class Link>
[[nodiscard]] AnyLink any_link(Link& link) noexcept {
    return {&link, [](void* to, std::uint64_t seq) { static_cast<Link*>(to)->prepare(seq); },
            [](void* to, std::uint64_t seq) { return static_cast<Link*>(to)->try_send(seq); },
            [](void* to, std::uint64_t& seq) { return static_cast<Link*>(to)->try_receive(seq); }};
}

/// openloop, paced, wake, coldstart or a cold pingpong, as the task says. Both sides call it.
void run_any_link(const AnyLink& link, Stage& stage);

/// What an open loop's message carries in place of its number: when it was due, in ticks from the
/// stage's epoch, and its number modulo 2^kSeqBits. Below kLast for an hour's ticks at the least.
inline constexpr unsigned kSeqBits = 18;
[[nodiscard]] constexpr std::uint64_t ticket(std::uint64_t due, std::uint64_t seq) noexcept {
    return due << kSeqBits | (seq & ((std::uint64_t{1} << kSeqBits) - 1));
}
[[nodiscard]] constexpr std::uint64_t due_of(std::uint64_t ticket) noexcept {
    return ticket >> kSeqBits;
}

}  // namespace shunt::bench
