// SPDX-License-Identifier: MIT
//
// How a throughput consumer keeps off the line that the producer is filling. A consumer that is
// faster than its producer otherwise loads that very line after every message, and both then wait
// for it to travel (lockstep). The cure: prefer a line some way ahead, and when the own line had to
// be taken several times in a row, leave the ring alone for a while. It costs latency, so it is a
// port's choice. Private state only; no shared memory is touched here.
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

    /// The own line was taken so often in a row that the ring should be left alone.
    [[nodiscard]] bool tired() const noexcept { return streak_ >= limit_; }

    /// The far line was published: everything before it is available. So the producer is well
    /// ahead, and the next look goes farther.
    void far_hit() noexcept {
        streak_ = 0;
        distance_ = std::min(2 * distance_, kFar);
    }
    /// It was not; perhaps a nearer one is.
    void far_miss() noexcept { distance_ = std::max(distance_ / 2, kNear); }

    /// The own line was taken.
    void own_line(std::uint64_t now) noexcept {
        if (streak_++ == 0) {
            streak_began_ = now;
        }
    }

    /// A poll found nothing at all.
    void nothing() noexcept {
        streak_ = 0;
        distance_ = kNear;
    }

    /// Begins to leave the ring alone, for twice the time that the streak took.
    void rest(std::uint64_t now) noexcept {
        rest_until_ = now + std::min<std::uint64_t>(2 * (now - streak_began_), kMaxRestTicks);
        resting_ = true;
        streak_ = 0;
    }
    [[nodiscard]] bool resting() const noexcept { return resting_; }
    [[nodiscard]] bool rested(std::uint64_t now) const noexcept { return now >= rest_until_; }

    /// The one look after a rest: far line published or not.
    void after_rest(bool hit) noexcept {
        resting_ = false;
        distance_ = hit ? std::min(2 * distance_, kFar) : kNear;
        limit_ = hit ? kMinStreak : std::min(2 * limit_, kMaxStreak);
    }

private:
    static constexpr std::uint64_t kNear = 8;
    static constexpr std::uint64_t kFar = 64;
    static constexpr std::uint64_t kMinStreak = 4;
    static constexpr std::uint64_t kMaxStreak = 64;
    static constexpr std::uint64_t kMaxRestTicks = 4000;

    std::uint64_t distance_ = kNear;
    std::uint64_t limit_ = kMinStreak;
    std::uint64_t streak_ = 0;
    std::uint64_t streak_began_ = 0;
    std::uint64_t rest_until_ = 0;
    bool resting_ = false;
};

}  // namespace shunt::ring
