// SPDX-License-Identifier: MIT
//
// One round of kill and restart on a channel of its own: a victim is killed at an instruction that
// a number decides, the survivor learns of it, a successor takes the victim's place and the stream
// runs to its end. Afterwards every message is accounted for, and nothing may be left but what the
// channel's linger keeps.
//
// What is exact, and what has a bound of one call's messages:
//   victim produced   acknowledged <= published <= acknowledged + one call; the successor begins at
//                     exactly the number published, and the survivor gets every number once
//   victim consumed   by copy: the successor begins between the last message logged and one call
//                     later, nothing is flagged. In place: it begins at or before the first message
//                     that the victim did not log; all that the victim saw again comes flagged
//   ends              the survivor is told of the death once, of the successor's close once
#pragma once

#include "process/support/child.hpp"
#include "process/support/playground.hpp"
#include "process/support/wares.hpp"

#include <shunt/channel/options.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace shunt::process_test {

/// Everything that may differ between rounds.
struct Plan {
    std::uint64_t number = 0;
    Ware ware = Ware::small;
    bool victim_produces = true;
    bool huge = false;
    bool victim_waits = false;  // killed while it waits for its peer; else while it works
    bool rush = false;          // the successor does not wait until the survivor was told
    bool victim_first = true;   // who opens first
    shunt::wait victim_wait = wait::park;
    shunt::wait survivor_wait = wait::park;
    shunt::wake wake = wake::wakeable;
    shunt::consume consume = consume::latency;
    shunt::linger linger = linger::drained;
    Verb victim_verb = Verb::single;
    Verb survivor_verb = Verb::single;
    std::uint64_t mark_at = 100;  // messages before the victim is stopped
    bool mark_inside = false;     // a consumer: between its look at the next one and the release
    std::uint32_t steps = 0;      // instructions from there to its death
    std::uint64_t capacity = 64;  // messages; bytes rings get 128 bytes for each
    std::uint64_t start_pos = 0;
};

/// The round of that number of a run with that seed.
[[nodiscard]] Plan draw(std::uint64_t seed, std::uint64_t number, bool may_be_huge);
/// In words, for a report of a failure.
[[nodiscard]] std::string describe(const Plan& plan);

/// What came of it.
struct Outcome {
    std::string fault;  // empty: clean
    // Survivor or observer had to wait for a cpu meanwhile, so the times say nothing of shunt.
    bool disturbed = false;
    std::uint64_t kill_to_release_ns = 0;  // SIGKILL to the first look that found the lock free
    // From the last look that found the lock held to the survivor's peer_dead, so never too small.
    // Nothing where the survivor was not waiting then.
    std::optional<std::uint64_t> release_to_action_ns;
    bool idle = false;  // the survivor had moved nothing for longer than its first sleep
};

/// Plays one round; takes from 2 to some 200 ms. The cpus: victim and observer, survivor.
[[nodiscard]] Outcome play(const Plan& plan, const Playground& ground, TwoCpus cpus);

}  // namespace shunt::process_test
