// SPDX-License-Identifier: MIT
//
// A play in which a survivor is a process of its own: one that is stepped through its calls, or one
// that sleeps in the kernel until the victim's act wakes it.
#pragma once

#include "process/stepper/play.hpp"

#include <shunt/core/bytes.hpp>
#include <shunt/core/wait/wake_region.hpp>
#include <shunt/wake/futex.hpp>

#include <sched.h>
#include <sys/syscall.h>

#include <chrono>
#include <functional>

namespace shunt::stepper {

class PeerPlay : public Play {
public:
    using Play::Play;

protected:
    void start_peer(const std::function<void()>& life) {
        peer_ = Child{[this, life] { return guarded(*peer_log_, life); }, {.traced = true}};
        const std::string instead = peer_.until_marked();
        expect(instead.empty(), "the survivor gets ready: " + instead + " " + peer_log_->said());
    }
    // In the survivor: until it is told to begin, or first to do what the victim sleeps for.
    template <class F>
    void wait_for_turn(F&& alarm) {
        peer_log_->phase.store(kReady, std::memory_order_release);
        halt();
        if (peer_log_->call.exchange(0, std::memory_order_acq_rel) != 0) {
            alarm();
            halt();
        }
    }
    void alarm_survivor() {
        peer_log_->call.store(1, std::memory_order_release);
        peer_.go_on();
        expect(peer_.until_marked().empty(), "the survivor ends: " + peer_log_->said());
    }

    void start_sleeper(const std::function<void()>& life) {
        peer_ = Child{[this, life] { return guarded(*peer_log_, life); }, {}};
        const auto until = patience();
        while (!peer_.sleeps_in(SYS_futex)) {
            expect(std::chrono::steady_clock::now() < until,
                   "the sleeper does not sleep: " + peer_log_->said());
            ::sched_yield();
        }
    }
    // In it: sleeps as a port does, with a bound that does not end it; until it is woken.
    void sleep_on(const channel::Participant& place, layout::RegionId region) {
        constexpr std::uint64_t kSleepNs = 30'000'000'000;  // longer than any play may take
        auto& words = *object_at<layout::WakeRegion>(place.region(region));
        peer_log_->phase.store(kReady, std::memory_order_release);
        Sleeper<FutexOps> sleeper{words, place.index()};
        const auto never = [] { return false; };
        sleeper.sleep<decltype((never))>(never, kSleepNs);
        peer_log_->phase.store(kDone, std::memory_order_release);
    }
    void expect_sleeper_woken() {
        const std::string end = peer_.wait();
        expect(end == "exit 0", "the sleeper ended by " + end + ": " + peer_log_->said());
    }

    Shared<Log> peer_log_;
    Child peer_;
};

}  // namespace shunt::stepper
