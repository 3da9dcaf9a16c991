// SPDX-License-Identifier: MIT
//
// What a test shares with the processes that it forks: objects in anonymous shared memory, and
// words on which one process waits for another. Nothing here sleeps for a time; every wait is for a
// word and has an end that means failure.
#pragma once

#include <shunt/core/bytes.hpp>
#include <shunt/wake/futex.hpp>

#include <sys/mman.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <cstdint>
#include <new>
#include <system_error>
#include <type_traits>

namespace shunt::process_test {

/// How long a test waits for what must happen before it calls it a failure.
inline constexpr std::chrono::seconds kPatience{20};

/// CLOCK_MONOTONIC: the same for all processes.
[[nodiscard]] inline std::uint64_t now_ns() noexcept {
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(
                                          std::chrono::steady_clock::now().time_since_epoch())
                                          .count());
}

/// A number that grows, and that any process may wait for.
class Word {
public:
    void set(std::uint32_t to) noexcept {
        value_.store(to, std::memory_order_release);
        FutexOps::wake_all(value_, ~std::uint32_t{0});
    }
    void add_one() noexcept {
        value_.fetch_add(1, std::memory_order_acq_rel);
        FutexOps::wake_all(value_, ~std::uint32_t{0});
    }
    [[nodiscard]] std::uint32_t get() const noexcept {
        return value_.load(std::memory_order_acquire);
    }
    /// Waits until it is at least `least`. False: it did not happen within `patience`.
    [[nodiscard]] bool reaches(std::uint32_t least,
                               std::chrono::milliseconds patience = kPatience) const noexcept {
        const auto deadline = std::chrono::steady_clock::now() + patience;
        for (;;) {
            const std::uint32_t seen = get();
            if (seen >= least) {
                return true;
            }
            const auto left = std::chrono::duration_cast<std::chrono::nanoseconds>(
                deadline - std::chrono::steady_clock::now());
            if (left.count() <= 0) {
                return false;
            }
            FutexOps::wait(value_, seen, ~std::uint32_t{0},
                           static_cast<std::uint64_t>(left.count()));
        }
    }

private:
    std::atomic<std::uint32_t> value_{0};
};

/// A T that children made from here on share with this process.
template <class T>
class Shared {
    static_assert(std::is_trivially_destructible_v<T>);

public:
    Shared() {
        void* const memory =
            ::mmap(nullptr, sizeof(T), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
        if (memory == MAP_FAILED) {
            throw std::system_error(errno, std::system_category(),
                                    "mmap of a test's shared memory");
        }
        object_ = new (memory) T;
    }
    ~Shared() { ::munmap(object_, sizeof(T)); }
    Shared(const Shared&) = delete;
    Shared& operator=(const Shared&) = delete;

    [[nodiscard]] T& operator*() const noexcept { return *object_; }
    [[nodiscard]] T* operator->() const noexcept { return object_; }

private:
    T* object_;
};

}  // namespace shunt::process_test
