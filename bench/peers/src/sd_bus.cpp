// SPDX-License-Identifier: MIT
#include "bench/peers/src/calls.hpp"
#include "bench/peers/src/connection.hpp"
#include "bench/peers/src/peer.hpp"

#include <systemd/sd-bus.h>

#include <memory>

namespace shunt::peers {
namespace {

constexpr const char* kPath = "/shunt";
constexpr const char* kInterface = "shunt.Peers";
constexpr const char* kMember = "Echo";

struct Unref {
    void operator()(sd_bus* bus) const noexcept { sd_bus_flush_close_unref(bus); }
    void operator()(sd_bus_message* message) const noexcept { sd_bus_message_unref(message); }
};
using Bus = std::unique_ptr<sd_bus, Unref>;
using Message = std::unique_ptr<sd_bus_message, Unref>;

// The library's calls return an errno below zero.
int checked(const char* call, int result) {
    if (result < 0) {
        failed(call, std::system_category().message(-result));
    }
    return result;
}

// No daemon: the two ends of a connection talk to each other.
class Way : public PlainWay {
public:
    void open(bench::Stage& stage, std::byte* /*memory*/) {
        FileHandle end = connections_.connect(stage);
        sd_bus* bus = nullptr;
        checked("sd_bus_new", sd_bus_new(&bus));
        bus_.reset(bus);
        const int fd = end.release();
        checked("sd_bus_set_fd", sd_bus_set_fd(bus, fd, fd));
        checked("sd_bus_set_anonymous", sd_bus_set_anonymous(bus, 1));
        if (!stage.first()) {
            sd_id128_t id{};
            checked("sd_id128_randomize", sd_id128_randomize(&id));
            checked("sd_bus_set_server", sd_bus_set_server(bus, 1, id));
            checked("sd_bus_add_filter", sd_bus_add_filter(bus, nullptr, take, this));
        }
        checked("sd_bus_start", sd_bus_start(bus));
    }
    void close() {
        request_.reset();
        bus_.reset();
    }
    void call(const std::byte* request, std::byte* reply, std::size_t size) {
        sd_bus_message* made = nullptr;
        checked(
            "sd_bus_message_new_method_call",
            sd_bus_message_new_method_call(bus_.get(), &made, nullptr, kPath, kInterface, kMember));
        const Message asks{made};
        checked("sd_bus_message_append_array",
                sd_bus_message_append_array(made, SD_BUS_TYPE_BYTE, request, size));
        sd_bus_error error{};
        sd_bus_message* answer = nullptr;
        if (sd_bus_call(bus_.get(), made, ~std::uint64_t{0}, &error, &answer) < 0) {
            failed("sd_bus_call", error.message != nullptr ? error.message : "no reply");
        }
        copy_out(Message{answer}, reply, size);
    }
    void serve(std::byte* request, std::size_t size) {
        while (!request_) {
            if (checked("sd_bus_process", sd_bus_process(bus_.get(), nullptr)) == 0) {
                checked("sd_bus_wait", sd_bus_wait(bus_.get(), ~std::uint64_t{0}));
            }
        }
        copy_out(request_, request, size);
    }
    void reply(const std::byte* bytes, std::size_t size) {
        sd_bus_message* made = nullptr;
        checked("sd_bus_message_new_method_return",
                sd_bus_message_new_method_return(request_.get(), &made));
        const Message answers{made};
        request_.reset();
        checked("sd_bus_message_append_array",
                sd_bus_message_append_array(made, SD_BUS_TYPE_BYTE, bytes, size));
        checked("sd_bus_send", sd_bus_send(bus_.get(), made, nullptr));
    }

private:
    static int take(sd_bus_message* message, void* way, sd_bus_error* /*error*/) {
        if (sd_bus_message_is_method_call(message, kInterface, kMember) <= 0) {
            return 0;
        }
        static_cast<Way*>(way)->request_.reset(sd_bus_message_ref(message));
        return 1;
    }
    static void copy_out(const Message& message, std::byte* to, std::size_t size) {
        const void* bytes = nullptr;
        std::size_t got = 0;
        checked("sd_bus_message_read_array",
                sd_bus_message_read_array(message.get(), SD_BUS_TYPE_BYTE, &bytes, &got));
        check_size("sd_bus", got, size);
        std::memcpy(to, bytes, size);
    }

    Connections connections_;
    Bus bus_;
    Message request_;
};

constexpr bench::Contender kContender = by_requests<Way>("sd_bus");

}  // namespace

const Peer kSdBus{.key = "sd_bus",
                  .what = "sd-bus, a method of the other end of a socket pair, no daemon",
                  .waits = Waits::blocking,
                  .copies = 4,
                  .capacity = "the socket's buffer",
                  .order = "in order; a writer waits for room",
                  .settings = "anonymous, no credentials asked for",
                  .version = SHUNT_PEER_VERSION,
                  .contender = &kContender,
                  .absent = absence<Way>};

}  // namespace shunt::peers
