// SPDX-License-Identifier: MIT
//
// How a process of the soak is killed: by a timer of the kernel that it set itself, some random
// nanoseconds ahead, before it goes on with its work. So it dies wherever it is then, at any
// instruction of ours, of the C library or of the kernel, and nobody has to hit it from outside.
// Bell is what the director of the soak waits for.
#pragma once

#include "process/support/shared.hpp"

#include <signal.h>
#include <time.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <system_error>

namespace shunt::process_test {

/// Rung by whoever has changed something that the director may wait for.
class Bell {
public:
    void ring() noexcept {
        rings_.fetch_add(1, std::memory_order_release);
        FutexOps::wake_all(rings_, ~std::uint32_t{0});
    }
    [[nodiscard]] std::uint32_t rings() const noexcept {
        return rings_.load(std::memory_order_acquire);
    }
    /// Until it has rung more often than `heard`, or `patience` is over.
    void wait_beyond(std::uint32_t heard, std::chrono::nanoseconds patience) const noexcept {
        FutexOps::wait(rings_, heard, ~std::uint32_t{0},
                       static_cast<std::uint64_t>(patience.count()));
    }

private:
    std::atomic<std::uint32_t> rings_{0};
};

/// Where in its life a process is to set the timer.
enum class Moment : std::uint32_t { never, working, inside, opening, closing };

struct Fate {
    Moment moment = Moment::never;
    std::uint64_t after = 0;     // messages since its predecessor, where it is to work until then
    std::uint64_t delay_ns = 0;  // of the timer

    [[nodiscard]] bool works() const noexcept {
        return moment == Moment::working || moment == Moment::inside;
    }
};

/// What a process tells of its own death.
struct Doom {
    std::atomic<std::uint64_t> at_ns{0};  // CLOCK_MONOTONIC; 0: the timer is not set

    /// In that process.
    void set(std::uint64_t delay_ns, Bell& bell) {
        struct sigevent what {};
        what.sigev_notify = SIGEV_SIGNAL;
        what.sigev_signo = SIGKILL;
        timer_t timer{};
        if (::timer_create(CLOCK_MONOTONIC, &what, &timer) != 0) {
            throw std::system_error(errno, std::system_category(), "timer_create");
        }
        const std::uint64_t at = now_ns() + delay_ns + 1;
        itimerspec when{};
        when.it_value.tv_sec = static_cast<time_t>(at / 1'000'000'000);
        when.it_value.tv_nsec = static_cast<long>(at % 1'000'000'000);
        at_ns.store(at, std::memory_order_release);
        bell.ring();
        if (::timer_settime(timer, TIMER_ABSTIME, &when, nullptr) != 0) {
            throw std::system_error(errno, std::system_category(), "timer_settime");
        }
    }
};

}  // namespace shunt::process_test
