// SPDX-License-Identifier: MIT
//
// The two sides of a channel as processes of a test: each opens its port, moves numbered messages
// by one verb, checks every byte, and writes down in shared memory what it did and was told, so
// that what it had acknowledged is known wherever it is killed. Who kills whom is not their
// business.
#pragma once

#include "process/support/journal.hpp"
#include "process/support/shared.hpp"
#include "process/support/wares.hpp"

#include <shunt/channel/options.hpp>

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>

namespace shunt::process_test {

inline constexpr std::uint64_t kNever = UINT64_MAX;

/// What one actor is to do. Counts are numbers of messages, from the beginning of the stream.
struct Part {
    std::string channel;
    Ware ware = Ware::small;
    Verb verb = Verb::single;
    Options options;
    std::uint64_t until = kNever;     // leaves off there
    std::uint32_t closes = 1;         // a consumer leaves off too when told `closed` so often
    std::uint32_t ends = 1000;        // ... or so many ends of any kind
    std::uint64_t pause_at = kNever;  // waits there for Report::resume
    std::uint64_t mark_at = kNever;   // stops there for its tracer
    bool mark_inside = false;         // a consumer: there, behind its look and before its release
    bool mark_opening = false;        // stops before it opens its port
    bool mark_closing = false;        // stops before it closes its port
    std::function<void()> at_mark;    // what it does there instead of stopping
    std::function<void()> changed;    // called whenever phase or told have grown
    Journal* journal = nullptr;       // a consumer writes down what it got, before it releases it
                                      // (of an mpmc channel: one for each producer)
    layout::Kind kind = layout::Kind::spsc;
    std::uint64_t seat = 0;    // of an mpmc channel's producer: whose numbers it uses
    std::uint64_t begins = 0;  // ... and its first; of a publisher in a lane: of its seat's
};

/// How far an actor is.
enum Phase : std::uint32_t { kOpening = 1, kOpen, kPaused, kResumed, kFinished, kClosed };

/// What an actor wrote down. Written by it alone, but for the two words that others set.
struct Report {
    Word phase;
    Word resume;  // set to 1: leave the pause
    Word leave;   // set to 1: close the port
    Word told;    // how many ends it was told
    std::atomic<std::uint64_t> token{0};
    std::atomic<std::uint64_t> first{kNever};   // number it began with
    std::atomic<std::uint64_t> seen{0};         // consumer: looked at all below
    std::atomic<std::uint64_t> done{0};         // all below are acknowledged: pushed, or released
    std::atomic<std::uint64_t> flagged_end{0};  // consumer: messages below came as redelivered
    std::atomic<std::uint64_t> done_at_end{kNever};       // `done` when the first end was told
    std::atomic<std::uint64_t> progress_ns{0};            // when `done` last grew
    std::atomic<std::uint64_t> told_ns{0};                // when the first end was told
    std::atomic<std::uint64_t> done_at_last_end{kNever};  // the same of the last end
    std::atomic<std::uint64_t> last_told_ns{0};
    std::atomic<std::uint64_t> abandoned{0};  // producer of an mpmc channel: places, as a bound
    std::atomic<std::uint64_t> gaps{0};       // consumer of one: told
    std::atomic<std::uint64_t> lost{0};       // subscriber: of those below `done`
    std::atomic<std::uint64_t> received{0};   // subscriber: of those below `done`
    char ends[128] = {};                      // 'd' for peer_dead, 'c' for closed, in order
    char fault[200] = {};                     // what went wrong first; empty: nothing
    Word faulty;

    /// "d", "dc", ...: complete when `told` says so.
    [[nodiscard]] std::string ends_told() const;
    void fail(const std::string& text) noexcept;
};

/// Each is the whole life of a process: opens, works, waits for `leave`, closes. Returns the exit
/// code, 0 where all was as it should be; else report.fault says what was not.
int produce(const Part& part, Report& report) noexcept;
int consume(const Part& part, Report& report) noexcept;

}  // namespace shunt::process_test
