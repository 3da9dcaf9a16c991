// SPDX-License-Identifier: MIT
#include "bench/peers/src/link.hpp"
#include "bench/peers/src/peer.hpp"

#include <shunt/core/bytes.hpp>
#include <shunt/core/config.hpp>

#include <sys/prctl.h>
#include <sys/uio.h>
#include <unistd.h>
#include <bit>

namespace shunt::peers {
namespace {

// Where a side's message lies in its own memory, and how many there were.
struct alignas(kLinePairBytes) Told {
    std::uint64_t address;
    std::atomic<std::uint64_t> count;
};

// The message stays where it is until the other one takes it out of this process's memory.
class Way : public PlainWay {
public:
    Way() {
        std::uint64_t from = 1;
        std::uint64_t to = 0;
        if (!copy(::getpid(), std::bit_cast<std::uint64_t>(&from), bytes_of(to), sizeof(to)) ||
            to != from) {
            refused("process_vm_readv");
        }
    }
    [[nodiscard]] static constexpr std::uint64_t bytes() noexcept { return 2 * sizeof(Told); }
    void open(bench::Stage& stage, std::byte* memory) {
        told_ = object_at<Told>(memory);
        ::prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);  // where Yama asks for it
        stage.meet();
        peer_ = stage.peer_pid();
        got_ = 0;
    }
    void send(unsigned side, const std::byte* bytes, std::size_t /*size*/) noexcept {
        told_[side].address = std::bit_cast<std::uint64_t>(bytes);
        // relaxed: its own
        const std::uint64_t sent = told_[side].count.load(std::memory_order_relaxed);
        // edge peers.process_vm release -> Way::receive: the message is written, and where it is
        told_[side].count.store(sent + 1, std::memory_order_release);
    }
    bool receive(unsigned side, std::byte* bytes, std::size_t size) {
        const Told& of = told_[1 - side];
        // edge peers.process_vm acquire <- Way::send: the message is written, and where it is
        if (of.count.load(std::memory_order_acquire) == got_) {
            return false;
        }
        ++got_;
        if (!copy(peer_, of.address, bytes, size)) {
            refused("process_vm_readv of process " + std::to_string(peer_));
        }
        return true;
    }

private:
    static bool copy(pid_t from, std::uint64_t address, std::byte* to, std::size_t size) noexcept {
        const iovec here{to, size};
        const iovec there{std::bit_cast<void*>(address), size};
        return ::process_vm_readv(from, &here, 1, &there, 1, 0) == static_cast<ssize_t>(size);
    }

    Told* told_ = nullptr;
    pid_t peer_ = 0;
    std::uint64_t got_ = 0;
};

constexpr bench::Contender kContender = by_calls<Way>("process_vm");

}  // namespace

const Peer kProcessVm{.key = "process_vm",
                      .what = "process_vm_readv out of the writer's memory; a counter is polled",
                      .waits = Waits::busy,
                      .copies = 1,
                      .capacity = "1 message",
                      .order = "in order",
                      .settings = "none",
                      .version = {},
                      .contender = &kContender,
                      .absent = absence<Way>,
                      .pingpong_only = kRoomForOne};

}  // namespace shunt::peers
