// SPDX-License-Identifier: MIT
#include "bench/peers/src/link.hpp"
#include "bench/peers/src/peer.hpp"

#include <unistd.h>
#include <boost/interprocess/ipc/message_queue.hpp>
#include <boost/version.hpp>

namespace shunt::peers {
namespace {

namespace ipc = boost::interprocess;

constexpr std::size_t kMostBytes = 4096;
constexpr std::size_t kMessages = 1024;

// Mapped before the fork; its name is gone at once.
class Queue {
public:
    explicit Queue(unsigned number)
        : name_{"shunt-peers-" + std::to_string(::getpid()) + "-" + std::to_string(number)},
          queue_{ipc::create_only, name_.c_str(), kMessages, kMostBytes, ipc::permissions{0600}} {
        ipc::message_queue::remove(name_.c_str());
    }
    ipc::message_queue* operator->() noexcept { return &queue_; }

private:
    std::string name_;
    ipc::message_queue queue_;
};

class Way : public PlainWay {
public:
    Way() {
        try {
            for (unsigned side = 0; side < 2; ++side) {
                to_[side].emplace(side);
            }
        } catch (const ipc::interprocess_exception& error) {
            throw bench::Failure(
                bench::Exit::runtime,
                std::string{"boost::interprocess::message_queue: "} + error.what());
        }
    }
    void send(unsigned side, const std::byte* bytes, std::size_t size) {
        (*to_[1 - side])->send(bytes, size, 0);
    }
    bool receive(unsigned side, std::byte* bytes, std::size_t size) {
        ipc::message_queue::size_type got = 0;
        unsigned priority = 0;
        (*to_[side])->receive(message_, sizeof(message_), got, priority);
        if (got != size) {
            throw bench::Failure(bench::Exit::integrity, "boost_mq: a message of another size");
        }
        std::memcpy(bytes, message_, size);
        return true;
    }

private:
    std::optional<Queue> to_[2];
    std::byte message_[kMostBytes];  // it insists on room for the largest
};

constexpr bench::Contender kContender = by_calls<Way>("boost_mq");

}  // namespace

const Peer kBoostMq{.key = "boost_mq",
                    .what = "boost::interprocess::message_queue, one each way",
                    .waits = Waits::blocking,
                    .copies = 3,
                    .capacity = "1024 messages",
                    .order = "in order, by priority; a writer waits for room",
                    .settings = "messages of at most 4 KiB",
                    .version = "Boost " BOOST_LIB_VERSION,
                    .contender = &kContender,
                    .absent = absence<Way>};

}  // namespace shunt::peers
