// SPDX-License-Identifier: MIT
//
// The stage of one measurement as one of its two processes sees it: which side it is, where they
// meet, and where results go. The board is the memory that both processes and their parent share;
// the parent reads it after both have ended.
#pragma once

#include "bench/lib/src/task.hpp"

#include <shunt/core/config.hpp>
#include <shunt_perf/histogram.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

namespace shunt::bench {

/// A histogram in shared memory.
struct Tally {
    std::array<std::uint64_t, perf::Histogram::kBins> counts;  // ticks
    std::uint64_t min;
    std::uint64_t max;
};

/// How far the second side's counter is ahead of the first's, and how far that may be wrong.
struct ClockOffset {
    double ticks;
    double bound_ticks;  // half the quickest round trip
};

inline constexpr std::size_t kFirstTrips = 32;

/// What one task came to. Written by whichever side knows; read by the parent.
struct Sheet {
    Tally main;                          // round trips, push calls, or one way
    Tally sender;                        // one way: how late it was; wake: how long the call took
    Tally last;                          // bursts: the last message of each, one way
    std::array<ClockOffset, 2> offsets;  // before and after
    double scheduled_per_s;              // openloop, paced: of the schedule as it was drawn
    double achieved_per_s;
    std::array<std::uint64_t, kFirstTrips> first_trips;  // coldstart: ticks
    std::array<std::uint64_t, 2> minor_faults;           // coldstart: of each side, by message
    double messages_per_s;                               // throughput
    double warm_up_ns;                                   // pingpong, throughput; 0: there was none
    bool warm_up_settled;
    std::uint64_t page_bytes;  // of the memory that was measured, proven; 0: the task's own memory
    std::int64_t node;
    std::uint64_t capacity;  // messages; of a bytes ring: bytes
    std::uint64_t messages;  // checked
};

/// How one process ended, if badly: zero-terminated, empty where all went well.
struct LastWords {
    std::array<char, 1024> text;
};

struct alignas(kLinePairBytes) Board {
    std::atomic<std::uint32_t> arrived;  // += 1 by each side at each meeting
    std::byte pad[kLinePairBytes - 4];
    double rate;  // messages a second of the last round, by the consumer between two meetings
    std::uint64_t epoch;  // one way: due times count from it; set between two meetings
    std::array<std::int32_t, 2> pids;
    std::atomic<std::uint32_t> met;  // meetings so far, after those of two threads; see repeat.cpp
    alignas(kLinePairBytes) std::atomic<std::uint64_t> ask;    // clock offset: the first side's
    alignas(kLinePairBytes) std::atomic<std::uint64_t> reply;  // the second's: its counter
    std::array<LastWords, 2> last_words;
};

class Stage {
public:
    Stage(unsigned side, Board& board, Sheet& sheet, const Task& task, const perf::Clock& clock,
          perf::Histogram& histogram, unsigned& meetings) noexcept
        : Stage(side, board, sheet, task, clock, histogram, meetings, side) {}
    /// Of a thread of that process of the pair, which need not be the one of its side.
    Stage(unsigned side, Board& board, Sheet& sheet, const Task& task, const perf::Clock& clock,
          perf::Histogram& histogram, unsigned& meetings, unsigned process) noexcept
        : side_{side},
          process_{process},
          board_{board},
          sheet_{sheet},
          task_{task},
          clock_{clock},
          histogram_{histogram},
          meetings_{meetings} {}

    /// The same stage for a task of its own, whose results go elsewhere.
    [[nodiscard]] Stage apart(const Task& task, Sheet& sheet,
                              perf::Histogram& histogram) const noexcept {
        return {side_, board_, sheet, task, clock_, histogram, meetings_, process_};
    }

    /// The first side pings, produces and sets up; the second answers and consumes.
    [[nodiscard]] bool first() const noexcept { return side_ == 0; }
    [[nodiscard]] const Task& task() const noexcept { return task_; }
    [[nodiscard]] const perf::Clock& clock() const noexcept { return clock_; }
    [[nodiscard]] Sheet& sheet() noexcept { return sheet_; }
    [[nodiscard]] Board& board() noexcept { return board_; }
    /// This process's own; keep() copies it to the sheet.
    [[nodiscard]] perf::Histogram& histogram() noexcept { return histogram_; }

    /// Returns when the other side is here too: all that it did before is seen. Spins, then yields.
    void meet() noexcept;
    /// Copies the histogram to the sheet.
    void keep() noexcept { keep(histogram_, sheet_.main); }
    static void keep(const perf::Histogram& from, Tally& to) noexcept;
    /// It took since `begin`, by this side's clock.
    void note_warm_up(std::uint64_t begin, bool settled) noexcept {
        sheet_.warm_up_ns = clock_.to_ns(static_cast<double>(clock_.now() - begin));
        sheet_.warm_up_settled = settled;
    }
    /// The other process; known after the first meeting.
    [[nodiscard]] std::int32_t peer_pid() const noexcept { return board_.pids[1 - side_]; }
    [[nodiscard]] unsigned side() const noexcept { return side_; }
    /// A message was lost, doubled, reordered or torn: ends this process with exit code 6.
    [[noreturn]] void mismatch(std::uint64_t expected, std::uint64_t found) noexcept;

private:
    unsigned side_;
    unsigned process_;
    Board& board_;
    Sheet& sheet_;
    const Task& task_;
    const perf::Clock& clock_;
    perf::Histogram& histogram_;
    unsigned& meetings_;  // so far in this process's life
};

/// Leaves the text for the parent and ends this process.
[[noreturn]] void end_with(Board& board, unsigned process, Exit code,
                           std::string_view text) noexcept;

}  // namespace shunt::bench
