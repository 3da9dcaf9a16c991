// SPDX-License-Identifier: MIT
//
// What a slow receiver may hold up: shunt's channels, each with what its sender does when it is
// full. And what the two processes of a row are told, and count.
#pragma once

#include "bench/lib/src/crowd/hall.hpp"
#include "bench/lib/src/stage.hpp"

#include <shunt_bench/slow.hpp>
#include <shunt_perf/clock.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace shunt::bench {

/// By the sender: stored by it before `sent_all`.
struct SlowSent {
    std::uint64_t accepted;    // in all
    std::uint64_t offered;     // the rest, behind the warm-up
    std::uint64_t found_full;  // of them, at the first attempt
    std::uint64_t dropped;     // of them, by the sender
    double accepted_per_s;
    Tally send;  // ticks, from the first attempt on
};

/// By the receiver: stored by it before `received_all`.
struct SlowReceived {
    std::uint64_t received;  // in all
    std::uint64_t lost;
    double per_s;  // behind a warm-up, while the sender sent
};

struct SlowHall : Hall {
    Count sent_all;
    Count received_all;
    SlowSent sent;
    SlowReceived received;
};

/// One of the two processes, and where it finds the other one.
struct SlowSeat {
    const SlowConfig& config;
    SlowHall& hall;
    const perf::Clock& clock;
    std::string channel;
    bool sends;
};

struct SlowContender {
    std::string_view name;
    std::string_view when_full;  // in a word
    /// Sends or receives until it is over. Throws std::exception.
    void (*take_part)(const SlowSeat& seat);
};

extern const SlowContender kSlowSpsc;
extern const SlowContender kSlowMpsc;
extern const SlowContender kSlowMpmc;
extern const SlowContender kSlowGatedBlock;  // broadcast: the publisher waits
extern const SlowContender kSlowGatedDrop;   // it drops the message
extern const SlowContender kSlowGatedEvict;  // it waits for that subscriber no more
extern const SlowContender kSlowLossy;       // it overwrites what was not read
extern const SlowContender kSlowConflate;    // the same, and the newest message only is read
extern const SlowContender kSlowLatest;

[[nodiscard]] Options slow_options(const SlowConfig& config);

}  // namespace shunt::bench
