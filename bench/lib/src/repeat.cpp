// SPDX-License-Identifier: MIT
#include "bench/lib/src/repeat.hpp"

#include "bench/lib/src/contenders/shunt.hpp"
#include "bench/lib/src/pair.hpp"

#include <fmt/format.h>

#include <sys/mman.h>
#include <unistd.h>
#include <cstring>

namespace shunt::bench {

namespace {

// The life of one of the two processes.
void perform(unsigned side, const Plan& plan, const std::vector<Task>& tasks, Desk& desk) {
    perf::Histogram histogram;
    unsigned meetings = 0;
    for (const auto& arena : plan.arenas) {
        // Inherited memory has no page tables here yet. Where the kernel cannot, warm-up does it.
        (void)madvise(arena->memory(), arena->bytes(), MADV_POPULATE_WRITE);
    }
    for (std::size_t i = 0; i < tasks.size(); ++i) {
        const Task& task = tasks[i];
        Stage stage(side, desk.board(), desk.sheets()[i], task, plan.clock, histogram, meetings);
        histogram.reset();
        if (stage.first()) {
            std::memset(task.memory, 0, task.contender->memory_bytes(task));
        }
        stage.meet();
        task.contender->run(stage);
    }
}

Outcome outcome_of(const Task& task, const Sheet& sheet, const perf::Clock& clock) {
    perf::Histogram histogram;
    if (sheet.min <= sheet.max && sheet.max != 0) {
        histogram.merge(sheet.counts, sheet.min, sheet.max);
    }
    Outcome outcome;
    outcome.histogram = histogram.sparse();
    const auto ticks = histogram.percentile(0.5, static_cast<double>(clock.step_ticks()));
    if (ticks) {
        outcome.p50_ns = clock.to_ns(*ticks) / (task.mode == Mode::pingpong ? 2 : 1);
    }
    outcome.messages_per_s = sheet.messages_per_s;
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
            if (!done_ && task.contender == &kShunt) {
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
    const PairPlan pair{{plan.cpus[0], plan.cpus[1]},
                        plan.limit,
                        [&](unsigned side) { perform(side, plan, tasks, desk); },
                        interrupted};
    if (!run_pair(pair, desk.board())) {
        return std::nullopt;
    }
    broom.nothing_left();
    Repeat repeat;
    for (std::size_t i = 0; i < tasks.size(); ++i) {
        repeat.push_back(outcome_of(tasks[i], desk.sheets()[i], plan.clock));
    }
    for (std::size_t size = 0; size < plan.sizes.size(); ++size) {
        const Arena& arena = *plan.arenas[size];
        for (std::size_t i = plan.sizes[size].floor_before; i <= plan.sizes[size].floor_after;
             ++i) {
            if (tasks[i].contender != &kShunt) {
                repeat[i].page_bytes = arena.page_bytes();
                repeat[i].node = arena.node();
            }
        }
    }
    return repeat;
}

}  // namespace shunt::bench
