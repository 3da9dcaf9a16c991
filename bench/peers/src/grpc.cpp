// SPDX-License-Identifier: MIT
#include "bench/peers/src/calls.hpp"
#include "bench/peers/src/connection.hpp"
#include "bench/peers/src/helpers.hpp"
#include "bench/peers/src/peer.hpp"

#include <grpcpp/create_channel_posix.h>
#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/server_posix.h>

#include <fcntl.h>
#include <memory>

namespace shunt::peers {
namespace {

grpc::ByteBuffer buffer_of(const std::byte* bytes, std::size_t size) {
    const grpc::Slice slice{bytes, size};
    return {&slice, 1};
}
void copy_out(const grpc::ByteBuffer& buffer, std::byte* to, std::size_t size) {
    check_size("grpc", buffer.Length(), size);
    std::vector<grpc::Slice> slices;
    if (!buffer.Dump(&slices).ok()) {
        failed("ByteBuffer::Dump", "refused");
    }
    for (const grpc::Slice& slice : slices) {
        std::memcpy(to, slice.begin(), slice.size());
        to += slice.size();
    }
}

// Waits on the thread that asks; one thing at a time is under way on a queue.
void wait_for(grpc::CompletionQueue& queue, const char* what) {
    void* tag = nullptr;
    bool well = false;
    if (!queue.Next(&tag, &well) || !well) {
        failed("grpc", std::string{what} + " did not come");
    }
}

struct Client {
    explicit Client(int connection)
        : stub{grpc::CreateInsecureChannelFromFd("shunt-peers", connection)} {}

    grpc::GenericStub stub;
    grpc::CompletionQueue queue;
};

struct Call {
    grpc::GenericServerContext context;
    grpc::GenericServerAsyncReaderWriter stream{&context};
};

struct Server {
    explicit Server(int connection) {
        grpc::ServerBuilder builder;
        builder.RegisterAsyncGenericService(&service);
        queue = builder.AddCompletionQueue();
        server = builder.BuildAndStart();
        if (!server) {
            failed("ServerBuilder::BuildAndStart", "refused");
        }
        grpc::AddInsecureChannelFromFd(server.get(), connection);
    }
    ~Server() {
        server->Shutdown();
        queue->Shutdown();
        void* tag = nullptr;
        bool well = false;
        while (queue->Next(&tag, &well)) {
        }
    }
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    grpc::AsyncGenericService service;
    std::unique_ptr<grpc::ServerCompletionQueue> queue;
    std::unique_ptr<grpc::Server> server;
    std::optional<Call> call;
};

// A method whose request and reply are bytes: nothing is generated and nothing parsed.
class Way : public PlainWay {
public:
    void open(bench::Stage& stage, std::byte* /*memory*/) {
        const HelpersElsewhere elsewhere{stage.task()};
        const int connection = connections_.connect(stage).release();
        if (::fcntl(connection, F_SETFL, O_NONBLOCK) != 0) {
            refused("fcntl");
        }
        if (stage.first()) {
            client_.emplace(connection);
        } else {
            server_.emplace(connection);
        }
    }
    void close() {
        client_.reset();
        server_.reset();
    }
    void call(const std::byte* request, std::byte* reply, std::size_t size) {
        grpc::ClientContext context;
        grpc::ByteBuffer answer;
        grpc::Status status;
        const auto rpc = client_->stub.PrepareUnaryCall(&context, "/shunt.Peers/Echo",
                                                        buffer_of(request, size), &client_->queue);
        rpc->StartCall();
        rpc->Finish(&answer, &status, nullptr);
        wait_for(client_->queue, "a reply");
        if (!status.ok()) {
            failed("grpc", status.error_message());
        }
        copy_out(answer, reply, size);
    }
    void serve(std::byte* request, std::size_t size) {
        grpc::ServerCompletionQueue& queue = *server_->queue;
        Call& call = server_->call.emplace();
        server_->service.RequestCall(&call.context, &call.stream, &queue, &queue, nullptr);
        wait_for(queue, "a call");
        grpc::ByteBuffer asks;
        call.stream.Read(&asks, nullptr);
        wait_for(queue, "a request");
        copy_out(asks, request, size);
    }
    void reply(const std::byte* bytes, std::size_t size) {
        server_->call->stream.WriteAndFinish(buffer_of(bytes, size), {}, grpc::Status::OK, nullptr);
        wait_for(*server_->queue, "the end of a call");
    }

private:
    Connections connections_;
    std::optional<Client> client_;
    std::optional<Server> server_;
};

constexpr bench::Contender kContender = by_requests<Way>("grpc");

}  // namespace

const Peer kGrpc{.key = "grpc",
                 .what = "gRPC, a unary call with a payload of bytes over a socket pair",
                 .waits = Waits::blocking,
                 .copies = 4,
                 .capacity = "the stream's window of 64 KiB",
                 .order = "in order of one stream; a writer waits for room",
                 .settings =
                     "generic stub and service, no TLS, completion queues waited on by the "
                     "thread that calls",
                 .version = SHUNT_PEER_VERSION,
                 .contender = &kContender,
                 .absent = absence<Way>,
                 .helper_threads = 14,
                 .helpers = "7 in each process: executors, timers"};

}  // namespace shunt::peers
