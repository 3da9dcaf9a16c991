// SPDX-License-Identifier: MIT
#include "bench/peers/src/keeper.hpp"
#include "bench/peers/src/link.hpp"
#include "bench/peers/src/peer.hpp"

#include <sys/ipc.h>
#include <sys/sem.h>

namespace shunt::peers {
namespace {

class Way : public PlainWay {
public:
    Way()
        : semaphores_{"semget", [] { return ::semget(IPC_PRIVATE, 2, 0600); },
                      [](int id) { ::semctl(id, 0, IPC_RMID); }} {}
    void ring(unsigned side) { change(1 - side, 1); }
    void listen(unsigned side) { change(side, -1); }

private:
    void change(unsigned of, short by) {
        sembuf change{static_cast<unsigned short>(of), by, 0};
        if (::semop(semaphores_.id(), &change, 1) != 0) {
            refused("semop");
        }
    }

    Keeper semaphores_;
};

constexpr bench::Contender kContender = by_bell<Way>("sysv_semaphore");

}  // namespace

const Peer kSysvSemaphore{.key = "sysv_semaphore",
                          .what = "System V semaphores beside a buffer",
                          .waits = Waits::blocking,
                          .copies = 2,
                          .capacity = "1 message",
                          .order = "in order",
                          .settings = "none",
                          .version = {},
                          .contender = &kContender,
                          .absent = absence<Way>,
                          .pingpong_only = kOnlyABell};

}  // namespace shunt::peers
