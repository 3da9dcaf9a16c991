// SPDX-License-Identifier: MIT
//
// Stretches of time, put together, to be asked in O(log n).
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace shunt::linear {

struct Interval {
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
};

/// The union of intervals that are all closed, or all open.
class Union {
public:
    enum class Ends : bool { closed, open };

    Union(std::vector<Interval> parts, Ends ends) : ends_{ends} {
        std::erase_if(parts, [&](const Interval& each) {
            return each.end < each.begin || (ends == Ends::open && each.end == each.begin);
        });
        std::sort(parts.begin(), parts.end(), [](const Interval& one, const Interval& other) {
            return one.begin < other.begin;
        });
        for (const Interval& each : parts) {
            const bool meets =
                !merged_.empty() && (ends == Ends::open ? each.begin < merged_.back().end
                                                        : each.begin <= merged_.back().end);
            if (meets) {
                merged_.back().end = std::max(merged_.back().end, each.end);
            } else {
                merged_.push_back(each);
            }
        }
    }

    /// Of closed ones: true if it has a moment of `asked`.
    [[nodiscard]] bool meets(const Interval& asked) const {
        const std::size_t i = last_beginning_by(asked.end);
        return i != 0 && merged_[i - 1].end >= asked.begin;
    }
    /// Of open ones: true if it has every moment of `asked`.
    [[nodiscard]] bool covers(const Interval& asked) const {
        const std::size_t i = last_beginning_by(asked.begin);
        return i != 0 && merged_[i - 1].begin < asked.begin && asked.end < merged_[i - 1].end;
    }

private:
    // How many begin at `time` or before it; of open ones, before it.
    [[nodiscard]] std::size_t last_beginning_by(std::uint64_t time) const {
        const auto found =
            std::partition_point(merged_.begin(), merged_.end(), [&](const Interval& each) {
                return ends_ == Ends::open ? each.begin < time : each.begin <= time;
            });
        return static_cast<std::size_t>(found - merged_.begin());
    }

    Ends ends_;
    std::vector<Interval> merged_;
};

}  // namespace shunt::linear
