// SPDX-License-Identifier: MIT
#include "command.hpp"
#include "torn_line.hpp"

#include <shunt/allocators/file.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <string_view>

namespace shunt::tools {

namespace {

[[noreturn]] void fail(const std::string& path, int error) {
    throw Failure(error == EACCES ? Exit::permission : Exit::runtime,
                  fmt::format("cannot look for the last line of '{}': {}", path,
                              std::system_category().message(error)));
}

// Where the last line of the first `length` bytes ends; 0: nowhere.
std::uint64_t last_end(const std::string& path, int file, std::uint64_t length) {
    std::array<char, 65536> block;
    while (length != 0) {
        const std::uint64_t bytes = std::min<std::uint64_t>(block.size(), length);
        const ssize_t got = ::pread(file, block.data(), bytes, static_cast<off_t>(length - bytes));
        if (got < 0 && errno == EINTR) {
            continue;
        }
        if (got != static_cast<ssize_t>(bytes)) {
            fail(path, got < 0 ? errno : EIO);
        }
        const std::string_view text{block.data(), bytes};
        if (const auto at = text.rfind('\n'); at != std::string_view::npos) {
            return length - bytes + at + 1;
        }
        length -= bytes;
    }
    return 0;
}

// Opens the file and says how long it is, and how long without a torn line.
struct Measured {
    Measured(const std::string& path, int flags) : file{FileHandle::open(path.c_str(), flags)} {
        struct stat status {};
        if (!file || ::fstat(file.get(), &status) != 0) {
            fail(path, errno);
        }
        length = static_cast<std::uint64_t>(status.st_size);
        whole = last_end(path, file.get(), length);
    }

    FileHandle file;
    std::uint64_t length = 0;
    std::uint64_t whole = 0;
};

}  // namespace

std::uint64_t torn_line_bytes(const std::string& path) {
    const Measured lines{path, O_RDONLY};
    return lines.length - lines.whole;
}

std::uint64_t cut_torn_line(const std::string& path) {
    const Measured lines{path, O_RDWR};
    if (lines.whole != lines.length &&
        ::ftruncate(lines.file.get(), static_cast<off_t>(lines.whole)) != 0) {
        fail(path, errno);
    }
    return lines.length - lines.whole;
}

}  // namespace shunt::tools
