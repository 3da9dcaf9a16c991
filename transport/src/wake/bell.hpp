// SPDX-License-Identifier: MIT
//
// Bell: a descriptor for an event loop that becomes readable when a futex word is woken. Two kinds:
// an io_uring that waits in the kernel (no thread), and one thread a process that waits for all.
//
// The bell of a port is step 4 of the wake protocol, begun and not waited for. Like FUTEX_WAIT it
// compares the word, and may ring for no reason.
#pragma once

#include <shunt/channel/process.hpp>

#include <atomic>
#include <cstdint>
#include <memory>

namespace shunt {

class Bell {
public:
    Bell(const Bell&) = delete;
    Bell& operator=(const Bell&) = delete;
    virtual ~Bell() = default;

    /// An eventfd that is signalled at each ring, for EPOLLET: nobody reads it.
    [[nodiscard]] virtual int descriptor() const noexcept = 0;
    enum class Set {
        waiting,  // it rings for the next wake call
        bumped,   // there was a wake call: look again
        refused,  // the kernel refuses the wait; it will not ring
    };
    /// Begins the wait, unless the word is not `seen`. One thread at a time.
    [[nodiscard]] virtual Set set(std::uint32_t seen) noexcept = 0;

protected:
    Bell() = default;
};

/// Of an io_uring (Linux 6.7). Null, with errno set, where the kernel has none or refuses it. It
/// belongs to the thread that sets it; when another one does, it is made anew. Rings for `bits`
/// only.
[[nodiscard]] std::unique_ptr<Bell> ring_bell(const std::atomic<std::uint32_t>& word,
                                              std::uint32_t bits);

/// Of the process's helper thread, which runs while there is such a bell. Throws Error where no
/// thread can be had or it has 127 bells already, std::bad_alloc.
[[nodiscard]] std::unique_ptr<Bell> thread_bell(const std::atomic<std::uint32_t>& word);

/// A new eventfd. Empty, with errno set.
[[nodiscard]] channel::TrackedFile new_eventfd();

}  // namespace shunt
