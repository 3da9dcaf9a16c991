// SPDX-License-Identifier: MIT
#include "bench/peers/src/descriptors.hpp"
#include "bench/peers/src/link.hpp"
#include "bench/peers/src/peer.hpp"

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

namespace shunt::peers {
namespace {

// The pages of the message are put into a pipe, not copied; the answer says that they were read.
class Way : public PipeWay {
public:
    Way() {
        const std::uint64_t word = 1;
        std::uint64_t got = 0;
        send(0, bytes_of(word), sizeof(word));
        receive(1, bytes_of(got), sizeof(got));
    }
    void send(unsigned side, const std::byte* bytes, std::size_t size) {
        const iovec message{const_cast<std::byte*>(bytes), size};
        if (::vmsplice(out(side), &message, 1, 0) != static_cast<ssize_t>(size)) {
            refused("vmsplice");
        }
    }
};

constexpr bench::Contender kContender = by_calls<Way>("vmsplice");

}  // namespace

const Peer kVmsplice{.key = "vmsplice",
                     .what = "vmsplice into a pipe, read out of it",
                     .waits = Waits::blocking,
                     .copies = 1,
                     .capacity = "16 pages",
                     .order = "in order; a writer waits for room",
                     .settings = "none",
                     .version = {},
                     .contender = &kContender,
                     .absent = absence<Way>,
                     .pingpong_only = "the pages are the writer's again when the answer comes"};

}  // namespace shunt::peers
