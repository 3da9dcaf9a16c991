// SPDX-License-Identifier: MIT
//
// Sockets of 127.0.0.1.
#pragma once

#include "bench/peers/src/link.hpp"

#include <shunt/allocators/file.hpp>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace shunt::peers {

[[nodiscard]] inline sockaddr* plain(sockaddr_in& address) noexcept {
    return static_cast<sockaddr*>(static_cast<void*>(&address));
}

/// A socket bound to a free port there.
[[nodiscard]] inline FileHandle loopback_socket(int type) {
    FileHandle made{::socket(AF_INET, type | SOCK_CLOEXEC, 0)};
    sockaddr_in any{};
    any.sin_family = AF_INET;
    any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (!made || ::bind(made.get(), plain(any), sizeof(any)) != 0) {
        refused("a socket bound to 127.0.0.1");
    }
    return made;
}

inline void connect_to(const FileHandle& from, const FileHandle& to) {
    sockaddr_in address{};
    socklen_t bytes = sizeof(address);
    if (::getsockname(to.get(), plain(address), &bytes) != 0 ||
        ::connect(from.get(), plain(address), bytes) != 0) {
        refused("connect to 127.0.0.1");
    }
}

}  // namespace shunt::peers
