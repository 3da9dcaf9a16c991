// SPDX-License-Identifier: MIT
//
// Locks on single bytes of a file that belong to an open file description (F_OFD_SETLK): the kernel
// drops them when the description's last descriptor is closed, that is at any death of the process.
// They are the proof of life of participants and the gate of a channel. A description does not see
// its own locks when it asks, so whoever asks does it through another one.
#pragma once

#include <chrono>
#include <cstdint>

namespace shunt::channel {

enum class LockKind : short { read, write };

using Clock = std::chrono::steady_clock;

/// Now and so long; at most a year, so that milliseconds::max() means for ever.
[[nodiscard]] Clock::time_point deadline_after(std::chrono::milliseconds timeout) noexcept;

/// Takes the lock if it is free. 0, or EAGAIN if another description holds it, or another errno.
[[nodiscard]] int try_lock(int fd, std::uint64_t byte, LockKind kind) noexcept;

/// As try_lock, asking again with growing naps (50 us to 2 ms) until `deadline`; then ETIMEDOUT.
/// Asks at least once. Blocking by polling and not by F_OFD_SETLKW, which knows no deadline.
[[nodiscard]] int lock_until(int fd, std::uint64_t byte, LockKind kind,
                             Clock::time_point deadline) noexcept;

/// Drops the lock of this description on `byte`, if it has one.
void unlock(int fd, std::uint64_t byte) noexcept;

/// True if a description other than `fd`'s holds a lock on `byte`. Never asks for the lock itself:
/// who is granted it would make the dead look alive. Where the kernel does not answer, true: nobody
/// is declared dead without proof. About 0.3 us.
[[nodiscard]] bool is_locked(int fd, std::uint64_t byte) noexcept;

/// The same of `byte` and of every byte behind it, to the end of all files.
[[nodiscard]] bool any_locked_from(int fd, std::uint64_t byte) noexcept;

/// The wait between two looks of a bounded wait: 50 us, doubling to 2 ms, never beyond the
/// deadline.
class Naps {
public:
    explicit Naps(Clock::time_point deadline) noexcept : deadline_{deadline} {}
    /// Sleeps once. False if the deadline has passed, without sleeping.
    [[nodiscard]] bool nap() noexcept;

private:
    Clock::time_point deadline_;
    std::chrono::microseconds next_{50};
};

}  // namespace shunt::channel
