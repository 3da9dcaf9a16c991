// SPDX-License-Identifier: MIT
//
// A receiver in an event loop: the ticks of examples/publisher.cpp, and an interrupt from the
// keyboard, in one epoll. The thread sleeps while neither comes.
#include <shunt/spsc.hpp>

#include <sys/epoll.h>
#include <sys/signalfd.h>

#include <cinttypes>
#include <csignal>
#include <cstdint>
#include <cstdio>

struct Tick {
    std::uint64_t id;
    double bid, ask;
};
SHUNT_TYPE(Tick, "md.Tick/1");

namespace {

// All that is there; false: the publisher has closed the channel, or it cannot be used any more.
bool take_all(shunt::spsc::Consumer<Tick>& in) {
    Tick tick;
    shunt::Status status = in.try_pop(tick);
    for (; status; status = in.try_pop(tick)) {
        std::printf("%" PRIu64 " %.2f %.2f\n", tick.id, tick.bid, tick.ask);
    }
    // A publisher that died may have a successor.
    return status == shunt::Status::empty || status == shunt::Status::peer_dead;
}

void watch(int epoll, int descriptor) {
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.fd = descriptor;
    ::epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event);
}

}  // namespace

int main() {
    sigset_t keyboard;
    sigemptyset(&keyboard);
    sigaddset(&keyboard, SIGINT);
    sigprocmask(SIG_BLOCK, &keyboard, nullptr);

    shunt::spsc::Consumer<Tick> in("md.ticks");
    const int interrupts = ::signalfd(-1, &keyboard, SFD_CLOEXEC);
    const int epoll = ::epoll_create1(EPOLL_CLOEXEC);
    watch(epoll, interrupts);
    watch(epoll, in.fd());

    while (take_all(in)) {
        if (!in.arm()) {
            continue;  // something came meanwhile
        }
        epoll_event event{};
        if (::epoll_wait(epoll, &event, 1, -1) == 1 && event.data.fd == interrupts) {
            return 130;
        }
    }
}
