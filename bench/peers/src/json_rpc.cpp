// SPDX-License-Identifier: MIT
#include "bench/peers/src/calls.hpp"
#include "bench/peers/src/connection.hpp"
#include "bench/peers/src/peer.hpp"

#include <sys/uio.h>
#include <unistd.h>
#include <array>
#include <exception>
#include <map>
#include <memory>
#include <vector>

// Its headers say what they throw in the manner that C++17 no longer has: of those it has left one,
// `throw()`, which is noexcept.
#ifdef __clang__
#pragma clang diagnostic ignored "-Wkeyword-macro"
#endif
#define throw(...) noexcept(sizeof("" #__VA_ARGS__) == 1)
#include <jsonrpccpp/client.h>
#include <jsonrpccpp/server.h>
#undef throw

namespace shunt::peers {
namespace {

// Text behind its length.
void write_text(int to, const std::string& text) {
    const std::uint64_t length = text.size();
    const std::array<iovec, 2> parts{iovec{const_cast<std::uint64_t*>(&length), sizeof(length)},
                                     iovec{const_cast<char*>(text.data()), text.size()}};
    const ssize_t all = static_cast<ssize_t>(sizeof(length) + text.size());
    if (::writev(to, parts.data(), parts.size()) != all) {
        refused("writev");
    }
}
void read_text(int from, std::string& text) {
    const auto read_all = [from](void* to, std::size_t size) {
        if (::recv(from, to, size, MSG_WAITALL) != static_cast<ssize_t>(size)) {
            refused("recv");
        }
    };
    std::uint64_t length = 0;
    read_all(&length, sizeof(length));
    text.resize(length);
    read_all(text.data(), length);
}

// The payload as numbers of 64 bits.
Json::Value numbers(const std::byte* bytes, std::size_t size) {
    Json::Value all{Json::arrayValue};
    for (std::size_t at = 0; at < size; at += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, bytes + at, 8);
        all.append(Json::Value{Json::UInt64{word}});
    }
    return all;
}
void copy_out(const Json::Value& all, std::byte* to, std::size_t size) {
    check_size("json_rpc", 8 * all.size(), size);
    for (Json::ArrayIndex i = 0; i < all.size(); ++i) {
        const std::uint64_t word = all[i].asUInt64();
        std::memcpy(to + std::size_t{8} * i, &word, 8);
    }
}

class Connector : public jsonrpc::IClientConnector {
public:
    explicit Connector(int connection) noexcept : connection_{connection} {}
    void SendRPCMessage(const std::string& message, std::string& result) override {
        write_text(connection_, message);
        read_text(connection_, result);
    }

private:
    int connection_;
};

// The one method: it takes the numbers, and they are its result.
class Echo : public jsonrpc::IProcedureInvokationHandler {
public:
    Echo()
        : protocol_{jsonrpc::RequestHandlerFactory::createProtocolHandler(
              jsonrpc::JSONRPC_SERVER_V2, *this)} {
        protocol_->AddProcedure(jsonrpc::Procedure{"echo", jsonrpc::PARAMS_BY_NAME,
                                                   jsonrpc::JSON_ARRAY, "words",
                                                   jsonrpc::JSON_ARRAY, nullptr});
    }
    void HandleMethodCall(jsonrpc::Procedure& /*procedure*/, const Json::Value& input,
                          Json::Value& output) override {
        words_ = input["words"];
        output = words_;
    }
    void HandleNotificationCall(jsonrpc::Procedure& /*procedure*/,
                                const Json::Value& /*input*/) override {}
    // What was in the request; `response` is what answers it.
    const Json::Value& handle(const std::string& request, std::string& response) {
        response.clear();
        words_ = Json::Value{};
        protocol_->HandleRequest(request, response);
        return words_;
    }

private:
    std::unique_ptr<jsonrpc::IProtocolHandler> protocol_;
    Json::Value words_;
};

// The library's own connector for Unix sockets connects anew for each call and makes a thread for
// it; these keep one connection and serve it on the thread that waits.
class Way : public PlainWay {
public:
    void open(bench::Stage& stage, std::byte* /*memory*/) {
        connection_ = connections_.connect(stage);
        if (stage.first()) {
            connector_.emplace(connection_.get());
            client_.emplace(*connector_);
        } else {
            echo_.emplace();
        }
    }
    void close() {
        client_.reset();
        connector_.reset();
        echo_.reset();
        connection_.reset();
    }
    void call(const std::byte* request, std::byte* reply, std::size_t size) {
        Json::Value parameters;
        parameters["words"] = numbers(request, size);
        copy_out(client_->CallMethod("echo", parameters), reply, size);
    }
    void serve(std::byte* request, std::size_t size) {
        read_text(connection_.get(), text_);
        copy_out(echo_->handle(text_, response_), request, size);
    }
    void reply(const std::byte* /*bytes*/, std::size_t /*size*/) {
        write_text(connection_.get(), response_);
    }

private:
    Connections connections_;
    FileHandle connection_;
    std::optional<Connector> connector_;
    std::optional<jsonrpc::Client> client_;
    std::optional<Echo> echo_;
    std::string text_;
    std::string response_;
};

constexpr bench::Contender kContender = by_requests<Way>("json_rpc");

}  // namespace

const Peer kJsonRpc{.key = "json_rpc",
                    .what = "JSON-RPC 2.0 of libjson-rpc-cpp over a socket pair, words as numbers",
                    .waits = Waits::blocking,
                    .copies = 6,
                    .capacity = "1 call",
                    .order = "in order",
                    .settings = "a connector of our own, which keeps its connection",
                    .version = SHUNT_PEER_VERSION,
                    .contender = &kContender,
                    .absent = absence<Way>};

}  // namespace shunt::peers
