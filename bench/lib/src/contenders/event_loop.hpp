// SPDX-License-Identifier: MIT
//
// An event loop as a user has it: an epoll of its own over the fd() of its ports.
#pragma once

#include <shunt_bench/config.hpp>

#include <shunt/allocators/file.hpp>
#include <shunt/core/status.hpp>

#include <sys/epoll.h>

#include <optional>

namespace shunt::bench {

class EventLoop {
public:
    EventLoop() : epoll_{::epoll_create1(EPOLL_CLOEXEC)} {
        if (!epoll_) {
            throw Failure(Exit::runtime, "no epoll for an event loop; raise ulimit -n");
        }
    }

    template <class Port>
    void add(std::optional<Port>& port) {
        epoll_event event{};
        event.events = EPOLLIN;
        if (port && ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, port->fd(), &event) != 0) {
            throw Failure(Exit::runtime, "epoll_ctl refuses the fd() of a port");
        }
    }

    /// What `attempt()` returns once that is not `blocked`; in between it is armed and polled for.
    template <class Port, class Attempt>
    Status until(Port& port, Status blocked, Attempt&& attempt) {
        for (;;) {
            const Status status = attempt();
            if (status != blocked) {
                return status;
            }
            if (port.arm()) {
                epoll_event event{};
                (void)::epoll_wait(epoll_.get(), &event, 1, -1);
            }
        }
    }

private:
    FileHandle epoll_;
};

}  // namespace shunt::bench
