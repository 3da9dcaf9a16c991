// SPDX-License-Identifier: MIT
#include "signals.hpp"

#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <poll.h>
#include <system_error>
#include <unistd.h>

namespace shunt::tools {

namespace {

constexpr std::array kSignals{SIGINT, SIGTERM, SIGHUP};

// What the handler sees. It runs on the thread that sets these, so nothing needs an order.
std::atomic<bool> g_requested{false};
std::atomic<channel::Port*> g_port{nullptr};
std::array<int, 2> g_pipe{-1, -1};  // one byte in it: ppoll() ends
std::array<struct sigaction, kSignals.size() + 1> g_before;

void on_signal(int) {
    const int saved = errno;
    // relaxed: read on this thread
    g_requested.store(true, std::memory_order_relaxed);
    const char byte = 0;
    [[maybe_unused]] const ssize_t written = ::write(g_pipe[1], &byte, 1);
    // relaxed: set on this thread
    if (channel::Port* const port = g_port.load(std::memory_order_relaxed); port != nullptr) {
        port->interrupt();  // two fetch operations and a futex call: safe in a handler
    }
    errno = saved;
}

void take(int signal, struct sigaction& before) {
    struct sigaction action {};
    action.sa_handler = on_signal;
    action.sa_flags = static_cast<int>(SA_RESETHAND);  // the second one is not a request
    ::sigaction(signal, nullptr, &before);
    if (before.sa_handler != SIG_IGN) {
        ::sigaction(signal, &action, nullptr);
    }
}

}  // namespace

Interrupts::Interrupts() {
    if (::pipe2(g_pipe.data(), O_CLOEXEC | O_NONBLOCK) != 0) {
        throw std::system_error(errno, std::system_category(), "cannot make a pipe");
    }
    // relaxed: before any handler is there
    g_requested.store(false, std::memory_order_relaxed);
    for (std::size_t i = 0; i < kSignals.size(); ++i) {
        take(kSignals[i], g_before[i]);
    }
    struct sigaction ignore {};
    ignore.sa_handler = SIG_IGN;
    ::sigaction(SIGPIPE, &ignore, &g_before.back());
}

Interrupts::~Interrupts() {
    for (std::size_t i = 0; i < kSignals.size(); ++i) {
        ::sigaction(kSignals[i], &g_before[i], nullptr);
    }
    ::sigaction(SIGPIPE, &g_before.back(), nullptr);
    ::close(g_pipe[0]);
    ::close(g_pipe[1]);
}

bool Interrupts::requested() const noexcept {
    // relaxed: set on this thread
    return g_requested.load(std::memory_order_relaxed);
}

void Interrupts::watch(channel::Port* port) const noexcept {
    // relaxed: read on this thread
    g_port.store(port, std::memory_order_relaxed);
}

bool Interrupts::wait_for(int descriptor, short events) const {
    std::array<pollfd, 2> polled{{{descriptor, events, 0}, {g_pipe[0], POLLIN, 0}}};
    while (::ppoll(polled.data(), polled.size(), nullptr, nullptr) < 0) {
        if (errno != EINTR) {
            throw std::system_error(errno, std::system_category(), "ppoll");
        }
    }
    return polled[0].revents != 0;
}

bool Interrupts::pause(std::chrono::nanoseconds time) const {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(time);
    const timespec limit{seconds.count(), (time - seconds).count()};
    pollfd polled{g_pipe[0], POLLIN, 0};
    return ::ppoll(&polled, 1, &limit, nullptr) == 0;
}

}  // namespace shunt::tools
