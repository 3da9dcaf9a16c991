// SPDX-License-Identifier: MIT
#include "bench/lib/src/contenders/floor.hpp"

#include "bench/lib/src/loops.hpp"

#include <shunt/core/bytes.hpp>
#include <shunt/core/config.hpp>

#include <atomic>

namespace shunt::bench {

namespace {

using Word = std::atomic<std::uint64_t>;

// Where one line lies decides how long it travels (which slice of the cache answers for it), so
// each message has the next of kPlaces places, as it has in a ring; the figure is that of all of
// them.
constexpr std::uint64_t kPlaces = 64;
constexpr std::uint64_t kPlaceBytes = 2 * kLinePairBytes;

struct FloorLink {
    FloorLink(std::byte* own, std::byte* peers) noexcept : mine{own}, theirs{peers} {}
    void prepare(std::uint64_t) noexcept {}
    bool try_send(std::uint64_t seq) noexcept {
        // edge bench.floor release -> FloorLink::try_receive: the word is the message
        word_of(mine, sent++).store(seq + 1, std::memory_order_release);
        return true;
    }
    bool try_receive(std::uint64_t& seq) noexcept {
        // edge bench.floor acquire <- FloorLink::try_send: the word is the message
        const std::uint64_t word = word_of(theirs, received).load(std::memory_order_acquire);
        if (word <= seen) {  // what this place held a lap ago, or never
            return false;
        }
        ++received;
        seen = word;
        seq = word - 1;
        return true;
    }
    [[nodiscard]] static Word& word_of(std::byte* words, std::uint64_t message) noexcept {
        return *object_at<Word>(words + message % kPlaces * kPlaceBytes);
    }

    std::byte* mine;
    std::byte* theirs;
    std::uint64_t sent = 0;
    std::uint64_t received = 0;
    std::uint64_t seen = 0;  // the newest word; they ascend
};

void run_floor(Stage& stage, std::size_t apart) {
    std::byte* const pinger = stage.task().memory;
    std::byte* const answerer = pinger + apart;
    FloorLink link = stage.first() ? FloorLink{pinger, answerer} : FloorLink{answerer, pinger};
    latency(link, stage);
}

constexpr std::uint64_t kMemoryBytes = kPlaces * kPlaceBytes;

}  // namespace

const Contender kTwoLineFloor{"floor, two lines", [](const Task&) {},
                              [](const Task&) { return kMemoryBytes; },
                              [](Stage& stage) { run_floor(stage, kLinePairBytes); }};
const Contender kSameLineFloor{"floor, one line", [](const Task&) {},
                               [](const Task&) { return kMemoryBytes; },
                               [](Stage& stage) { run_floor(stage, sizeof(Word)); }};

}  // namespace shunt::bench
