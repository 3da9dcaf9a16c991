// SPDX-License-Identifier: MIT
//
// How long a measurement is warmed up: windows of the same work, until two in a
// row have the same figure, for half a slice at most. Both sides of a pair end
// in the same window where they have the same figures; where one side alone has
// them, the other one goes along message by message.
#pragma once

#include <algorithm>
#include <optional>

namespace shunt::bench {

class WarmUp {
public:
    static constexpr double kAgree = 1.02;  // the larger figure over the smaller
    static constexpr double kWindow = 1.0 / 32;
    static constexpr double kMost = 1.0 / 2;

    explicit WarmUp(double slice_ns) noexcept
        : window_ns_{slice_ns * kWindow}, left_ns_{slice_ns * kMost} {}

    /// How long the next window is to be.
    [[nodiscard]] double window_ns() const noexcept { return window_ns_; }
    /// A window took so long, and its median or its rate was that; nothing: it
    /// was too short to have one, so the next is twice as long. True: no more
    /// windows.
    bool over(std::optional<double> figure, double took_ns) noexcept {
        left_ns_ -= took_ns;
        if (!figure) {
            window_ns_ *= 2;
        } else if (last_) {
            settled_ = std::max(*figure, *last_) <= std::min(*figure, *last_) * kAgree;
        }
        last_ = figure;
        return settled_ || left_ns_ < window_ns_;
    }
    /// The last two agreed.
    [[nodiscard]] bool settled() const noexcept { return settled_; }

private:
    double window_ns_;
    double left_ns_;
    std::optional<double> last_;
    bool settled_ = false;
};

}  // namespace shunt::bench
