// SPDX-License-Identifier: MIT
#include <shunt/allocators/file.hpp>

#include <unistd.h>

#include <cerrno>
#include <charconv>
#include <string_view>

namespace shunt {

FileHandle FileHandle::open(const char* path, int flags, mode_t mode, int at) noexcept {
    int descriptor = -1;
    do {
        descriptor = ::openat(at, path, flags | O_CLOEXEC, mode);
    } while (descriptor < 0 && errno == EINTR);
    return FileHandle{descriptor};
}

FileHandle FileHandle::reopen(int flags) const noexcept {
    constexpr std::string_view kPrefix = "/proc/self/fd/";
    char path[kPrefix.size() + 12] = {};
    kPrefix.copy(path, kPrefix.size());
    std::to_chars(path + kPrefix.size(), path + sizeof(path) - 1, descriptor_);
    return open(path, flags);
}

void FileHandle::reset(int descriptor) noexcept {
    if (descriptor_ >= 0) {
        const int error = errno;
        ::close(descriptor_);  // Linux frees the descriptor whatever close returns
        errno = error;
    }
    descriptor_ = descriptor;
}

std::optional<std::string> read_text(const char* path) {
    const FileHandle file = FileHandle::open(path, O_RDONLY);
    if (!file) {
        return std::nullopt;
    }
    std::string text;
    char chunk[16384];
    for (;;) {
        const ssize_t got = ::read(file.get(), chunk, sizeof(chunk));
        if (got > 0) {
            text.append(chunk, static_cast<std::size_t>(got));
        } else if (got == 0) {
            return text;
        } else if (errno != EINTR) {
            return std::nullopt;
        }
    }
}

}  // namespace shunt
