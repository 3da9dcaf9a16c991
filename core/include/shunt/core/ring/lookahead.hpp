// SPDX-License-Identifier: MIT
//
// How a throughput consumer keeps off the line that the producer is filling. A consumer that is
// faster than its producer otherwise loads that very line after every message, and both then wait
// for it to travel (lockstep). The cure: prefer a line some way ahead, and when the own line had to
// be taken many times in a row, leave the ring alone for a while, a *rest*.
//
// A rest delays what comes meanwhile, and only pays in lockstep; a stream that is merely paced
// looks the same from here, but that it comes no faster while nobody looks. So a rest is judged by
// what it brought: half as many messages again as without it, or it was for nothing, and the next
// one is tried only after twice as many messages. What is known to pay is done after four. Until
// then nothing is done that costs: no look ahead but each eighth time, no reading of the clock in
// the first eight of a row, which a ping-pong never leaves.
//
// Private state only; no shared memory is touched here.
#pragma once

#include <algorithm>
#include <cstdint>

namespace shunt::ring {

class Lookahead {
public:
    static constexpr std::uint64_t kMinSlots = 128;  // below, there is no room to look ahead

    /// How many slots ahead to look.
    [[nodiscard]] std::uint64_t distance() const noexcept { return distance_; }

    /// Far lines were found published time and again: the producer is well ahead.
    [[nodiscard]] bool far_behind() const noexcept { return distance_ >= kFar / 2; }

    /// Whether to look ahead before taking the own line.
    [[nodiscard]] bool asks_far() const noexcept { return eager_ || streak_ % 8 == 7; }

    /// The own line was taken so often in a row that the ring should be left alone.
    [[nodiscard]] bool tired() const noexcept { return streak_ >= limit_; }

    /// The far line was published: everything before it is available. So the producer is well
    /// ahead, and the next look goes farther.
    void far_hit() noexcept {
        streak_ = 0;
        empties_ = 0;
        eager_ = true;
        distance_ = std::min(2 * distance_, kFar);
    }
    /// It was not; perhaps a nearer one is.
    void far_miss() noexcept { distance_ = std::max(distance_ / 2, kNear); }

    /// The own line was taken. True: from here on the row is timed, call began().
    [[nodiscard]] bool own_line() noexcept {
        empties_ = 0;
        return streak_++ == untimed();
    }
    void began(std::uint64_t now) noexcept { streak_began_ = now; }

    /// A poll found nothing at all. Several in a row: the producer is the slower side.
    void nothing() noexcept {
        streak_ = 0;
        distance_ = kNear;
        if (++empties_ == kMostEmpties) {
            eager_ = false;
            limit_ = std::max(limit_, kCareful);
        }
    }

    /// Begins to leave the ring alone, for twice the time that the row took. Then the line to look
    /// at is the one that `per_slot` messages a slot fill if the rest pays.
    void rest(std::uint64_t now, std::uint64_t per_slot, std::uint64_t slots) noexcept {
        const std::uint64_t took = std::max<std::uint64_t>(now - streak_began_, 1);
        const std::uint64_t ticks = std::min(2 * took, kMaxRestTicks);
        const std::uint64_t timed = streak_ - untimed();
        const std::uint64_t paying = 3 * timed * ticks / (2 * took);
        rest_until_ = now + ticks;
        resting_ = true;
        streak_ = 0;
        distance_ = std::clamp<std::uint64_t>(paying / per_slot + 1, 2, slots / 2);
    }
    [[nodiscard]] bool resting() const noexcept { return resting_; }
    [[nodiscard]] bool rested(std::uint64_t now) const noexcept { return now >= rest_until_; }

    /// The one look after a rest: it paid or not.
    void after_rest(bool paid) noexcept {
        resting_ = false;
        eager_ = paid;
        if (paid) {
            limit_ = kTrusted;
            distance_ = std::clamp(2 * distance_, kNear, kFar);
        } else {
            limit_ = limit_ < kCareful ? kCareful : std::min(2 * limit_, kSeldom);
            distance_ = kNear;
        }
    }

private:
    static constexpr std::uint64_t kNear = 8;
    static constexpr std::uint64_t kFar = 64;
    static constexpr std::uint64_t kTrusted = 4;  // rests have paid
    static constexpr std::uint64_t kCareful = 64;
    static constexpr std::uint64_t kSeldom = 1 << 18;  // rests have long not paid
    static constexpr std::uint64_t kUntimed = 8;
    static constexpr std::uint32_t kMostEmpties = 8;
    static constexpr std::uint64_t kMaxRestTicks = 4000;

    // Messages at the beginning of a row that are not timed.
    [[nodiscard]] std::uint64_t untimed() const noexcept {
        return limit_ < kCareful ? 0 : kUntimed;
    }

    std::uint64_t distance_ = kNear;
    std::uint64_t limit_ = kCareful;
    std::uint64_t streak_ = 0;
    std::uint64_t streak_began_ = 0;
    std::uint64_t rest_until_ = 0;
    std::uint32_t empties_ = 0;
    bool eager_ = false;
    bool resting_ = false;
};

}  // namespace shunt::ring
