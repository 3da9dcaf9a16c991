// SPDX-License-Identifier: MIT
#include "bench/lib/src/repeat.hpp"

#include "bench/lib/src/clock_offset.hpp"
#include "bench/lib/src/contenders/shunt.hpp"
#include "bench/lib/src/futex_word.hpp"
#include "bench/lib/src/pair.hpp"

#include <shunt_perf/cpus.hpp>

#include <fmt/format.h>

#include <sys/mman.h>
#include <unistd.h>
#include <cmath>
#include <cstring>
#include <thread>

namespace shunt::bench {

namespace {

// Some of the tasks of a repeat, one after another.
struct Stint {
    std::size_t first;
    std::size_t end;
};

// A task of two threads, both of the first process: the second one sleeps meanwhile, as the cpu is
// not its own. What they meet, they meet in its place.
void perform_in_threads(Stage& stage, const Plan& plan, unsigned& meetings) {
    Board& board = stage.board();
    if (!stage.first()) {
        // edge bench.threads acquire <- perform_in_threads: what the threads did
        for (auto met = board.met.load(std::memory_order_acquire); met <= meetings;
             met = board.met.load(std::memory_order_acquire)) {
            futex_wait(board.met, met);
        }
        // relaxed: read above, and nobody meets before this process does
        meetings = board.met.load(std::memory_order_relaxed);
        return;
    }
    const Task& task = stage.task();
    unsigned of_second = meetings;
    std::thread second([&] {
        run_or_end(board, 0, [&] {
            perf::pin_to(plan.cpus[1]);
            perf::Histogram histogram;
            Stage other(1, board, stage.sheet(), task, plan.clock, histogram, of_second, 0);
            task.contender->run(other);
        });
    });
    run_or_end(board, 0, [&] { task.contender->run(stage); });
    second.join();
    // edge bench.threads release -> perform_in_threads: what the threads did
    board.met.store(meetings, std::memory_order_release);
    futex_wake(board.met);
}

// The life of one of the two processes.
void perform(unsigned side, const Plan& plan, const std::vector<Task>& tasks, Stint stint,
             Desk& desk) {
    perf::Histogram histogram;
    unsigned meetings = 0;
    desk.board().pids[side] = getpid();
    for (const auto& arena : plan.arenas) {
        // Inherited memory has no page tables here yet. Where the kernel cannot, warm-up does it.
        (void)madvise(arena->memory(), arena->bytes(), MADV_POPULATE_WRITE);
    }
    for (std::size_t i = stint.first; i < stint.end; ++i) {
        const Task& task = tasks[i];
        Stage stage(side, desk.board(), desk.sheets()[i], task, plan.clock, histogram, meetings);
        histogram.reset();
        const perf::Interruptions before = perf::interruptions();
        if (stage.first()) {
            std::memset(task.memory, 0, task.contender->memory_bytes(task));
        }
        stage.meet();
        if (task.contender->threads) {
            perform_in_threads(stage, plan, meetings);
        } else {
            task.contender->run(stage);
        }
        desk.taken()[i][side] = perf::interruptions() - before;
    }
}

perf::Histogram histogram_of(const Tally& tally) {
    perf::Histogram histogram;
    if (tally.min <= tally.max && tally.max != 0) {
        histogram.merge(tally.counts, tally.min, tally.max);
    }
    return histogram;
}

// The worse of the two. An offset that the way between the cpus cannot explain ends the run.
void take_clock_offset(Outcome& outcome, const Sheet& sheet, const Plan& plan) {
    for (const ClockOffset& offset : sheet.offsets) {
        const double ns = plan.clock.to_ns(offset.ticks);
        const double bound_ns = plan.clock.to_ns(offset.bound_ticks);
        if (!agree(offset)) {
            throw Failure(Exit::refused,
                          fmt::format("the clock of cpu {} is {:.0f} ns off that of cpu {} (known "
                                      "to {:.0f} ns), so a time from one to the other means "
                                      "nothing; pingpong compares no clocks",
                                      plan.cpus[1], ns, plan.cpus[0], bound_ns));
        }
        if (std::abs(ns) >= std::abs(outcome.clock_offset_ns)) {
            outcome.clock_offset_ns = ns;
            outcome.clock_bound_ns = bound_ns;
        }
    }
}

Outcome outcome_of(const Task& task, const Sheet& sheet, const Plan& plan) {
    const perf::Clock& clock = plan.clock;
    const double share = there_and_back(task.mode) ? 0.5 : 1;
    const perf::Histogram histogram = histogram_of(sheet.main);
    Outcome outcome;
    outcome.histogram = histogram.sparse();
    outcome.samples = histogram.count();
    outcome.sender = histogram_of(sheet.sender).sparse();
    outcome.last = histogram_of(sheet.last).sparse();
    const auto ticks = histogram.percentile(0.5, static_cast<double>(clock.step_ticks()));
    if (ticks) {
        outcome.p50_ns = clock.to_ns(*ticks) * share;
    }
    if (one_way(task.mode)) {
        take_clock_offset(outcome, sheet, plan);
    }
    for (std::size_t i = 0; task.mode == Mode::coldstart && i < kFirstTrips; ++i) {
        outcome.first_ns.push_back(clock.to_ns(static_cast<double>(sheet.first_trips[i])) * share);
    }
    outcome.minor_faults = sheet.minor_faults;
    outcome.scheduled_per_s = sheet.scheduled_per_s;
    outcome.achieved_per_s = sheet.achieved_per_s;
    outcome.messages_per_s = sheet.messages_per_s;
    outcome.warm_up_ms = sheet.warm_up_ns / 1e6;
    outcome.settled = sheet.warm_up_settled;
    outcome.page_bytes = sheet.page_bytes;
    outcome.node = sheet.node;
    outcome.capacity = sheet.capacity;
    outcome.messages = sheet.messages;
    return outcome;
}

// Removes the channels of a pair that was killed.
class Broom {
public:
    explicit Broom(const std::vector<Task>& tasks) : tasks_{tasks} {}
    ~Broom() {
        for (const Task& task : tasks_) {
            if (!done_ && is_shunt(*task.contender)) {
                remove_channels(task);
            }
        }
    }
    Broom(const Broom&) = delete;
    Broom& operator=(const Broom&) = delete;
    void nothing_left() noexcept { done_ = true; }

private:
    const std::vector<Task>& tasks_;
    bool done_ = false;
};

}  // namespace

std::optional<Repeat> run_repeat(const Plan& plan, unsigned number,
                                 const std::function<bool()>& interrupted) {
    std::vector<Task> tasks = plan.tasks;
    for (std::size_t i = 0; i < tasks.size(); ++i) {
        tasks[i].channel = fmt::format("bench.{}.{}", getpid(), number * tasks.size() + i);
    }
    Desk desk(tasks.size());
    Broom broom(tasks);
    const std::size_t step = plan.fresh ? 1 : tasks.size();
    for (Stint stint{0, step}; stint.first < tasks.size(); stint = {stint.end, stint.end + step}) {
        const PairPlan pair{{plan.cpus[0], plan.cpus[1]},
                            plan.limit,
                            [&](unsigned side) { perform(side, plan, tasks, stint, desk); },
                            interrupted};
        // relaxed: nobody else lives yet
        desk.board().arrived.store(0, std::memory_order_relaxed);
        // relaxed: nobody else lives yet
        desk.board().met.store(0, std::memory_order_relaxed);
        if (!run_pair(pair, desk.board())) {
            return std::nullopt;
        }
    }
    broom.nothing_left();
    Repeat repeat;
    for (std::size_t i = 0; i < tasks.size(); ++i) {
        repeat.push_back(outcome_of(tasks[i], desk.sheets()[i], plan));
        repeat.back().taken = desk.taken()[i];
    }
    for (std::size_t size = 0; size < plan.sizes.size(); ++size) {
        const Arena& arena = *plan.arenas[size];
        for (std::size_t i = plan.sizes[size].floor_before; i <= plan.sizes[size].floor_after;
             ++i) {
            if (!is_shunt(*tasks[i].contender)) {
                repeat[i].page_bytes = arena.page_bytes();
                repeat[i].node = arena.node();
            }
        }
    }
    return repeat;
}

}  // namespace shunt::bench
