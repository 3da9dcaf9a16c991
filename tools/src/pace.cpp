// SPDX-License-Identifier: MIT
#include "pace.hpp"

#include <algorithm>

namespace shunt::tools {

namespace {

constexpr std::chrono::milliseconds kCatchUp{100};
constexpr std::chrono::microseconds kWorthASleep{200};

}  // namespace

std::chrono::nanoseconds Pace::wait(Clock::time_point now) {
    due_ = std::max(due_, now - kCatchUp);
    return due_ - now >= kWorthASleep ? due_ - now : std::chrono::nanoseconds{0};
}

void Pace::sent(std::uint64_t bytes) {
    if (rate_.per_second > 0) {
        const double units = rate_.bytes ? static_cast<double>(bytes) : 1.0;
        due_ += std::chrono::duration_cast<Clock::duration>(
            std::chrono::duration<double>(units / rate_.per_second));
    }
}

}  // namespace shunt::tools
