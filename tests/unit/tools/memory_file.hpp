// SPDX-License-Identifier: MIT
//
// A file that has a path and leaves nothing behind, and descriptors 0 and 1 for a while.
#pragma once

#include <shunt/allocators/file.hpp>

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <string>

namespace shunt::tools {

class MemoryFile {
public:
    explicit MemoryFile(const std::string& content = {}) : file_{::memfd_create("test", 0)} {
        (void)!::write(file_.get(), content.data(), content.size());
    }

    [[nodiscard]] std::string path() const {
        return "/proc/self/fd/" + std::to_string(file_.get());
    }
    [[nodiscard]] std::string content() const {
        std::string all(65536, '\0');
        const ssize_t size = ::pread(file_.get(), all.data(), all.size(), 0);
        return all.substr(0, size > 0 ? static_cast<std::size_t>(size) : 0);
    }

private:
    FileHandle file_;
};

/// Puts another file in the place of a standard stream for as long as it lives.
class InPlaceOf {
public:
    InPlaceOf(int stream, int other) : stream_{stream}, before_{::dup(stream)} {
        ::dup2(other, stream);
    }
    ~InPlaceOf() { ::dup2(before_.get(), stream_); }
    InPlaceOf(const InPlaceOf&) = delete;
    InPlaceOf& operator=(const InPlaceOf&) = delete;

private:
    int stream_;
    FileHandle before_;
};

}  // namespace shunt::tools
