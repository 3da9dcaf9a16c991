// SPDX-License-Identifier: MIT
#include "bench/peers/src/link.hpp"
#include "bench/peers/src/peer.hpp"

#include <shunt/allocators/file.hpp>

#include <sys/eventfd.h>
#include <unistd.h>

namespace shunt::peers {
namespace {

class Way : public PlainWay {
public:
    Way() {
        for (FileHandle& bell : bells_) {
            bell.reset(::eventfd(0, EFD_CLOEXEC));
            if (!bell) {
                refused("eventfd");
            }
        }
    }
    void ring(unsigned side) {
        const std::uint64_t one = 1;
        if (::write(bells_[1 - side].get(), &one, sizeof(one)) != sizeof(one)) {
            refused("write to an eventfd");
        }
    }
    void listen(unsigned side) {
        std::uint64_t count = 0;
        if (::read(bells_[side].get(), &count, sizeof(count)) != sizeof(count)) {
            refused("read of an eventfd");
        }
    }

private:
    FileHandle bells_[2];  // of who hears it
};

constexpr bench::Contender kContender = by_bell<Way>("eventfd");

}  // namespace

const Peer kEventfd{.key = "eventfd",
                    .what = "eventfd beside a buffer",
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
