// SPDX-License-Identifier: MIT
//
// FileHandle: owns one file descriptor, always close-on-exec. Not a stream: nothing here reads or
// writes a channel's bytes, which are mapped.
#pragma once

#include <fcntl.h>

#include <optional>
#include <string>
#include <utility>

namespace shunt {

/// Owns a file descriptor and closes it. Moves, does not copy. Empty after release() or a move.
class FileHandle {
public:
    FileHandle() noexcept = default;
    explicit FileHandle(int descriptor) noexcept : descriptor_{descriptor} {}
    FileHandle(FileHandle&& other) noexcept : descriptor_{std::exchange(other.descriptor_, -1)} {}
    FileHandle& operator=(FileHandle&& other) noexcept {
        if (this != &other) {
            reset(std::exchange(other.descriptor_, -1));
        }
        return *this;
    }
    ~FileHandle() { reset(); }

    /// open(2) with O_CLOEXEC, relative to the directory `at`; repeated where a signal interrupts
    /// it. Empty, with errno set, where the kernel refuses.
    [[nodiscard]] static FileHandle open(const char* path, int flags, mode_t mode = 0,
                                         int at = AT_FDCWD) noexcept;

    /// A second, independent file description of the same file, whatever its name is now or if it
    /// has none. Needs /proc. Empty, with errno set, where the kernel refuses.
    [[nodiscard]] FileHandle reopen(int flags) const noexcept;

    [[nodiscard]] int get() const noexcept { return descriptor_; }
    [[nodiscard]] explicit operator bool() const noexcept { return descriptor_ >= 0; }
    /// Gives the descriptor away unclosed.
    int release() noexcept { return std::exchange(descriptor_, -1); }
    /// Closes what it owns, and owns `descriptor` instead. Leaves errno alone.
    void reset(int descriptor = -1) noexcept;

private:
    int descriptor_ = -1;
};

/// A whole small text file, as those of /proc and /sys are. Nothing, with errno set, where it
/// cannot be read.
[[nodiscard]] std::optional<std::string> read_text(const char* path);

}  // namespace shunt
