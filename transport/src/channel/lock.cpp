// SPDX-License-Identifier: MIT
#include <shunt/channel/lock.hpp>

#include <fcntl.h>

#include <algorithm>
#include <cerrno>
#include <ctime>

namespace shunt::channel {
namespace {

struct flock one_byte(std::uint64_t byte, short type) noexcept {
    struct flock lock {};  // l_pid stays 0, as F_OFD_* demands
    lock.l_type = type;
    lock.l_whence = SEEK_SET;
    lock.l_start = static_cast<off_t>(byte);
    lock.l_len = 1;
    return lock;
}

}  // namespace

Clock::time_point deadline_after(std::chrono::milliseconds timeout) noexcept {
    constexpr std::chrono::milliseconds kYear = std::chrono::hours{24 * 365};
    return Clock::now() + std::min(timeout, kYear);
}

int try_lock(int fd, std::uint64_t byte, LockKind kind) noexcept {
    struct flock lock = one_byte(byte, kind == LockKind::read ? F_RDLCK : F_WRLCK);
    while (::fcntl(fd, F_OFD_SETLK, &lock) != 0) {
        if (errno != EINTR) {
            return errno == EACCES ? EAGAIN : errno;
        }
    }
    return 0;
}

int lock_until(int fd, std::uint64_t byte, LockKind kind, Clock::time_point deadline) noexcept {
    Naps naps{deadline};
    for (;;) {
        const int error = try_lock(fd, byte, kind);
        if (error != EAGAIN) {
            return error;
        }
        if (!naps.nap()) {
            return ETIMEDOUT;
        }
    }
}

void unlock(int fd, std::uint64_t byte) noexcept {
    struct flock lock = one_byte(byte, F_UNLCK);
    while (::fcntl(fd, F_OFD_SETLK, &lock) != 0 && errno == EINTR) {
    }
}

namespace {

bool hinders(int fd, struct flock lock) noexcept {
    return ::fcntl(fd, F_OFD_GETLK, &lock) != 0 || lock.l_type != F_UNLCK;
}

}  // namespace

bool is_locked(int fd, std::uint64_t byte) noexcept {
    return hinders(fd, one_byte(byte, F_WRLCK));
}

bool any_locked_from(int fd, std::uint64_t byte) noexcept {
    struct flock lock = one_byte(byte, F_WRLCK);
    lock.l_len = 0;  // to the greatest offset
    return hinders(fd, lock);
}

bool Naps::nap() noexcept {
    const auto left =
        std::chrono::duration_cast<std::chrono::nanoseconds>(deadline_ - Clock::now());
    if (left.count() <= 0) {
        return false;
    }
    const auto length = std::min<std::chrono::nanoseconds>(left, next_);
    const timespec time{0, static_cast<long>(length.count())};
    ::nanosleep(&time, nullptr);  // an early end by a signal costs one more look
    next_ = std::min(next_ * 2, std::chrono::microseconds{2000});
    return true;
}

}  // namespace shunt::channel
