// SPDX-License-Identifier: MIT
#include <shunt/channel/wait_any.hpp>
#include <shunt/core/check.hpp>

#include <algorithm>
#include <array>
#include <chrono>

namespace shunt {

using channel::Deadline;
using channel::kNoDeadline;
using channel::Port;

// One call of wait_any.
class Vigil {
public:
    Vigil(std::span<const Waitable> ports, Deadline deadline) noexcept
        : ports_{ports},
          deadline_{deadline},
          sleeps_{std::all_of(ports.begin(), ports.end(),
                              [](const Waitable& one) { return one.port_->may_sleep(); })},
          asked_ticks_{DefaultPolicy::ticks()} {
        SHUNT_CHECK(!ports.empty(), "wait_any() of no port");
        for (const Waitable& one : ports) {
            one.port_->check_usable();
        }
    }

    Ready wait() noexcept {
        for (;;) {
            for (int polls = 0; polls < Port::kPollsPerCheck; ++polls) {
                if (const Ready ready = first_ready(); ready.index != ports_.size()) {
                    return ready;
                }
                DefaultPolicy::pause();
            }
            if (deadline_ != kNoDeadline && std::chrono::steady_clock::now() >= deadline_) {
                return first_ready();  // the last look; nobody: timeout
            }
            if (sleeps_) {
                sleep();
            } else if (DefaultPolicy::ticks() - asked_ticks_ >= ports_[0].port_->ticks_per_ms_) {
                ask_for_deaths();
            }
        }
    }

private:
    [[nodiscard]] static Status look(const Waitable& one) noexcept {
        if (one.ready_(one.of_port_)) {
            return Status::ok;
        }
        if (const Status end = one.port_->ended(); end != Status::ok) {
            return one.ready_(one.of_port_) ? Status{Status::ok} : end;
        }
        return one.port_->take_interrupt() ? Status::interrupted : Status::empty;
    }
    [[nodiscard]] Ready first_ready() const noexcept {
        for (std::size_t i = 0; i < ports_.size(); ++i) {
            if (const Status status = look(ports_[i]); status != Status::empty) {
                return {i, status};
            }
        }
        return {ports_.size(), Status::timeout};
    }
    // True if a call of some port would not block; takes nothing.
    [[nodiscard]] bool worth_a_look() const noexcept {
        return std::any_of(ports_.begin(), ports_.end(), [](const Waitable& one) {
            return one.port_->worth_a_call([&] { return one.ready_(one.of_port_); });
        });
    }

    // Steps 1 to 5 of the wake protocol, in all regions at once.
    void sleep() noexcept {
        std::array<FutexOps::Watched, FutexOps::kMostWatched> words;
        const std::size_t watched = std::min(ports_.size(), words.size());
        std::uint64_t bound = bound_ns();
        for (std::size_t i = 0; i < ports_.size(); ++i) {
            Sleeper<FutexOps> sleeper = ports_[i].port_->sleeper();
            const std::uint32_t seen = sleeper.arm();
            if (i < watched) {
                words[i] = {&sleeper.word(), seen};
            }
            if (i >= watched || !sleeper.has_bit()) {
                bound = std::min(bound, kSleepWithoutBitNs);
            }
        }
        const bool slept = !worth_a_look();
        if (slept) {
            FutexOps::wait_any({words.data(), watched}, bound);
        }
        for (const Waitable& one : ports_) {
            one.port_->disarm();
            if (slept) {
                Port::count(one.port_->counters().parks);
            }
        }
        if (slept) {
            sleep_ns_ = std::min(2 * sleep_ns_, kLongestSleepNs);
            ask_for_deaths();
        }
    }
    [[nodiscard]] std::uint64_t bound_ns() const noexcept {
        if (deadline_ == kNoDeadline) {
            return sleep_ns_;
        }
        const auto left = std::chrono::duration_cast<std::chrono::nanoseconds>(
            deadline_ - std::chrono::steady_clock::now());
        return std::min(sleep_ns_,
                        static_cast<std::uint64_t>(std::max<std::int64_t>(0, left.count())));
    }
    void ask_for_deaths() noexcept {
        for (const Waitable& one : ports_) {
            one.port_->place().reap();
        }
        asked_ticks_ = DefaultPolicy::ticks();
    }

    std::span<const Waitable> ports_;
    Deadline deadline_;
    bool sleeps_;
    std::uint64_t asked_ticks_;
    std::uint64_t sleep_ns_ = kFirstSleepNs;
};

Ready wait_any(std::span<const Waitable> ports, Deadline deadline) noexcept {
    return Vigil{ports, deadline}.wait();
}

}  // namespace shunt
