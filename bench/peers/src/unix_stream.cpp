// SPDX-License-Identifier: MIT
#include "bench/peers/src/descriptors.hpp"
#include "bench/peers/src/link.hpp"
#include "bench/peers/src/peer.hpp"

#include <sys/socket.h>

namespace shunt::peers {
namespace {

class Way : public SocketPairWay {
public:
    Way() : SocketPairWay{SOCK_STREAM} {}
};

constexpr bench::Contender kContender = by_calls<Way>("unix_stream");

}  // namespace

const Peer kUnixStream{.key = "unix_stream",
                       .what = "connected Unix stream sockets",
                       .waits = Waits::blocking,
                       .copies = 2,
                       .capacity = "the socket's buffer",
                       .order = "in order; a writer waits for room",
                       .settings = "the system's own",
                       .version = {},
                       .contender = &kContender,
                       .absent = absence<Way>};

}  // namespace shunt::peers
