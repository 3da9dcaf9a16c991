// SPDX-License-Identifier: MIT
#include "process/stepper/crew.hpp"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <exception>
#include <memory>
#include <string>
#include <utility>

namespace shunt::stepper {
namespace {

using process_test::Word;

constexpr std::size_t kMostJobs = 1024;
constexpr std::size_t kMostWorkers = 8;
constexpr std::size_t kFaults = 3;
constexpr std::size_t kWays = 4;
constexpr std::chrono::seconds kStuck{60};  // three times the patience of a play

// A tally in shared memory.
struct Result {
    std::uint64_t numbers[5];
    char call[24];
    char held[100];
    char faults[kFaults][400];
};

struct Board {
    std::atomic<std::size_t> next{0};
    Word done;
    std::atomic<std::size_t> at[kMostWorkers];  // the job that a worker is at
    Pulse pulse[kMostWorkers];
    std::atomic<bool> finished[kMostJobs];
    std::atomic<std::size_t> ways[kMostJobs];
    Result results[kMostJobs][kWays];
};

template <std::size_t N>
void put(char (&to)[N], const std::string& text) {
    std::memset(to, 0, N);
    std::memcpy(to, text.data(), std::min(text.size(), N - 1));
}

void write_down(Result& result, const Tally& tally) {
    result.numbers[0] = tally.injected;
    result.numbers[1] = tally.survived;
    result.numbers[2] = tally.missed;
    result.numbers[3] = tally.points;
    result.numbers[4] = tally.bound.steps;
    put(result.call, tally.bound.call);
    put(result.held, tally.bound.held);
    for (std::size_t i = 0; i < std::min(kFaults, tally.faults.size()); ++i) {
        put(result.faults[i], tally.faults[i]);
    }
}

Tally read(const Result& result) {
    Tally tally;
    tally.injected = result.numbers[0];
    tally.survived = result.numbers[1];
    tally.missed = result.numbers[2];
    tally.points = result.numbers[3];
    tally.bound = {result.numbers[4], result.call, result.held};
    for (const auto& fault : result.faults) {
        if (fault[0] != '\0') {
            tally.faults.emplace_back(fault);
        }
    }
    return tally;
}

Tally lost(const std::string& why) {
    Tally tally;
    tally.injected = 1;
    tally.faults.push_back(why);
    return tally;
}

class Crew {
public:
    Crew(const std::vector<Job>& jobs, unsigned workers, bool may_be_huge)
        : jobs_{jobs},
          may_be_huge_{may_be_huge},
          members_(std::min<std::size_t>({workers, kMostWorkers, jobs.size()})) {
        if (jobs.size() > kMostJobs) {
            throw std::length_error("too many jobs");
        }
        for (std::size_t i = 0; i < members_.size(); ++i) {
            start(i);
        }
    }

    std::vector<std::vector<Tally>> run(const std::function<void(std::size_t)>& progress) {
        while (board_->done.get() < jobs_.size()) {
            static_cast<void>(
                board_->done.reaches(board_->done.get() + 1, std::chrono::milliseconds{200}));
            progress(board_->done.get());
            for (std::size_t i = 0; i < members_.size(); ++i) {
                look_after(i);
            }
        }
        std::vector<std::vector<Tally>> tallies(jobs_.size());
        for (std::size_t job = 0; job < jobs_.size(); ++job) {
            for (std::size_t way = 0; way < board_->ways[job].load(std::memory_order_acquire);
                 ++way) {
                tallies[job].push_back(read(board_->results[job][way]));
            }
        }
        return tallies;
    }

private:
    struct Member {
        Child child;
        std::uint64_t pulse = 0;
        std::chrono::steady_clock::time_point beat;
    };

    void start(std::size_t number) {
        Member& member = members_[number];
        member.beat = std::chrono::steady_clock::now();
        // With all that it starts: between two cpus each single step would wake an idle one.
        const int cpu = cpus_.empty() ? -1 : cpus_[number % cpus_.size()];
        member.child = Child{[this, number] { return work(number); }, {.cpu = cpu}};
    }

    int work(std::size_t number) {
        World world{may_be_huge_};
        for (;;) {
            const std::size_t job = board_->next.fetch_add(1, std::memory_order_acq_rel);
            board_->at[number].store(job, std::memory_order_release);
            if (job >= jobs_.size()) {
                return 0;
            }
            try {
                finish(job, jobs_[job](world, board_->pulse[number]));
            } catch (const std::exception& error) {
                finish(job, {lost(std::string{"before the first point: "} + error.what())});
                world.sweep();
            }
        }
    }

    void finish(std::size_t job, const std::vector<Tally>& tallies) {
        if (!board_->finished[job].exchange(true, std::memory_order_acq_rel)) {
            const std::size_t ways = std::min(kWays, tallies.size());
            for (std::size_t way = 0; way < ways; ++way) {
                write_down(board_->results[job][way], tallies[way]);
            }
            board_->ways[job].store(ways, std::memory_order_release);
            board_->done.add_one();
        }
    }

    void look_after(std::size_t number) {
        Member& member = members_[number];
        const std::size_t job = board_->at[number].load(std::memory_order_acquire);
        if (job >= jobs_.size()) {
            return;
        }
        const auto now = std::chrono::steady_clock::now();
        // relaxed: a sign of life
        const std::uint64_t pulse = board_->pulse[number].load(std::memory_order_relaxed);
        if (pulse != std::exchange(member.pulse, pulse)) {
            member.beat = now;
        }
        std::string why;
        if (member.child.has_stopped()) {
            why = "a survivor ended by " + member.child.wait();
        } else if (now - member.beat > kStuck) {
            why = "a survivor hangs";
        }
        if (!why.empty()) {
            member.child.end();
            if (board_->at[number].load(std::memory_order_acquire) < jobs_.size()) {
                finish(board_->at[number].load(std::memory_order_acquire), {lost(why)});
                start(number);
            }
        }
    }

    const std::vector<Job>& jobs_;
    bool may_be_huge_;
    Shared<Board> board_;
    std::vector<int> cpus_ = process_test::allowed_cpus();
    std::vector<Member> members_;
};

}  // namespace

std::vector<std::vector<Tally>> work_off(const std::vector<Job>& jobs, unsigned workers,
                                         bool may_be_huge,
                                         const std::function<void(std::size_t)>& progress) {
    return Crew{jobs, workers, may_be_huge}.run(progress);
}

}  // namespace shunt::stepper
