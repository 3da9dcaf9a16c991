// SPDX-License-Identifier: MIT
#include "bench/peers/src/calls.hpp"
#include "bench/peers/src/connection.hpp"
#include "bench/peers/src/peer.hpp"

#include <rpc/rpc.h>

#include <poll.h>
#include <sys/un.h>
#include <cstdarg>

namespace shunt::peers {
namespace {

constexpr rpcprog_t kProgram = 0x20000000;  // the first of those that users choose
constexpr rpcvers_t kVersion = 1;
constexpr rpcproc_t kEcho = 1;
constexpr timeval kPatience{60, 0};

struct Payload {
    std::byte* bytes;
    std::size_t size;
};

// As the library declares them: of an XDR stream and a Payload.
bool_t payload(XDR* stream, ...) {
    va_list arguments;
    va_start(arguments, stream);
    const Payload* const of = va_arg(arguments, const Payload*);
    va_end(arguments);
    return xdr_opaque(stream, static_cast<char*>(static_cast<void*>(of->bytes)),
                      static_cast<u_int>(of->size));
}

// Both ends are made on a connection that is there: no name, and no rpcbind to ask for it.
class Way : public PlainWay {
public:
    void open(bench::Stage& stage, std::byte* /*memory*/) {
        connection_ = connections_.connect(stage);
        if (stage.first()) {
            sockaddr_un nobody{};
            nobody.sun_family = AF_UNIX;
            const netbuf address{sizeof(nobody), sizeof(nobody), &nobody};
            client_ = ::clnt_vc_create(connection_.get(), &address, kProgram, kVersion, 0, 0);
            if (client_ == nullptr) {
                failed("clnt_vc_create", ::clnt_spcreateerror("libtirpc"));
            }
        } else {
            server_ = ::svc_fd_create(connection_.get(), 0, 0);
            if (server_ == nullptr ||
                ::svc_reg(server_, kProgram, kVersion, dispatch, nullptr) == 0) {
                failed("svc_fd_create", "refused");
            }
        }
    }
    void close() {
        if (client_ != nullptr) {
            clnt_destroy(client_);
            client_ = nullptr;
            connection_.reset();
        }
        if (server_ != nullptr) {
            ::svc_unreg(kProgram, kVersion);
            svc_destroy(server_);  // closes the descriptor
            server_ = nullptr;
            (void)connection_.release();
        }
    }
    void call(std::byte* request, std::byte* reply, std::size_t size) {
        Payload asks{request, size};
        Payload answer{reply, size};
        const clnt_stat status =
            clnt_call(client_, kEcho, payload, &asks, payload, &answer, kPatience);
        if (status != RPC_SUCCESS) {
            failed("clnt_call", ::clnt_sperror(client_, "libtirpc"));
        }
    }
    void serve(std::byte* request, std::size_t size) {
        asked_ = {request, size};
        while (asked_.bytes != nullptr) {
            pollfd readable{connection_.get(), POLLIN, 0};
            if (::poll(&readable, 1, -1) != 1) {
                refused("poll");
            }
            ::svc_getreq_common(connection_.get());
        }
    }
    void reply(std::byte* bytes, std::size_t size) {
        Payload answer{bytes, size};
        if (::svc_sendreply(server_, payload, &answer) == 0) {
            failed("svc_sendreply", "refused");
        }
    }

private:
    static void dispatch(svc_req* request, SVCXPRT* server);

    Connections connections_;
    FileHandle connection_;
    CLIENT* client_ = nullptr;
    SVCXPRT* server_ = nullptr;
    Payload asked_{};  // where the next request goes; null: it is there
};

// The library tells it nothing of whose it is.
void Way::dispatch(svc_req* /*request*/, SVCXPRT* server) {
    Way& of = way<Way>();
    if (svc_getargs(server, payload, &of.asked_) == 0) {
        failed("svc_getargs", "a request that cannot be read");
    }
    of.asked_ = {};
}

constexpr bench::Contender kContender = by_requests<Way>("libtirpc");

}  // namespace

const Peer kLibtirpc{.key = "libtirpc",
                     .what = "ONC RPC of libtirpc over a socket pair, no rpcbind",
                     .waits = Waits::blocking,
                     .copies = 4,
                     .capacity = "1 call",
                     .order = "in order",
                     .settings = "opaque bytes of a known length",
                     .version = SHUNT_PEER_VERSION,
                     .contender = &kContender,
                     .absent = absence<Way>};

}  // namespace shunt::peers
