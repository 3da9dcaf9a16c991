// SPDX-License-Identifier: MIT
//
// The floor of sleeping: one buffer each way, one futex word each way, nothing spins. In throughput
// a second word tells the producer that the buffer was read, so that one message is in flight.
#include "bench/lib/src/contenders/rivals.hpp"
#include "bench/lib/src/futex_word.hpp"
#include "bench/lib/src/loops.hpp"

#include <shunt/core/bytes.hpp>
#include <shunt/core/config.hpp>

#include <atomic>
#include <cstring>
#include <vector>

namespace shunt::bench {

namespace {

using Word = FutexWord;

constexpr std::uint64_t lane_bytes(std::size_t size) noexcept {
    return 2 * kLinePairBytes + align_up(size, kLinePairBytes);
}

struct Lane {
    Word& full;   // messages put into the buffer, modulo 2^32
    Word& taken;  // messages read from it
    std::byte* buffer;
};

Lane lane_at(std::byte* memory) noexcept {
    return {*object_at<Word>(memory), *object_at<Word>(memory + kLinePairBytes),
            memory + 2 * kLinePairBytes};
}

class FutexLink {
public:
    static constexpr bool kBatches = false;

    // In a ping-pong the answer says that the buffer was read, in wake that the reader sleeps
    // again.
    FutexLink(Lane out, Lane in, const Task& task)
        : out_{out},
          in_{in},
          size_{task.size},
          fields_{task.fields},
          acknowledged_{task.mode == Mode::throughput || task.mode == Mode::openloop ||
                        task.mode == Mode::paced},
          sent_(size_),
          got_(size_) {}

    void prepare(std::uint64_t seq) noexcept { write(sent_.data(), size_, seq, fields_); }

    bool try_send(std::uint64_t) noexcept {
        // edge bench.futex.taken acquire <- FutexLink::try_receive: the buffer was read
        if (acknowledged_ && out_.taken.load(std::memory_order_acquire) != sends_) {
            futex_wait(out_.taken, sends_ - 1);
            return false;
        }
        std::memcpy(out_.buffer, sent_.data(), size_);
        // edge bench.futex.full release -> FutexLink::try_receive: the buffer is filled
        out_.full.store(++sends_, std::memory_order_release);
        futex_wake(out_.full);
        return true;
    }

    bool try_receive(std::uint64_t& seq) noexcept {
        // edge bench.futex.full acquire <- FutexLink::try_send: the buffer is filled
        if (in_.full.load(std::memory_order_acquire) == receives_) {
            futex_wait(in_.full, receives_);
            return false;
        }
        std::memcpy(got_.data(), in_.buffer, size_);
        ++receives_;
        if (acknowledged_) {
            // edge bench.futex.taken release -> FutexLink::try_send: the buffer was read
            in_.taken.store(receives_, std::memory_order_release);
            futex_wake(in_.taken);
        }
        seq = read(got_.data(), size_);
        return true;
    }

private:
    Lane out_;
    Lane in_;
    std::size_t size_;
    unsigned fields_;
    bool acknowledged_;
    std::uint32_t sends_ = 0;
    std::uint32_t receives_ = 0;
    std::vector<std::byte> sent_;
    std::vector<std::byte> got_;
};

void run(Stage& stage) {
    const Task& task = stage.task();
    const Lane there = lane_at(task.memory);
    const Lane back = lane_at(task.memory + lane_bytes(task.size));
    FutexLink link = stage.first() ? FutexLink{there, back, task} : FutexLink{back, there, task};
    if (stage.first()) {
        stage.sheet().capacity = 1;
    }
    run_link(link, stage);
}

}  // namespace

const Contender kFutex{"futex", [](const Task&) {},
                       [](const Task& task) { return 2 * lane_bytes(task.size); }, run};

}  // namespace shunt::bench
