// SPDX-License-Identifier: MIT
#include "bench/lib/src/clock_offset.hpp"

#include "bench/lib/src/stamp.hpp"

#include <shunt/core/policy.hpp>

#include <atomic>
#include <cstdint>
#include <limits>

namespace shunt::bench {

namespace {

constexpr std::uint64_t kTrips = 1000;

ClockOffset ask(Board& board, const perf::Clock& clock) noexcept {
    std::uint64_t quickest = std::numeric_limits<std::uint64_t>::max();
    double offset = 0;
    for (std::uint64_t trip = 1; trip <= kTrips; ++trip) {
        const std::uint64_t sent = stamp(clock);
        // edge bench.offset.ask release -> answer: the last reply was read
        board.ask.store(trip, std::memory_order_release);
        std::uint64_t theirs;
        // edge bench.offset.reply acquire <- answer: its counter, read after our question
        while ((theirs = board.reply.load(std::memory_order_acquire)) == 0) {
        }
        const std::uint64_t back = stamp(clock);
        // relaxed: the other side writes it only after the next question, which releases this
        board.reply.store(0, std::memory_order_relaxed);
        if (back - sent < quickest) {
            quickest = back - sent;
            offset = static_cast<double>(static_cast<std::int64_t>(theirs - sent)) -
                     static_cast<double>(back - sent) / 2;
        }
    }
    return {offset, static_cast<double>(quickest) / 2};
}

void answer(Board& board, const perf::Clock& clock) noexcept {
    for (std::uint64_t trip = 1; trip <= kTrips; ++trip) {
        // edge bench.offset.ask acquire <- ask: the question, and that the last reply was read
        while (board.ask.load(std::memory_order_acquire) != trip) {
        }
        // edge bench.offset.reply release -> ask: the counter as it is now
        board.reply.store(stamp(clock), std::memory_order_release);
    }
}

}  // namespace

ClockOffset measure_clock_offset(Stage& stage) noexcept {
    Board& board = stage.board();
    if (stage.first()) {
        // relaxed: nobody looks before the meeting
        board.ask.store(0, std::memory_order_relaxed);
        // relaxed: nobody looks before the meeting
        board.reply.store(0, std::memory_order_relaxed);
    }
    stage.meet();
    ClockOffset offset{};
    if (stage.first()) {
        offset = ask(board, stage.clock());
    } else {
        answer(board, stage.clock());
    }
    stage.meet();
    return offset;
}

}  // namespace shunt::bench
