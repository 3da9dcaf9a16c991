// SPDX-License-Identifier: MIT
//
// The floor of throughput: bare lines one way, 56 bytes of payload and a number in each. A message
// has as many as a ring needs for it that puts a word of its own beside it, and the payload is
// written into them and read from them where they lie. No batches, no second side, no death.
#include "bench/lib/src/contenders/rivals.hpp"
#include "bench/lib/src/loops.hpp"

#include <shunt/core/bytes.hpp>
#include <shunt/core/config.hpp>

#include <atomic>

namespace shunt::bench {

namespace {

using Word = std::atomic<std::uint64_t>;
constexpr std::size_t kWords = kLineBytes / sizeof(Word);
struct Line {
    Word words[kWords];
};
constexpr std::uint64_t kLines = 2048;
constexpr std::uint64_t kTell = 64;  // lines between two words of the reader
constexpr std::uint64_t kMemoryBytes = kLinePairBytes + kLines * kLineBytes;

class LinesLink {
public:
    static constexpr bool kBatches = false;

    LinesLink(std::byte* memory, std::size_t size) noexcept
        : read_{*object_at<Word>(memory)},
          lines_{object_at<Line>(memory + kLinePairBytes)},
          words_{size / sizeof(Word)},
          per_message_{(words_ + kWords - 2) / (kWords - 1)} {}

    void prepare(std::uint64_t) noexcept {}

    bool try_send(std::uint64_t seq) noexcept {
        if (number_ + per_message_ > room_) {
            // edge bench.lines.read acquire <- LinesLink::try_receive: lines to be used again
            room_ = read_.load(std::memory_order_acquire) + kLines;
            if (number_ + per_message_ > room_) {
                return false;
            }
        }
        for (std::size_t word = 0; word < words_; word += kWords - 1) {
            Line& line = lines_[++number_ % kLines];
            for (std::size_t i = 1; i < kWords; ++i) {
                // relaxed: the first word publishes them
                line.words[i].store(seq + word + i - 1, std::memory_order_relaxed);
            }
            // edge bench.lines.line release -> LinesLink::try_receive: the whole line
            line.words[0].store(number_, std::memory_order_release);
        }
        return true;
    }

    bool try_receive(std::uint64_t& seq) noexcept {
        const std::uint64_t first = number_;
        std::uint64_t sum = 0;
        for (std::size_t word = 0; word < words_; word += kWords - 1) {
            Line& line = lines_[++number_ % kLines];
            // edge bench.lines.line acquire <- LinesLink::try_send: the whole line
            while (line.words[0].load(std::memory_order_acquire) != number_) {
                if (word == 0) {
                    number_ = first;
                    return false;
                }
            }
            if (word == 0) {
                // relaxed: the first word published them
                seq = line.words[1].load(std::memory_order_relaxed);
            }
            for (std::size_t i = 1; i < kWords; ++i) {
                // relaxed: the first word published them
                sum += line.words[i].load(std::memory_order_relaxed);
            }
        }
        if (sum != sum_of(seq, per_message_ * (kWords - 1))) {
            seq = kTorn;
        }
        if (number_ / kTell != first / kTell) {
            // edge bench.lines.read release -> LinesLink::try_send: lines to be used again
            read_.store(number_, std::memory_order_release);
        }
        return true;
    }

private:
    Word& read_;
    Line* lines_;
    std::size_t words_;
    std::size_t per_message_;  // lines
    std::uint64_t number_ = 0;
    std::uint64_t room_ = kLines;
};

void check(const Task& task) {
    if (task.mode != Mode::throughput) {
        throw Failure(Exit::usage, "lines go one way: they are a peer of throughput");
    }
    if (task.size % sizeof(Word) != 0) {
        throw Failure(Exit::usage, "peer lines: sizes are multiples of 8");
    }
}

void run(Stage& stage) {
    if (stage.first()) {
        stage.sheet().capacity = kLines;
    }
    LinesLink link{stage.task().memory, stage.task().size};
    throughput(link, stage);
}

}  // namespace

const Contender kLinesFloor{"lines", check, [](const Task&) { return kMemoryBytes; }, run};

}  // namespace shunt::bench
