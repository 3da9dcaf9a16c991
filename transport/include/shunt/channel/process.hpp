// SPDX-License-Identifier: MIT
//
// What this process has open: the descriptors that carry locks and the ports that have not left. So
// that a child made by fork keeps none of its parent's locks, and an exit leaves what was not
// closed. A child made by raw clone or _Fork() is outside of it: it must exec, or close.
#pragma once

#include <shunt/allocators/file.hpp>

#include <cstdint>
#include <memory>
#include <utility>

namespace shunt::channel {

/// One number per process on this side of a fork: grows in every child.
[[nodiscard]] std::uint64_t fork_generation() noexcept;

namespace detail {
void lock_descriptors();
void unlock_descriptors() noexcept;
void track(int descriptor) noexcept;
void forget(int descriptor) noexcept;
}  // namespace detail

/// A FileHandle that a child made by fork closes at once. Moves, does not copy.
class TrackedFile {
public:
    TrackedFile() noexcept = default;
    TrackedFile(TrackedFile&& other) noexcept
        : file_{std::move(other.file_)}, generation_{other.generation_} {}
    TrackedFile& operator=(TrackedFile&& other) noexcept;
    ~TrackedFile() { close(); }

    /// Keeps what `open()` returns, a FileHandle. No fork of this process falls between the two.
    template <class Open>
    [[nodiscard]] static TrackedFile opened_by(Open&& open) {
        const Guard guard;
        TrackedFile tracked;
        tracked.file_ = open();
        tracked.generation_ = fork_generation();
        if (tracked.file_) {
            detail::track(tracked.file_.get());
        }
        return tracked;
    }

    [[nodiscard]] const FileHandle& file() const noexcept { return file_; }
    [[nodiscard]] int get() const noexcept { return file_.get(); }
    [[nodiscard]] explicit operator bool() const noexcept { return static_cast<bool>(file_); }
    void close() noexcept;

private:
    struct Guard {
        Guard() { detail::lock_descriptors(); }
        ~Guard() { detail::unlock_descriptors(); }
    };

    FileHandle file_;
    std::uint64_t generation_ = 0;
};

/// A second description of the same file, whatever its name leads to by now. Throws the errno.
[[nodiscard]] TrackedFile reopen(int descriptor, bool writable);

/// A descriptor that somebody else owns, and that a child made by fork closes at once.
class ClosedInChild {
public:
    explicit ClosedInChild(int descriptor) : descriptor_{descriptor} {
        detail::lock_descriptors();
        detail::track(descriptor);
        detail::unlock_descriptors();
    }
    ~ClosedInChild() { detail::forget(descriptor_); }
    ClosedInChild(const ClosedInChild&) = delete;
    ClosedInChild& operator=(const ClosedInChild&) = delete;

private:
    int descriptor_;
};

/// Something to be left when the process exits. leave_at_exit() may run while another thread uses
/// it.
class ExitDuty {
public:
    ExitDuty(const ExitDuty&) = delete;
    ExitDuty& operator=(const ExitDuty&) = delete;
    virtual void leave_at_exit() noexcept = 0;

protected:
    ExitDuty() = default;
    ~ExitDuty() = default;
};

/// From add to remove, exit() calls leave_at_exit(). A child made by fork forgets them all.
void add_exit_duty(ExitDuty& duty);
void remove_exit_duty(ExitDuty& duty) noexcept;

/// Keeps `object` for ever: in a child made by fork, where to destroy it would touch what is not
/// there.
void keep_for_ever(std::shared_ptr<void> object) noexcept;

}  // namespace shunt::channel
