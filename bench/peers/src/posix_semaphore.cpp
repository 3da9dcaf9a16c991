// SPDX-License-Identifier: MIT
#include "bench/peers/src/link.hpp"
#include "bench/peers/src/peer.hpp"

#include <shunt/core/bytes.hpp>
#include <shunt/core/config.hpp>

#include <semaphore.h>

namespace shunt::peers {
namespace {

// One in each side's line.
class Way {
public:
    [[nodiscard]] static constexpr std::uint64_t bytes() noexcept { return 2 * kLinePairBytes; }
    void open(bench::Stage& stage, std::byte* memory) {
        memory_ = memory;
        if (stage.first() && (::sem_init(of(0), 1, 0) != 0 || ::sem_init(of(1), 1, 0) != 0)) {
            refused("sem_init");
        }
        stage.meet();
    }
    void ring(unsigned side) {
        if (::sem_post(of(1 - side)) != 0) {
            refused("sem_post");
        }
    }
    void listen(unsigned side) {
        if (::sem_wait(of(side)) != 0) {
            refused("sem_wait");
        }
    }

private:
    [[nodiscard]] sem_t* of(unsigned side) const noexcept {
        return object_at<sem_t>(memory_ + side * kLinePairBytes);
    }

    std::byte* memory_ = nullptr;
};

constexpr bench::Contender kContender = by_bell<Way>("posix_semaphore");

}  // namespace

const Peer kPosixSemaphore{.key = "posix_semaphore",
                           .what = "POSIX semaphores (pshared) beside a buffer",
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
