// SPDX-License-Identifier: MIT
//
// What one thread did, written down without allocation while it does it. The clock is the kernel's
// monotonic one, the same on all cpus and in all processes. A call's beginning is stored before a
// full fence, so before anything that the call does; its end is read behind another, when all that
// it did is visible. So the time written down is never shorter than the call.
#pragma once

#include "history.hpp"

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <span>

namespace shunt::linear {

class Log {
public:
    /// Into `room`, whose pages are there.
    explicit Log(std::span<Operation> room) : room_{room} {}
    /// Enough for so many calls and the looks among them.
    [[nodiscard]] static constexpr std::size_t room_for(std::size_t calls) {
        return calls + calls / 4 + kLooksAtFirst;
    }

    void begin() noexcept {
        // relaxed: this thread's alone; an atomic, so that its store comes before the fence
        began_.store(now(), std::memory_order_relaxed);
        fence();
    }
    void end(What what, std::uint64_t value, std::uint64_t position) noexcept {
        fence();
        // relaxed: ours
        add({began_.load(std::memory_order_relaxed), now(), value, position, what});
    }
    /// Of a call that found nothing to do. One of these that is left out changes nothing for the
    /// others, so they are a fifth of all at most.
    void end(What look) noexcept {
        if (looks_ * 5 < size_ + kLooksAtFirst) {
            ++looks_;
            end(look, 0, 0);
        }
    }
    /// In the same call as the one before.
    void also(What what) noexcept {
        Operation same = room_[size_ - 1];
        same.what = what;
        add(same);
    }
    /// How many it has of the room.
    [[nodiscard]] std::size_t size() const noexcept { return size_; }

private:
    static constexpr std::size_t kLooksAtFirst = 512;

    static std::uint64_t now() noexcept {
        return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(
                                              std::chrono::steady_clock::now().time_since_epoch())
                                              .count());
    }
    void fence() noexcept {
#if defined(__SANITIZE_THREAD__)
        // It knows no fences. seq_cst: stands for one, of which nothing here is judged by it
        began_.fetch_or(0, std::memory_order_seq_cst);
#else
        std::atomic_thread_fence(std::memory_order_seq_cst);
#endif
    }
    void add(const Operation& operation) noexcept {
        if (size_ < room_.size()) {
            room_[size_++] = operation;
        }
    }

    std::span<Operation> room_;
    std::size_t size_ = 0;
    std::size_t looks_ = 0;
    std::atomic<std::uint64_t> began_{0};
};

}  // namespace shunt::linear
