// SPDX-License-Identifier: MIT
//
// SpinBudget: how long a port polls before it sleeps, learnt from how long it waited lately. The
// rule is that of competitive spinning: polling is worth it up to about what a sleep and a wake-up
// cost. Where waits end within kMostNs on average, they are polled for, four times as long as they
// take; where they take longer, the port sleeps at once. Then each 16th wait is polled for all the
// same: two sides that sleep see each other as slow as their wake-ups, and would do so for ever.
#pragma once

#include <algorithm>
#include <cstdint>

namespace shunt {

class SpinBudget {
public:
    /// Twice what a wake-up through the kernel takes where an idle cpu has to be woken too.
    static constexpr std::uint64_t kMostNs = 100'000;
    static constexpr std::uint32_t kTriesOneOf = 16;

    /// `ticks_per_ms` of the clock that waits are measured by.
    explicit SpinBudget(std::uint64_t ticks_per_ms) noexcept
        : most_{std::max<std::uint64_t>(16, ticks_per_ms * kMostNs / 1'000'000)},
          average_{most_ / 4} {}

    /// Ticks that the next wait is polled for; 0: it sleeps at once.
    [[nodiscard]] std::uint64_t ticks() const noexcept {
        if (average_ > most_) {
            return waits_ % kTriesOneOf == 0 ? most_ : 0;
        }
        return std::min(most_, 4 * average_ + most_ / 16);
    }
    /// A wait is over that took so long. A long one counts as twice the greatest budget, so that
    /// it takes several of them to stop the polling, and one that ended in time to begin again.
    void learn(std::uint64_t waited) noexcept {
        ++waits_;
        const std::uint64_t counts = std::min(waited, 2 * most_);
        average_ = average_ > most_ && waited <= most_ ? waited
                                                       : average_ - average_ / 8 + counts / 8;
    }

private:
    std::uint64_t most_;
    std::uint64_t average_;
    std::uint32_t waits_ = 0;
};

}  // namespace shunt
