// SPDX-License-Identifier: MIT
//
// Directs the processes of one contender in one repeat: starts them, waits with patience for what
// they do, and is told when one of them ends badly or the run is interrupted.
#pragma once

#include "bench/lib/src/crowd/children.hpp"

#include <fmt/format.h>

#include <functional>
#include <string>
#include <utility>

namespace shunt::bench {

class Director {
public:
    /// `who`: the contender, in texts.
    Director(Hall& hall, std::string who, std::function<bool()> interrupted)
        : hall_{hall}, who_{std::move(who)}, interrupted_{std::move(interrupted)} {}

    /// Pinned to `cpu`, or to none: -1.
    template <class Work>
    pid_t start(int cpu, Work&& work) {
        return children_.start(cpu, hall_, std::forward<Work>(work));
    }
    /// Until then. False: interrupted. Throws Failure where a process ended badly.
    bool watch(Steady::time_point until) {
        while (Steady::now() < until) {
            if (!look(until)) {
                return false;
            }
        }
        return true;
    }
    /// Until `done()`. False: interrupted. Throws Failure where that takes too long.
    template <class Done>
    bool watch_until(Done&& done, const char* what, std::chrono::seconds patience = kPatience) {
        const auto deadline = Steady::now() + patience;
        while (!done()) {
            if (!look(deadline)) {
                return false;
            }
            expect_in_time(deadline, what, patience);
        }
        return true;
    }
    /// Until so many have met, also where it is interrupted meanwhile, which is false: who opens a
    /// channel last would find that the others have removed it.
    bool gather(std::uint32_t all) {
        const auto deadline = Steady::now() + kPatience;
        bool whole = true;
        while (hall_.arrived.load(std::memory_order_acquire) != all) {
            whole = look(deadline) && whole;
            expect_in_time(deadline, "open", kPatience);
        }
        return whole;
    }
    /// All of them end by themselves.
    void see_them_off() {
        if (!children_.wait_for_all(hall_, Steady::now() + kPatience)) {
            throw Failure(Exit::runtime, "the processes of a repeat did not end");
        }
        children_.expect_all_well(hall_);
    }

    static constexpr std::chrono::seconds kPatience{20};

private:
    void expect_in_time(Steady::time_point deadline, const char* what,
                        std::chrono::seconds patience) const {
        if (Steady::now() > deadline) {
            throw Failure(Exit::runtime,
                          fmt::format("{}: the processes of a repeat did not {} within {} s", who_,
                                      what, patience.count()));
        }
    }
    // The next news, or that late. False: interrupted.
    bool look(Steady::time_point until) {
        children_.wait_for_news(hall_, until);
        children_.expect_all_well(hall_);
        return !interrupted_ || !interrupted_();
    }

    Hall& hall_;
    std::string who_;
    std::function<bool()> interrupted_;
    Children children_;
};

}  // namespace shunt::bench
