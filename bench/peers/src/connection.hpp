// SPDX-License-Identifier: MIT
//
// A stream connection of the pair that is new in each run, for libraries that say goodbye on it.
#pragma once

#include "bench/peers/src/link.hpp"

#include <shunt/allocators/file.hpp>

#include <sys/socket.h>
#include <cstring>

namespace shunt::peers {

class Connections {
public:
    /// By the parent.
    Connections() { make_pair(passes_); }

    /// By both sides: the ends of one Unix socket pair.
    [[nodiscard]] FileHandle connect(const bench::Stage& stage) {
        if (!stage.first()) {
            return taken();
        }
        FileHandle ends[2];
        make_pair(ends);
        give(ends[1].get());
        return std::move(ends[0]);
    }

private:
    union Control {  // aligned as a header must be
        cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    };
    struct Envelope {
        explicit Envelope(Control& control) noexcept {
            message.msg_iov = &content;
            message.msg_iovlen = 1;
            message.msg_control = control.bytes;
            message.msg_controllen = sizeof(control.bytes);
        }
        char byte = 0;
        iovec content{&byte, 1};
        msghdr message{};
    };

    static void make_pair(FileHandle (&ends)[2]) {
        int pair[2];
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
            refused("socketpair");
        }
        ends[0].reset(pair[0]);
        ends[1].reset(pair[1]);
    }
    void give(int end) {
        Control control{};
        Envelope envelope{control};
        cmsghdr* const header = CMSG_FIRSTHDR(&envelope.message);
        header->cmsg_level = SOL_SOCKET;
        header->cmsg_type = SCM_RIGHTS;
        header->cmsg_len = CMSG_LEN(sizeof(end));
        std::memcpy(CMSG_DATA(header), &end, sizeof(end));
        if (::sendmsg(passes_[0].get(), &envelope.message, 0) != 1) {
            refused("sendmsg of a socket");
        }
    }
    FileHandle taken() {
        Control control{};
        Envelope envelope{control};
        if (::recvmsg(passes_[1].get(), &envelope.message, MSG_CMSG_CLOEXEC) != 1 ||
            CMSG_FIRSTHDR(&envelope.message) == nullptr) {
            refused("recvmsg of a socket");
        }
        int end = -1;
        std::memcpy(&end, CMSG_DATA(CMSG_FIRSTHDR(&envelope.message)), sizeof(end));
        return FileHandle{end};
    }

    FileHandle passes_[2];  // of each side
};

}  // namespace shunt::peers
