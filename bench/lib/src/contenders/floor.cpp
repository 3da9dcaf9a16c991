// SPDX-License-Identifier: MIT
#include "bench/lib/src/contenders/floor.hpp"

#include "bench/lib/src/loops.hpp"

#include <shunt/core/bytes.hpp>
#include <shunt/core/config.hpp>

#include <atomic>

namespace shunt::bench {

namespace {

using Word = std::atomic<std::uint64_t>;

struct FloorLink {
    FloorLink(Word& own, const Word& peers) noexcept : mine{own}, theirs{peers} {}
    void prepare(std::uint64_t) noexcept {}
    bool try_send(std::uint64_t seq) noexcept {
        // edge bench.floor release -> FloorLink::try_receive: the word is the message
        mine.store(seq + 1, std::memory_order_release);
        return true;
    }
    bool try_receive() noexcept {
        // edge bench.floor acquire <- FloorLink::try_send: the word is the message
        const std::uint64_t word = theirs.load(std::memory_order_acquire);
        const bool fresh = word != seen;
        seen = word;
        return fresh;
    }
    std::uint64_t accept() const noexcept { return seen - 1; }

    Word& mine;
    const Word& theirs;
    std::uint64_t seen = 0;
};

void run_floor(Stage& stage, std::size_t apart) {
    Word& pinger = *object_at<Word>(stage.task().memory);
    Word& answerer = *object_at<Word>(stage.task().memory + apart);
    FloorLink link = stage.first() ? FloorLink{pinger, answerer} : FloorLink{answerer, pinger};
    pingpong(link, stage);
}

constexpr std::uint64_t kMemoryBytes = 2 * kLinePairBytes;

}  // namespace

const Contender kTwoLineFloor{"floor, two lines", [](const Task&) {},
                              [](const Task&) { return kMemoryBytes; },
                              [](Stage& stage) { run_floor(stage, kLinePairBytes); }};
const Contender kSameLineFloor{"floor, one line", [](const Task&) {},
                               [](const Task&) { return kMemoryBytes; },
                               [](Stage& stage) { run_floor(stage, sizeof(Word)); }};

}  // namespace shunt::bench
