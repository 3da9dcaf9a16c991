// SPDX-License-Identifier: MIT
#include "bench/peers/src/helpers.hpp"
#include "bench/peers/src/link.hpp"
#include "bench/peers/src/peer.hpp"
#include "bench/peers/src/queue.hpp"

#include <nng/nng.h>
#include <nng/protocol/pair0/pair.h>

namespace shunt::peers {
namespace {

void checked(const std::string& call, int result) {
    if (result != 0) {
        failed(call, nng_strerror(result));
    }
}

class Way : public PlainWay {
public:
    void open(bench::Stage& stage, std::byte* /*memory*/) {
        const HelpersElsewhere elsewhere{stage.task()};
        const std::string name = "abstract://shunt-peers." + stage.task().channel;
        const int most = static_cast<int>(kQueueCapacity);
        checked("nng_pair0_open", nng_pair0_open(&socket_));
        checked("NNG_OPT_SENDBUF", nng_socket_set_int(socket_, NNG_OPT_SENDBUF, most));
        checked("NNG_OPT_RECVBUF", nng_socket_set_int(socket_, NNG_OPT_RECVBUF, most));
        if (stage.first()) {
            checked("nng_listen " + name, nng_listen(socket_, name.c_str(), nullptr, 0));
        }
        stage.meet();
        if (!stage.first()) {
            checked("nng_dial " + name, nng_dial(socket_, name.c_str(), nullptr, 0));
        }
    }
    void close() {
        nng_close(socket_);
        nng_fini();
    }
    void send(unsigned /*side*/, std::byte* bytes, std::size_t size) {
        checked("nng_send", nng_send(socket_, bytes, size, 0));
    }
    bool receive(unsigned /*side*/, std::byte* bytes, std::size_t size) {
        std::size_t got = size;
        checked("nng_recv", nng_recv(socket_, bytes, &got, 0));
        check_size("nng", got, size);
        return true;
    }

private:
    nng_socket socket_ = NNG_SOCKET_INITIALIZER;
};

constexpr bench::Contender kContender = by_calls<Way>("nng");

}  // namespace

const Peer kNng{.key = "nng",
                .what = "nng pair0 over its ipc transport",
                .waits = Waits::blocking,
                .copies = 4,
                .capacity = "2048 messages, and the socket's buffer",
                .order = "in order; a writer waits for room",
                .settings = "both buffers 1024 messages, an abstract name",
                .version = SHUNT_PEER_VERSION,
                .contender = &kContender,
                .absent = absence<Way>,
                .helper_threads = 26,
                .helpers = "13 in each process: tasks, a poller, timers"};

}  // namespace shunt::peers
