// SPDX-License-Identifier: MIT
#include "bench/peers/src/descriptors.hpp"
#include "bench/peers/src/link.hpp"
#include "bench/peers/src/peer.hpp"

#include <sys/socket.h>

namespace shunt::peers {
namespace {

class Way : public SocketPairWay {
public:
    Way() : SocketPairWay{SOCK_DGRAM} {}
};

constexpr bench::Contender kContender = by_calls<Way>("unix_dgram");

}  // namespace

const Peer kUnixDgram{.key = "unix_dgram",
                      .what = "connected Unix datagram sockets",
                      .waits = Waits::blocking,
                      .copies = 2,
                      .capacity = "net.unix.max_dgram_qlen messages",
                      .order = "in order, whole; a writer waits for room",
                      .settings = "the system's own",
                      .version = {},
                      .contender = &kContender,
                      .absent = absence<Way>};

}  // namespace shunt::peers
