// SPDX-License-Identifier: MIT
//
// What System V makes stays when its maker dies. A keeper is a process that removes it then.
#pragma once

#include "bench/peers/src/link.hpp"

#include <shunt/allocators/file.hpp>

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>

namespace shunt::peers {

/// Calls `remove` in a process of its own once this object's process ended, or destroyed it.
class Keeper {
public:
    template <class Remove>
    explicit Keeper(Remove remove) : maker_{::getpid()} {
        int ends[2];
        if (::pipe2(ends, O_CLOEXEC) != 0) {
            remove();
            refused("pipe2");
        }
        FileHandle hears{ends[0]};
        lives_.reset(ends[1]);
        child_ = ::fork();
        if (child_ == 0) {
            ::setsid();  // Ctrl-C is not for it
            lives_.reset();
            char nothing = 0;
            // Whoever has the other end is this process or a child of it.
            while (::read(hears.get(), &nothing, 1) < 0 && errno == EINTR) {
            }
            remove();
            ::_exit(0);
        }
        if (child_ < 0) {
            remove();
            refused("fork");
        }
    }
    ~Keeper() {
        if (::getpid() == maker_) {
            lives_.reset();
            ::waitpid(child_, nullptr, 0);
        }
    }
    Keeper(const Keeper&) = delete;
    Keeper& operator=(const Keeper&) = delete;

private:
    pid_t maker_;
    FileHandle lives_;
    pid_t child_ = -1;
};

}  // namespace shunt::peers
