// SPDX-License-Identifier: MIT
#include "bench/peers/src/link.hpp"
#include "bench/peers/src/peer.hpp"

#include <shunt/allocators/file.hpp>

#include <fcntl.h>
#include <mqueue.h>
#include <unistd.h>

namespace shunt::peers {
namespace {

constexpr std::size_t kMostBytes = 8192;  // as the system has it
constexpr long kMessages = 10;

// A queue is a descriptor on Linux; its name is gone at once.
class Way : public PlainWay {
public:
    Way() {
        for (unsigned side = 0; side < 2; ++side) {
            const std::string name =
                "/shunt-peers-" + std::to_string(::getpid()) + "-" + std::to_string(side);
            mq_attr shape{};
            shape.mq_maxmsg = kMessages;
            shape.mq_msgsize = kMostBytes;
            to_[side].reset(::mq_open(name.c_str(), O_RDWR | O_CREAT | O_EXCL, 0600, &shape));
            if (!to_[side]) {
                refused("mq_open " + name);
            }
            ::mq_unlink(name.c_str());
        }
    }
    void send(unsigned side, const std::byte* bytes, std::size_t size) {
        if (::mq_send(to_[1 - side].get(),
                      static_cast<const char*>(static_cast<const void*>(bytes)), size, 0) != 0) {
            refused("mq_send");
        }
    }
    bool receive(unsigned side, std::byte* bytes, std::size_t size) {
        const ssize_t got = ::mq_receive(to_[side].get(), message_, sizeof(message_), nullptr);
        if (got != static_cast<ssize_t>(size)) {
            refused("mq_receive");
        }
        std::memcpy(bytes, message_, size);
        return true;
    }

private:
    FileHandle to_[2];
    char message_[kMostBytes];  // the kernel insists on room for the largest
};

constexpr bench::Contender kContender = by_calls<Way>("posix_mq");

}  // namespace

const Peer kPosixMq{.key = "posix_mq",
                    .what = "POSIX message queue, one each way",
                    .waits = Waits::blocking,
                    .copies = 3,
                    .capacity = "10 messages",
                    .order = "in order, by priority; a writer waits for room",
                    .settings = "10 messages of at most 8 KiB",
                    .version = {},
                    .contender = &kContender,
                    .absent = absence<Way>};

}  // namespace shunt::peers
