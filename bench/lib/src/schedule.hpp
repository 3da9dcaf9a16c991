// SPDX-License-Identifier: MIT
//
// When the messages of an open loop are due: gaps, made before the loop runs and repeated for as
// long as it does, so that asking for the next one is a load. The same seed makes the same gaps.
#pragma once

#include "bench/lib/src/task.hpp"

#include <shunt_perf/clock.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace shunt::bench {

class Schedule {
public:
    /// constant: `per_second` evenly. poisson: exponential gaps with that mean, exactly. burst:
    /// `burst` messages due at once, `per_second` on average.
    Schedule(const Pace& pace, const perf::Clock& clock);

    /// Ticks from one message to the next.
    [[nodiscard]] std::uint64_t next_gap() noexcept {
        const std::uint64_t gap = gaps_[at_];
        at_ = at_ + 1 == gaps_.size() ? 0 : at_ + 1;
        return gap;
    }
    /// Until they repeat.
    [[nodiscard]] const std::vector<std::uint64_t>& gaps() const noexcept { return gaps_; }

private:
    std::vector<std::uint64_t> gaps_;
    std::size_t at_ = 0;
};

}  // namespace shunt::bench
