// SPDX-License-Identifier: MIT
#include "bench/peers/src/descriptors.hpp"
#include "bench/peers/src/link.hpp"
#include "bench/peers/src/peer.hpp"
#include "bench/peers/src/temporary.hpp"

#include <fcntl.h>
#include <sys/stat.h>

namespace shunt::peers {
namespace {

// Opened for both, so that no end waits for the other to be opened.
class Way : public DescriptorWay {
public:
    Way() {
        const TemporaryDirectory directory;
        for (unsigned side = 0; side < 2; ++side) {
            const std::string name = directory.file(std::to_string(side));
            if (::mkfifo(name.c_str(), 0600) != 0) {
                refused("mkfifo " + name);
            }
            writes_[side] = FileHandle::open(name.c_str(), O_RDWR);
            reads_[1 - side] = FileHandle::open(name.c_str(), O_RDWR);
            if (!writes_[side] || !reads_[1 - side]) {
                refused("open " + name);
            }
        }
    }
};

constexpr bench::Contender kContender = by_calls<Way>("fifo");

}  // namespace

const Peer kFifo{.key = "fifo",
                 .what = "named pipe, one each way",
                 .waits = Waits::blocking,
                 .copies = 2,
                 .capacity = "64 KiB",
                 .order = "in order; a writer waits for room",
                 .settings = "the system's own",
                 .version = {},
                 .contender = &kContender,
                 .absent = absence<Way>};

}  // namespace shunt::peers
