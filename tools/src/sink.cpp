// SPDX-License-Identifier: MIT
#include "sink.hpp"
#include "command.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <utility>

namespace shunt::tools {

Sink::Sink(const Interrupts& interrupts)
    : interrupts_{interrupts}, descriptor_{STDOUT_FILENO}, name_{"standard output"} {
    struct stat status {};
    regular_ = ::fstat(descriptor_, &status) == 0 && S_ISREG(status.st_mode);
}

Sink::Sink(const std::string& path, bool append, const Interrupts& interrupts)
    : interrupts_{interrupts},
      file_{FileHandle::open(path.c_str(), O_WRONLY | O_CREAT | (append ? O_APPEND : 0), 0666)},
      descriptor_{file_.get()},
      name_{"'" + path + "'"},
      append_{append} {
    struct stat status {};
    if (!file_ || ::fstat(descriptor_, &status) != 0) {
        fail(errno);
    }
    regular_ = S_ISREG(status.st_mode);
    if (append && !regular_) {
        throw Failure(Exit::usage,
                      fmt::format("cannot append to {}: its length is where the stream goes on, so "
                                  "it must be a regular file",
                                  name_));
    }
    length_ = append ? static_cast<std::uint64_t>(status.st_size) : 0;
}

void Sink::begin() {
    if (!std::exchange(begun_, true) && file_ && regular_ && !append_ &&
        ::ftruncate(descriptor_, 0) != 0) {
        fail(errno);
    }
}

bool Sink::write(std::span<const std::byte> bytes) {
    begin();
    while (!bytes.empty()) {
        if (!regular_ && !interrupts_.wait_for(descriptor_, POLLOUT)) {
            return false;
        }
        const ssize_t written = ::write(descriptor_, bytes.data(), bytes.size());
        if (written >= 0) {
            bytes = bytes.subspan(static_cast<std::size_t>(written));
        } else if (errno != EINTR && errno != EAGAIN) {
            fail(errno);
        }
    }
    return true;
}

void Sink::put(std::string_view text) {
    streams_ = false;
    begin();
    (void)write(as_bytes(text));
    finish();
}

void Sink::finish() {
    if (file_) {
        // The descriptor is gone whatever close() says: nobody may close it again.
        if (::close(file_.release()) != 0 && errno != EINTR) {
            fail(errno);
        }
    }
}

void Sink::fail(int error) const {
    const std::string what =
        fmt::format("cannot write {}: {}", name_, std::system_category().message(error));
    switch (error) {
        case EACCES:
        case EPERM:
        case EROFS:
            throw Failure(Exit::permission, what);
        case EPIPE:
            throw Failure(Exit::runtime,
                          what + "; its reader has left" +
                              (streams_ ? ", and what it did not take stays in the channel" : ""));
        case ENOSPC:
        case EDQUOT:
            throw Failure(Exit::runtime,
                          what + (streams_ ? "; what is not written stays in the channel: make "
                                             "room, then go on with --append"
                                           : "; make room, or name another file"));
        default:
            throw Failure(Exit::runtime, what);
    }
}

}  // namespace shunt::tools
