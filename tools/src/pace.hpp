// SPDX-License-Identifier: MIT
//
// Keeps a rate: says how long to wait before the next message. Who was held up catches up by at
// most a tenth of a second.
#pragma once

#include "quantity.hpp"

#include <chrono>
#include <cstdint>

namespace shunt::tools {

class Pace {
public:
    using Clock = std::chrono::steady_clock;

    /// A rate of 0: as fast as it goes.
    explicit Pace(Rate rate) : rate_{rate} {}

    /// How long to wait before the next message; 0 for waits that are not worth a sleep.
    [[nodiscard]] std::chrono::nanoseconds wait(Clock::time_point now);
    /// A message of that many bytes went out.
    void sent(std::uint64_t bytes);

private:
    Rate rate_;
    Clock::time_point due_{};
};

}  // namespace shunt::tools
