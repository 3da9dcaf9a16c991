// SPDX-License-Identifier: MIT
#include "bench/peers/src/descriptors.hpp"
#include "bench/peers/src/link.hpp"
#include "bench/peers/src/peer.hpp"

#include <sys/socket.h>

namespace shunt::peers {
namespace {

class Way : public SocketPairWay {
public:
    Way() : SocketPairWay{SOCK_SEQPACKET} {}
};

constexpr bench::Contender kContender = by_calls<Way>("unix_seqpacket");

}  // namespace

const Peer kUnixSeqpacket{.key = "unix_seqpacket",
                          .what = "connected Unix seqpacket sockets",
                          .waits = Waits::blocking,
                          .copies = 2,
                          .capacity = "the socket's buffer",
                          .order = "in order, whole; a writer waits for room",
                          .settings = "the system's own",
                          .version = {},
                          .contender = &kContender,
                          .absent = absence<Way>};

}  // namespace shunt::peers
