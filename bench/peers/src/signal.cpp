// SPDX-License-Identifier: MIT
#include "bench/peers/src/link.hpp"
#include "bench/peers/src/peer.hpp"

#include <sys/types.h>
#include <unistd.h>
#include <csignal>

namespace shunt::peers {
namespace {

// A real-time signal is queued, and bears a value: the number of the message, which is checked.
class Way : public PlainWay {
public:
    void open(bench::Stage& stage, std::byte* /*memory*/) {
        ::sigemptyset(&wanted_);
        ::sigaddset(&wanted_, SIGRTMIN);
        if (::sigprocmask(SIG_BLOCK, &wanted_, nullptr) != 0) {
            refused("sigprocmask");
        }
        stage.meet();  // now neither of them dies of one
        peer_ = stage.peer_pid();
        rung_ = heard_ = 0;
    }
    void ring(unsigned /*side*/) {
        sigval value{};
        value.sival_int = static_cast<int>(++rung_ & kNumber);
        if (::sigqueue(peer_, SIGRTMIN, value) != 0) {
            refused("sigqueue");
        }
    }
    void listen(unsigned /*side*/) {
        siginfo_t info{};
        if (::sigwaitinfo(&wanted_, &info) == SIGRTMIN &&
            info.si_value.sival_int != static_cast<int>(++heard_ & kNumber)) {
            throw bench::Failure(bench::Exit::integrity, "a signal was lost or came twice");
        }
    }

private:
    static constexpr std::uint64_t kNumber = 0x7fffffff;

    sigset_t wanted_{};
    pid_t peer_ = 0;
    std::uint64_t rung_ = 0;
    std::uint64_t heard_ = 0;
};

constexpr bench::Contender kContender = by_bell<Way>("signal");

}  // namespace

const Peer kSignal{.key = "signal",
                   .what = "real-time signal with a value (sigqueue, sigwaitinfo), beside a buffer",
                   .waits = Waits::blocking,
                   .copies = 2,
                   .capacity = "1 message",
                   .order = "in order",
                   .settings = "RLIMIT_SIGPENDING as it is",
                   .version = {},
                   .contender = &kContender,
                   .absent = absence<Way>,
                   .pingpong_only = kOnlyABell};

}  // namespace shunt::peers
