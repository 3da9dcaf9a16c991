// SPDX-License-Identifier: MIT
//
// What System V makes stays when its maker dies, and so do a daemon and its memory. So a process of
// its own makes it, and removes it once whoever asked for it has ended, however that ended.
#pragma once

#include "bench/peers/src/link.hpp"

#include <shunt/allocators/file.hpp>

#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

namespace shunt::peers {

class Keeper {
public:
    /// `make` returns an id, or below 0 with errno set: then this throws, and `call` is what was
    /// refused. `remove` comes when this object is gone, or its process and all that it has forked.
    Keeper(const char* call, int (*make)(), void (*remove)(int id)) : maker_{::getpid()} {
        int ends[2];
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
            refused("socketpair");
        }
        FileHandle keeps{ends[0]};
        lives_.reset(ends[1]);
        child_ = ::fork();
        if (child_ == 0) {
            keep(keeps.get(), make, remove);
        }
        if (child_ < 0) {
            refused("fork");
        }
        keeps.reset();  // so that its end is seen here
        Made made{};
        if (::read(lives_.get(), &made, sizeof(made)) != sizeof(made)) {
            end();
            throw bench::Failure(bench::Exit::runtime,
                                 std::string{call} + ": its process ended without a word");
        }
        if (made.id < 0) {
            end();
            if (made.error == 0) {
                throw bench::Failure(bench::Exit::runtime, std::string{call} + ": " + made.words);
            }
            errno = made.error;
            refused(call);
        }
        id_ = made.id;
    }
    ~Keeper() {
        if (::getpid() == maker_) {
            end();
        }
    }
    Keeper(const Keeper&) = delete;
    Keeper& operator=(const Keeper&) = delete;

    [[nodiscard]] int id() const noexcept { return id_; }

    /// In `make`, in place of a return, where it is not errno that tells.
    [[noreturn]] static void refuse(std::string_view words) noexcept {
        Made made{-1, 0, {}};
        words.copy(made.words, sizeof(made.words) - 1);
        (void)::send(socket_, &made, sizeof(made), MSG_NOSIGNAL);
        ::_exit(1);
    }

private:
    struct Made {
        int id;
        int error;  // 0: the words tell
        char words[120];
    };

    // In the process of its own.
    [[noreturn]] static void keep(int socket, int (*make)(), void (*remove)(int id)) {
        ::setsid();  // Ctrl-C is not for it
        // Nor is the socket of an earlier one, which waits for the last who has it.
        ::close_range(STDERR_FILENO + 1, static_cast<unsigned>(socket) - 1, 0);
        ::close_range(static_cast<unsigned>(socket) + 1, ~0u, 0);
        socket_ = socket;
        const int id = make();
        const Made made{id, errno, {}};
        (void)::send(socket, &made, sizeof(made), MSG_NOSIGNAL);
        char nothing = 0;
        while (::read(socket, &nothing, 1) < 0 && errno == EINTR) {
        }
        if (id >= 0) {
            remove(id);
        }
        ::_exit(0);
    }
    void end() noexcept {
        lives_.reset();
        ::waitpid(child_, nullptr, 0);
    }

    static inline int socket_ = -1;  // of the process of its own

    pid_t maker_;
    FileHandle lives_;
    pid_t child_ = -1;
    int id_ = -1;
};

}  // namespace shunt::peers
