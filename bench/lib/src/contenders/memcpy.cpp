// SPDX-License-Identifier: MIT
//
// The copy floor of large messages: two buffers in flight, memcpy in, memcpy out, the flags of each
// buffer on lines of their own. No ring can move a payload through memory in fewer copies.
#include "bench/lib/src/contenders/rivals.hpp"
#include "bench/lib/src/loops.hpp"

#include <shunt/core/bytes.hpp>
#include <shunt/core/config.hpp>

#include <atomic>
#include <cstring>
#include <vector>

namespace shunt::bench {

namespace {

using Word = std::atomic<std::uint64_t>;
constexpr std::size_t kBuffers = 2;

// One direction: full[2] and taken[2], 128 bytes apart, then the buffers.
constexpr std::uint64_t lane_bytes(std::size_t size) noexcept {
    return 2 * kBuffers * kLinePairBytes + kBuffers * align_up(size, kLinePairBytes);
}

class Lane {
public:
    Lane(std::byte* memory, std::size_t size) noexcept : memory_{memory}, size_{size} {}
    // Holds the number of the newest message in buffer i, plus one.
    [[nodiscard]] Word& full(std::uint64_t i) const noexcept {
        return *object_at<Word>(memory_ + i * kLinePairBytes);
    }
    [[nodiscard]] Word& taken(std::uint64_t i) const noexcept {
        return *object_at<Word>(memory_ + (kBuffers + i) * kLinePairBytes);
    }
    [[nodiscard]] std::byte* buffer(std::uint64_t i) const noexcept {
        return memory_ + 2 * kBuffers * kLinePairBytes + i * align_up(size_, kLinePairBytes);
    }

private:
    std::byte* memory_;
    std::size_t size_;
};

class MemcpyLink {
public:
    static constexpr bool kBatches = false;

    MemcpyLink(Lane out, Lane in, const Task& task)
        : out_{out}, in_{in}, size_{task.size}, fields_{task.fields}, sent_(size_), got_(size_) {}

    void prepare(std::uint64_t seq) noexcept { write(sent_.data(), size_, seq, fields_); }

    bool try_send(std::uint64_t) noexcept {
        const std::uint64_t i = sends_ % kBuffers;
        // edge bench.memcpy.taken acquire <- MemcpyLink::try_receive: the copy out is done
        if (sends_ >= kBuffers &&
            out_.taken(i).load(std::memory_order_acquire) != sends_ - kBuffers + 1) {
            return false;
        }
        std::memcpy(out_.buffer(i), sent_.data(), size_);
        ++sends_;
        // edge bench.memcpy.full release -> MemcpyLink::try_receive: the copy in is done
        out_.full(i).store(sends_, std::memory_order_release);
        return true;
    }

    bool try_receive(std::uint64_t& seq) noexcept {
        const std::uint64_t i = receives_ % kBuffers;
        // edge bench.memcpy.full acquire <- MemcpyLink::try_send: the copy in is done
        if (in_.full(i).load(std::memory_order_acquire) != receives_ + 1) {
            return false;
        }
        std::memcpy(got_.data(), in_.buffer(i), size_);
        ++receives_;
        // edge bench.memcpy.taken release -> MemcpyLink::try_send: the copy out is done
        in_.taken(i).store(receives_, std::memory_order_release);
        seq = read(got_.data(), size_);
        return true;
    }

private:
    Lane out_;
    Lane in_;
    std::size_t size_;
    unsigned fields_;
    std::uint64_t sends_ = 0;
    std::uint64_t receives_ = 0;
    std::vector<std::byte> sent_;
    std::vector<std::byte> got_;
};

void run(Stage& stage) {
    const Task& task = stage.task();
    const Lane there{task.memory, task.size};
    const Lane back{task.memory + lane_bytes(task.size), task.size};
    MemcpyLink link = stage.first() ? MemcpyLink{there, back, task} : MemcpyLink{back, there, task};
    if (stage.first()) {
        stage.sheet().capacity = kBuffers;
    }
    run_link(link, stage);
}

}  // namespace

const Contender kMemcpy{"memcpy", [](const Task&) {},
                        [](const Task& task) { return 2 * lane_bytes(task.size); }, run};

}  // namespace shunt::bench
