// SPDX-License-Identifier: MIT
//
// Where the processes of a fan-in or a fan-out meet: when to begin, what to do now, and why one of
// them gave up. In shared memory, made before they are. They wait for the next phase by a futex;
// whoever directs them waits for their news by a descriptor. What they count is in a hall derived
// from this one.
#pragma once

#include <shunt_bench/config.hpp>

#include <shunt/allocators/file.hpp>
#include <shunt/core/bytes.hpp>
#include <shunt/core/config.hpp>
#include <shunt/core/status.hpp>
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
#include <stdexcept>
#include <string>

namespace shunt::bench {

using Steady = std::chrono::steady_clock;

inline constexpr std::uint32_t kMostOfARole = 32;

/// What everybody does now: wait; read while nobody writes; send for a time; send a number of
/// messages each; end.
enum class Phase : std::uint32_t { gather, rest, rate, finish, over };

/// All zero at first. Each is stored by one process.
struct alignas(kLinePairBytes) Count {
    std::atomic<std::uint64_t> value;
};
struct Hall {
    alignas(kLinePairBytes) std::atomic<std::uint32_t> arrived;
    alignas(kLinePairBytes) std::atomic<std::uint32_t> phase;  // a Phase
    int news;  // an eventfd: somebody arrived, finished or gave up
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

[[noreturn]] inline void unexpected(Status status) {
    throw std::runtime_error(fmt::format(
        "a call returned {} in the middle of a run; nothing of it counts", to_string(status)));
}

/// Waits until everybody is to begin.
inline void meet(Hall& hall) {
    hall.arrived.fetch_add(1, std::memory_order_acq_rel);
    tell(hall);
    wait_while(hall, Phase::gather);
}

/// The memory of one, `Room` being a Hall.
template <class Room>
class SharedHall {
public:
    SharedHall()
        : memory_{::mmap(nullptr, sizeof(Room), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                         -1, 0)} {
        if (memory_ == MAP_FAILED) {
            throw Failure(Exit::runtime, fmt::format("no {} bytes of shared memory for results: {}",
                                                     sizeof(Room), std::strerror(errno)));
        }
        if (!news_) {
            ::munmap(memory_, sizeof(Room));
            throw Failure(Exit::runtime, fmt::format("eventfd: {}", std::strerror(errno)));
        }
        (**this).news = news_.get();
    }
    ~SharedHall() { ::munmap(memory_, sizeof(Room)); }
    SharedHall(const SharedHall&) = delete;
    SharedHall& operator=(const SharedHall&) = delete;
    [[nodiscard]] Room& operator*() const noexcept {
        return *object_at<Room>(static_cast<std::byte*>(memory_));
    }

private:
    void* memory_;
    FileHandle news_{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
};

}  // namespace shunt::bench
