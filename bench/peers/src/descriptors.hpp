// SPDX-License-Identifier: MIT
//
// A Way over two descriptors of each side, one to write to and one to read from, whose calls carry
// whole messages: what a stream cuts into pieces is read until it is whole.
#pragma once

#include "bench/peers/src/link.hpp"

#include <shunt/allocators/file.hpp>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <array>
#include <cstddef>

namespace shunt::peers {

class DescriptorWay : public PlainWay {
public:
    void send(unsigned side, const std::byte* bytes, std::size_t size) {
        while (size != 0) {
            const ssize_t done = ::write(out(side), bytes, size);
            if (done < 0) {
                refused("write");
            }
            bytes += done;
            size -= static_cast<std::size_t>(done);
        }
    }
    bool receive(unsigned side, std::byte* bytes, std::size_t size) {
        while (size != 0) {
            const ssize_t done = ::read(in(side), bytes, size);
            if (done <= 0) {
                refused("read");
            }
            bytes += done;
            size -= static_cast<std::size_t>(done);
        }
        return true;
    }

protected:
    [[nodiscard]] int out(unsigned side) const noexcept { return writes_[side].get(); }
    [[nodiscard]] int in(unsigned side) const noexcept {
        return reads_[side] ? reads_[side].get() : writes_[side].get();
    }

    std::array<FileHandle, 2> writes_;  // of each side
    std::array<FileHandle, 2> reads_;   // empty: the same one
};

/// A pipe each way.
class PipeWay : public DescriptorWay {
protected:
    PipeWay() {
        for (unsigned side = 0; side < 2; ++side) {
            int ends[2];
            if (::pipe2(ends, O_CLOEXEC) != 0) {
                refused("pipe2");
            }
            reads_[1 - side].reset(ends[0]);
            writes_[side].reset(ends[1]);
        }
    }
};

/// A pair of connected sockets, one of each side.
class SocketPairWay : public DescriptorWay {
protected:
    explicit SocketPairWay(int type) {
        int pair[2];
        if (::socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, pair) != 0) {
            refused("socketpair");
        }
        writes_ = {FileHandle{pair[0]}, FileHandle{pair[1]}};
    }
};

}  // namespace shunt::peers
