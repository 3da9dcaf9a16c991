// SPDX-License-Identifier: MIT
//
// Ctrl-C as a request: blocking calls end, what was begun is finished, the summary is printed. The
// second one ends the process at once. What the parent ignores (nohup) stays ignored.
#pragma once

#include <shunt/channel/port.hpp>

#include <chrono>

namespace shunt::tools {

/// Takes SIGINT, SIGTERM and SIGHUP as requests, and makes SIGPIPE an error of write(). One object
/// at a time, on one thread.
class Interrupts {
public:
    Interrupts();
    ~Interrupts();
    Interrupts(const Interrupts&) = delete;
    Interrupts& operator=(const Interrupts&) = delete;

    [[nodiscard]] bool requested() const noexcept;
    /// From now on a request also interrupts what this port waits for; null: no port.
    void watch(channel::Port* port) const noexcept;
    /// Waits until `descriptor` is ready for `events` of poll(2). False: it is not, and a request
    /// came.
    [[nodiscard]] bool wait_for(int descriptor, short events) const;
    /// Waits that long. False: a request came.
    bool pause(std::chrono::nanoseconds time) const;
};

/// Watches a port for as long as it lives.
class Watched {
public:
    Watched(const Interrupts& interrupts, channel::Port& port) : interrupts_{interrupts} {
        interrupts_.watch(&port);
    }
    ~Watched() { interrupts_.watch(nullptr); }
    Watched(const Watched&) = delete;
    Watched& operator=(const Watched&) = delete;

private:
    const Interrupts& interrupts_;
};

}  // namespace shunt::tools
