// SPDX-License-Identifier: MIT
#include "bench/peers/src/helpers.hpp"
#include "bench/peers/src/link.hpp"
#include "bench/peers/src/peer.hpp"
#include "bench/peers/src/queue.hpp"

#include <zmq.h>

namespace shunt::peers {
namespace {

// Its sockets of the kernel have names without a file. Busy: what may sleep is not allowed to.
template <bool Busy>
class Way : public PlainWay {
public:
    void open(bench::Stage& stage, std::byte* /*memory*/) {
        const HelpersElsewhere elsewhere{stage.task()};
        const std::string name = "ipc://@shunt-peers." + stage.task().channel;
        const int most = static_cast<int>(kQueueCapacity);
        context_ = zmq_ctx_new();
        socket_ = zmq_socket(context_, ZMQ_PAIR);
        if (socket_ == nullptr || zmq_setsockopt(socket_, ZMQ_SNDHWM, &most, sizeof(most)) != 0 ||
            zmq_setsockopt(socket_, ZMQ_RCVHWM, &most, sizeof(most)) != 0) {
            refused_by("zmq_socket");
        }
        if (stage.first() && zmq_bind(socket_, name.c_str()) != 0) {
            refused_by("zmq_bind " + name);
        }
        stage.meet();
        if (!stage.first() && zmq_connect(socket_, name.c_str()) != 0) {
            refused_by("zmq_connect " + name);
        }
    }
    void close() {
        zmq_close(socket_);
        zmq_ctx_term(context_);
    }
    bool send(unsigned /*side*/, const std::byte* bytes, std::size_t size) {
        return done("zmq_send", zmq_send(socket_, bytes, size, kFlags), size);
    }
    bool receive(unsigned /*side*/, std::byte* bytes, std::size_t size) {
        return done("zmq_recv", zmq_recv(socket_, bytes, size, kFlags), size);
    }

private:
    static constexpr int kFlags = Busy ? ZMQ_DONTWAIT : 0;

    [[noreturn]] static void refused_by(const std::string& call) {
        failed(call, zmq_strerror(zmq_errno()));
    }
    static bool done(const char* call, int result, std::size_t size) {
        if (result < 0) {
            if (Busy && zmq_errno() == EAGAIN) {
                return false;
            }
            refused_by(call);
        }
        check_size("zeromq", static_cast<std::size_t>(result), size);
        return true;
    }

    void* context_ = nullptr;
    void* socket_ = nullptr;
};

constexpr bench::Contender kBlocking = by_calls<Way<false>>("zeromq");
constexpr bench::Contender kBusy = by_calls<Way<true>>("zeromq_busy");

constexpr std::string_view kWhat = "ZeroMQ PAIR over ipc://";
constexpr std::string_view kCapacity = "2048 messages, and the socket's buffer";
constexpr std::string_view kOrder = "in order; a writer waits for room";
constexpr std::string_view kSettings = "both high-water marks 1024, one I/O thread";

}  // namespace

const Peer kZeromq{.key = "zeromq",
                   .what = kWhat,
                   .waits = Waits::blocking,
                   .copies = 4,
                   .capacity = kCapacity,
                   .order = kOrder,
                   .settings = kSettings,
                   .version = SHUNT_PEER_VERSION,
                   .contender = &kBlocking,
                   .absent = absence<Way<false>>,
                   .helper_threads = 4,
                   .helpers = "in each process one for I/O and one that takes sockets down"};

const Peer kZeromqBusy{.key = "zeromq_busy",
                       .what = "ZeroMQ PAIR over ipc://, polled with ZMQ_DONTWAIT",
                       .waits = Waits::busy,
                       .copies = 4,
                       .capacity = kCapacity,
                       .order = kOrder,
                       .settings = kSettings,
                       .version = SHUNT_PEER_VERSION,
                       .contender = &kBusy,
                       .absent = absence<Way<true>>,
                       .helper_threads = 4,
                       .helpers = "in each process one for I/O and one that takes sockets down"};

}  // namespace shunt::peers
