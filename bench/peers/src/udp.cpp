// SPDX-License-Identifier: MIT
#include "bench/peers/src/descriptors.hpp"
#include "bench/peers/src/link.hpp"
#include "bench/peers/src/loopback.hpp"
#include "bench/peers/src/peer.hpp"

#include <sys/socket.h>

namespace shunt::peers {
namespace {

class Way : public DescriptorWay {
public:
    Way() {
        for (FileHandle& socket : writes_) {
            socket = loopback_socket(SOCK_DGRAM);
        }
        connect_to(writes_[0], writes_[1]);
        connect_to(writes_[1], writes_[0]);
    }
};

constexpr bench::Contender kContender = by_calls<Way>("udp");

}  // namespace

const Peer kUdp{.key = "udp",
                .what = "UDP over the loopback device, connected",
                .waits = Waits::blocking,
                .copies = 2,
                .capacity = "the receiver's buffer",
                .order = "in order, whole; what does not fit is lost",
                .settings = "the system's own",
                .version = {},
                .contender = &kContender,
                .absent = absence<Way>,
                .pingpong_only = "it loses what does not fit"};

}  // namespace shunt::peers
