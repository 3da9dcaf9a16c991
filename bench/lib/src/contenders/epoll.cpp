// SPDX-License-Identifier: MIT
//
// The floor of event loops: one buffer each way, told by an eventfd each way that the other side
// has in an epoll. Ping-pong only: there the answer says that the buffer was read.
#include "bench/lib/src/contenders/rivals.hpp"
#include "bench/lib/src/loops.hpp"

#include <shunt/allocators/file.hpp>
#include <shunt/core/bytes.hpp>
#include <shunt/core/config.hpp>

#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>
#include <array>
#include <atomic>
#include <cstring>
#include <vector>

namespace shunt::bench {

namespace {

using Word = std::atomic<std::uint64_t>;

constexpr std::uint64_t lane_bytes(std::size_t size) noexcept {
    return kLinePairBytes + align_up(size, kLinePairBytes);
}

// One for each side, made before the pair is forked.
const std::array<FileHandle, 2>& eventfds() {
    static const std::array<FileHandle, 2> made{FileHandle{::eventfd(0, EFD_CLOEXEC)},
                                                FileHandle{::eventfd(0, EFD_CLOEXEC)}};
    return made;
}

void check(const Task& task) {
    if (task.mode != Mode::pingpong) {
        throw Failure(Exit::usage, "the peer epoll is one of ping-pong alone");
    }
    if (!eventfds()[0] || !eventfds()[1]) {
        throw Failure(Exit::runtime, "no eventfd for the peer epoll; raise ulimit -n");
    }
}

class EpollLink {
public:
    static constexpr bool kBatches = false;

    EpollLink(std::byte* out, std::byte* in, int tells, int told, const Task& task)
        : out_{out},
          in_{in},
          tells_{tells},
          told_{told},
          epoll_{::epoll_create1(EPOLL_CLOEXEC)},
          size_{task.size},
          fields_{task.fields},
          sent_(size_),
          got_(size_) {
        epoll_event event{};
        event.events = EPOLLIN;
        if (!epoll_ || ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, told_, &event) != 0) {
            throw Failure(Exit::runtime, "no epoll for the peer epoll; raise ulimit -n");
        }
    }

    void prepare(std::uint64_t seq) noexcept { write(sent_.data(), size_, seq, fields_); }

    bool try_send(std::uint64_t) noexcept {
        std::memcpy(out_ + kLinePairBytes, sent_.data(), size_);
        // edge bench.epoll.full release -> EpollLink::try_receive: the buffer is filled
        object_at<Word>(out_)->store(++sends_, std::memory_order_release);
        const std::uint64_t one = 1;
        (void)!::write(tells_, &one, sizeof(one));
        return true;
    }

    bool try_receive(std::uint64_t& seq) noexcept {
        // edge bench.epoll.full acquire <- EpollLink::try_send: the buffer is filled
        if (object_at<Word>(in_)->load(std::memory_order_acquire) == receives_) {
            epoll_event event{};
            std::uint64_t count = 0;
            if (::epoll_wait(epoll_.get(), &event, 1, -1) == 1) {
                (void)!::read(told_, &count, sizeof(count));
            }
            return false;
        }
        std::memcpy(got_.data(), in_ + kLinePairBytes, size_);
        ++receives_;
        seq = read(got_.data(), size_);
        return true;
    }

private:
    std::byte* out_;
    std::byte* in_;
    int tells_;
    int told_;
    FileHandle epoll_;
    std::size_t size_;
    unsigned fields_;
    std::uint64_t sends_ = 0;
    std::uint64_t receives_ = 0;
    std::vector<std::byte> sent_;
    std::vector<std::byte> got_;
};

void run(Stage& stage) {
    const Task& task = stage.task();
    std::byte* const there = task.memory;
    std::byte* const back = task.memory + lane_bytes(task.size);
    const int first = eventfds()[0].get();
    const int second = eventfds()[1].get();
    EpollLink link = stage.first() ? EpollLink{there, back, second, first, task}
                                   : EpollLink{back, there, first, second, task};
    if (stage.first()) {
        stage.sheet().capacity = 1;
    }
    run_link(link, stage);
}

}  // namespace

const Contender kEpoll{"epoll", check,
                       [](const Task& task) { return 2 * lane_bytes(task.size); }, run};

}  // namespace shunt::bench
