// SPDX-License-Identifier: MIT
//
// A pair of pinned child processes that do one thing together, and a parent that is never left
// hanging: whatever either of them comes to, both are gone when the call returns.
#pragma once

#include "bench/lib/src/stage.hpp"

#include <shunt_perf/interruptions.hpp>

#include <array>
#include <chrono>
#include <functional>
#include <memory>
#include <span>

namespace shunt::bench {

/// What was taken from each side during a task.
using Taken = std::array<perf::Interruptions, 2>;

/// The shared memory of one repeat: a board, and for each task a sheet and what was taken, all
/// zero.
class Desk {
public:
    explicit Desk(std::size_t sheets);
    ~Desk();
    Desk(const Desk&) = delete;
    Desk& operator=(const Desk&) = delete;

    [[nodiscard]] Board& board() noexcept { return *board_; }
    [[nodiscard]] std::span<Sheet> sheets() noexcept { return sheets_; }
    [[nodiscard]] std::span<Taken> taken() noexcept { return taken_; }

private:
    std::size_t bytes_;
    Board* board_ = nullptr;
    std::span<Sheet> sheets_;
    std::span<Taken> taken_;
};

struct PairPlan {
    int cpus[2];
    std::chrono::nanoseconds limit;       // for all of it; generous
    std::function<void(unsigned)> child;  // side 0 or 1, pinned; exceptions end it with their text
    std::function<bool()> interrupted;    // asked now and then; empty: never
};

/// Calls it; what it throws ends this process of the pair with its text.
template <class Body>
void run_or_end(Board& board, unsigned process, Body&& body) {
    try {
        body();
    } catch (const Failure& failure) {
        end_with(board, process, static_cast<Exit>(failure.exit_code()), failure.what());
    } catch (const std::exception& error) {
        end_with(board, process, Exit::runtime, error.what());
    }
}

/// Forks both, waits for both. True: both ended well. False: interrupted() said so. Throws Failure
/// if one failed, died or did not finish in time; in each case none is left.
[[nodiscard]] bool run_pair(const PairPlan& plan, Board& board);

}  // namespace shunt::bench
