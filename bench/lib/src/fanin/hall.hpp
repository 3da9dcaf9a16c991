// SPDX-License-Identifier: MIT
//
// Where the processes of a fan-in meet: when to begin, what to do now, what they count, and why one
// of them gave up. In shared memory, made before they are. They wait for the next phase by a futex;
// whoever directs them waits for their news by a descriptor.
#pragma once

#include <shunt_bench/config.hpp>

#include <shunt/allocators/file.hpp>
#include <shunt/core/bytes.hpp>
#include <shunt/core/config.hpp>
#include <shunt/wake/futex.hpp>

#include <fmt/format.h>

#include <sys/eventfd.h>
#include <sys/mman.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

namespace shunt::bench {

using Steady = std::chrono::steady_clock;

inline constexpr std::uint32_t kMostOfARole = 32;

/// What everybody does now: wait, send for a time, send a number of messages each, end.
enum class Phase : std::uint32_t { gather, rate, finish, over };

// All zero at first. Each count is stored by one process.
struct alignas(kLinePairBytes) FaninCount {
    std::atomic<std::uint64_t> value;
};
struct Hall {
    alignas(kLinePairBytes) std::atomic<std::uint32_t> arrived;
    alignas(kLinePairBytes) std::atomic<std::uint32_t> phase;  // a Phase
    int news;                  // an eventfd: somebody arrived, finished or gave up
    std::uint64_t quota;       // messages of each, from Phase::finish on
    Steady::time_point begun;  // of Phase::finish
    FaninCount arrived_of[kMostOfARole][kMostOfARole];  // by consumer and producer
    FaninCount finish_ns[kMostOfARole];                 // of each producer; 0: not yet
    std::array<char, 512> last_words;
    std::atomic<std::uint32_t> said;
};

[[nodiscard]] inline Phase phase_of(const Hall& hall) noexcept {
    // relaxed: nothing is read on the strength of it
    return static_cast<Phase>(hall.phase.load(std::memory_order_relaxed));
}
/// Everybody does that now, and sees what was stored before.
inline void enter(Hall& hall, Phase phase) noexcept {
    hall.phase.store(static_cast<std::uint32_t>(phase), std::memory_order_release);
    FutexOps::wake_all(hall.phase, ~std::uint32_t{0});
}
/// Until it is another; which. Sees what was stored before that.
inline Phase wait_while(const Hall& hall, Phase phase) noexcept {
    constexpr std::uint64_t kBoundNs = 1'000'000'000;
    const auto word = static_cast<std::uint32_t>(phase);
    std::uint32_t now = hall.phase.load(std::memory_order_acquire);
    while (now == word) {
        FutexOps::wait(hall.phase, word, ~std::uint32_t{0}, kBoundNs);
        now = hall.phase.load(std::memory_order_acquire);
    }
    return static_cast<Phase>(now);
}
/// Calls for whoever directs.
inline void tell(const Hall& hall) noexcept {
    const std::uint64_t one = 1;
    (void)!::write(hall.news, &one, sizeof(one));
}
[[nodiscard]] inline bool goes_on(const Hall& hall) noexcept {
    return phase_of(hall) != Phase::over;
}

/// Why a process gives up; the first one's words are kept.
inline void say(Hall& hall, const std::string& text) noexcept {
    if (hall.said.exchange(1, std::memory_order_acq_rel) == 0) {
        std::memcpy(hall.last_words.data(), text.data(),
                    std::min(text.size(), hall.last_words.size() - 1));
    }
}

/// Waits until everybody is to begin.
inline void meet(Hall& hall) {
    hall.arrived.fetch_add(1, std::memory_order_acq_rel);
    tell(hall);
    wait_while(hall, Phase::gather);
}

/// The memory of one.
class SharedHall {
public:
    SharedHall()
        : memory_{::mmap(nullptr, sizeof(Hall), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                         -1, 0)} {
        if (memory_ == MAP_FAILED) {
            throw Failure(Exit::runtime, fmt::format("no {} bytes of shared memory for results: {}",
                                                     sizeof(Hall), std::strerror(errno)));
        }
        if (!news_) {
            ::munmap(memory_, sizeof(Hall));
            throw Failure(Exit::runtime, fmt::format("eventfd: {}", std::strerror(errno)));
        }
        (**this).news = news_.get();
    }
    ~SharedHall() { ::munmap(memory_, sizeof(Hall)); }
    SharedHall(const SharedHall&) = delete;
    SharedHall& operator=(const SharedHall&) = delete;
    [[nodiscard]] Hall& operator*() const noexcept {
        return *object_at<Hall>(static_cast<std::byte*>(memory_));
    }

private:
    void* memory_;
    FileHandle news_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
};

}  // namespace shunt::bench
