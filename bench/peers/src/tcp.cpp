// SPDX-License-Identifier: MIT
#include "bench/peers/src/descriptors.hpp"
#include "bench/peers/src/link.hpp"
#include "bench/peers/src/loopback.hpp"
#include "bench/peers/src/peer.hpp"

#include <netinet/tcp.h>
#include <sys/socket.h>

namespace shunt::peers {
namespace {

class Way : public DescriptorWay {
public:
    Way() {
        const FileHandle listens = loopback_socket(SOCK_STREAM);
        if (::listen(listens.get(), 1) != 0) {
            refused("listen on 127.0.0.1");
        }
        writes_[0] = loopback_socket(SOCK_STREAM);
        connect_to(writes_[0], listens);
        writes_[1].reset(::accept4(listens.get(), nullptr, nullptr, SOCK_CLOEXEC));
        for (const FileHandle& socket : writes_) {
            const int on = 1;
            if (!socket ||
                ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) != 0) {
                refused("TCP_NODELAY on 127.0.0.1");
            }
        }
    }
};

constexpr bench::Contender kContender = by_calls<Way>("tcp");

}  // namespace

const Peer kTcp{.key = "tcp",
                .what = "TCP over the loopback device",
                .waits = Waits::blocking,
                .copies = 2,
                .capacity = "the sockets' buffers",
                .order = "in order; a writer waits for room",
                .settings = "TCP_NODELAY",
                .version = {},
                .contender = &kContender,
                .absent = absence<Way>};

}  // namespace shunt::peers
