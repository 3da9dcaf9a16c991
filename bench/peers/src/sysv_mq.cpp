// SPDX-License-Identifier: MIT
#include "bench/peers/src/keeper.hpp"
#include "bench/peers/src/link.hpp"
#include "bench/peers/src/peer.hpp"

#include <sys/ipc.h>
#include <sys/msg.h>

namespace shunt::peers {
namespace {

constexpr std::size_t kMostBytes = 8192;  // as the system has it

// One queue for both; a message is of the side that it is for.
class Way : public PlainWay {
public:
    Way()
        : queue_{"msgget", [] { return ::msgget(IPC_PRIVATE, 0600); },
                 [](int id) { ::msgctl(id, IPC_RMID, nullptr); }} {}
    void send(unsigned side, const std::byte* bytes, std::size_t size) {
        message_.type = 2 - static_cast<long>(side);
        std::memcpy(message_.bytes, bytes, size);
        if (::msgsnd(queue_.id(), &message_, size, 0) != 0) {
            refused("msgsnd");
        }
    }
    bool receive(unsigned side, std::byte* bytes, std::size_t size) {
        const ssize_t got =
            ::msgrcv(queue_.id(), &message_, kMostBytes, 1 + static_cast<long>(side), 0);
        if (got != static_cast<ssize_t>(size)) {
            refused("msgrcv");
        }
        std::memcpy(bytes, message_.bytes, size);
        return true;
    }

private:
    struct Typed {
        long type;
        std::byte bytes[kMostBytes];
    };

    Keeper queue_;
    Typed message_{};
};

constexpr bench::Contender kContender = by_calls<Way>("sysv_mq");

}  // namespace

const Peer kSysvMq{.key = "sysv_mq",
                   .what = "System V message queue, both ways in one",
                   .waits = Waits::blocking,
                   .copies = 4,
                   .capacity = "16 KiB",
                   .order = "in order, by type; a writer waits for room",
                   .settings = "the system's own",
                   .version = {},
                   .contender = &kContender,
                   .absent = absence<Way>};

}  // namespace shunt::peers
