// SPDX-License-Identifier: MIT
#include <shunt_bench/slow.hpp>

#include "bench/lib/src/contenders/many.hpp"
#include "bench/lib/src/crowd/director.hpp"
#include "bench/lib/src/crowd/options.hpp"
#include "bench/lib/src/repeats.hpp"
#include "bench/lib/src/slow/report.hpp"
#include "bench/lib/src/witness.hpp"

#include <shunt_perf/cpus.hpp>

#include <fmt/ranges.h>

#include <array>
#include <optional>

namespace shunt::bench {
namespace {

constexpr std::array<const SlowContender*, 9> kAll{
    &kSlowSpsc,       &kSlowMpsc,  &kSlowMpmc,     &kSlowGatedBlock, &kSlowGatedDrop,
    &kSlowGatedEvict, &kSlowLossy, &kSlowConflate, &kSlowLatest};

constexpr std::chrono::nanoseconds kMostWork{10'000'000};

// One row in one repeat.
class Round {
public:
    Round(const SlowConfig& config, const SlowContender& contender, const perf::Clock& clock,
          std::string channel)
        : config_{config},
          contender_{contender},
          clock_{clock},
          channel_{std::move(channel)},
          director_{hall(), std::string{contender.name}, config.interrupted} {}

    // Nothing: interrupted.
    std::optional<SlowResult> run() {
        for (const bool sends : {true, false}) {
            const int cpu = config_.cpus.empty() ? -1 : config_.cpus[sends ? 0 : 1];
            director_.start(cpu, [this, sends] {
                contender_.take_part({config_, hall(), clock_, channel_, sends});
            });
        }
        const bool whole = director_.gather(2) && measure();
        enter(hall(), Phase::over);
        director_.see_them_off();  // interrupted too: who leaves last removes the channel
        return whole ? std::optional{taken()} : std::nullopt;
    }

private:
    [[nodiscard]] SlowHall& hall() const noexcept { return *shared_; }
    bool measure() {
        enter(hall(), Phase::rate);
        if (!watch(hall().sent_all, "send")) {
            return false;
        }
        enter(hall(), Phase::finish);
        return watch(hall().received_all, "read what was left");
    }
    bool watch(const Count& done, const char* what) {
        return director_.watch_until(
            [&] { return done.value.load(std::memory_order_acquire) != 0; }, what);
    }
    SlowResult taken() const {
        const SlowSent& sent = hall().sent;
        SlowResult result;
        result.accepted = sent.accepted;
        result.offered = sent.offered;
        result.found_full = sent.found_full;
        result.dropped = sent.dropped;
        result.accepted_per_s = sent.accepted_per_s;
        result.send.merge(sent.send.counts, sent.send.min, sent.send.max);
        result.received = hall().received;
        return result;
    }

    const SlowConfig& config_;
    const SlowContender& contender_;
    const perf::Clock& clock_;
    std::string channel_;
    SharedHall<SlowHall> shared_;
    Director director_;  // goes first
};

void check(const SlowConfig& config, const std::vector<int>& cpus) {
    const auto refuse = [](const std::string& text) { throw Failure(Exit::usage, text); };
    if (!is_many_size(config.size)) {
        refuse(
            fmt::format("messages of {} bytes are not compiled for a slow receiver; sizes are "
                        "{}",
                        config.size, fmt::join(kManySizes, ", ")));
    }
    if (config.work < std::chrono::nanoseconds{0} || config.work > kMostWork) {
        refuse(
            fmt::format("{} ns of work a message; 0 to 10 ms are possible", config.work.count()));
    }
    if (config.capacity == 0) {
        refuse("a channel with a capacity of 0 holds no message");
    }
    check_repeats(config.repeats);
    if (config.slice < std::chrono::milliseconds{1}) {
        refuse("a measurement of less than 1 ms says nothing");
    }
    if (!config.cpus.empty() && config.cpus.size() != 2) {
        refuse(
            fmt::format("{} cpus given; a sender and a receiver take two, for example "
                        "--cpus 2,3",
                        config.cpus.size()));
    }
    const std::vector<int> allowed = perf::allowed_cpus();
    for (const int cpu : cpus) {
        if (std::find(allowed.begin(), allowed.end(), cpu) == allowed.end()) {
            refuse(fmt::format("cpu {} is not one that this process may use: {}", cpu,
                               fmt::join(allowed, ",")));
        }
    }
}

std::vector<SlowRow> rows_of(const SlowConfig& config) {
    std::vector<SlowRow> rows;
    if (config.rows.empty()) {
        for (const SlowContender* const one : kAll) {
            rows.push_back({one, {}});
        }
    }
    for (const std::string& name : config.rows) {
        const auto found = std::find_if(
            kAll.begin(), kAll.end(), [&](const SlowContender* one) { return one->name == name; });
        if (found == kAll.end()) {
            throw Failure(Exit::usage, fmt::format("there is no row '{}'; there are {}", name,
                                                   fmt::join(slow_row_names(), ", ")));
        }
        for (const SlowRow& row : rows) {
            if (row.contender == *found) {
                throw Failure(Exit::usage, fmt::format("row {} is named twice", name));
            }
        }
        rows.push_back({*found, {}});
    }
    return rows;
}

}  // namespace

std::span<const std::string_view> slow_row_names() noexcept {
    static constexpr std::array<std::string_view, kAll.size()> kNames{
        "spsc",        "mpsc",  "mpmc",     "gated-block", "gated-drop",
        "gated-evict", "lossy", "conflate", "latest"};
    return kNames;
}

Options slow_options(const SlowConfig& config) {
    Options options = crowd_options(config.pages, config.wait);
    options.capacity = config.capacity;
    return options;
}

nlohmann::json run_slow(const SlowConfig& config) {
    const std::vector<int> cpus = config.cpus.empty() ? perf::allowed_cpus() : config.cpus;
    check(config, cpus);
    refuse_throttled(std::min<std::size_t>(2, cpus.size()));
    std::vector<SlowRow> rows = rows_of(config);
    const perf::Clock clock = perf::Clock::calibrate();
    std::vector<perf::Warning> warnings;
    if (cpus.size() < 2) {
        warnings.push_back({"shared_cpus",
                            "both processes on one cpu: they take turns, which is part of what is "
                            "measured"});
    }
    bool interrupted = false;
    for (unsigned i = 0; i < config.repeats && !interrupted; ++i) {
        for (std::size_t r = 0; r < rows.size() && !interrupted; ++r) {
            Round round{config, *rows[r].contender, clock,
                        fmt::format("bench.{}.slow{}.{}", ::getpid(), i, r)};
            auto one = round.run();
            interrupted = !one;
            if (one) {
                rows[r].results.push_back(std::move(*one));
            }
        }
        if (config.progress) {
            config.progress({i + 1, i + 1, config.repeats});
        }
    }
    return slow_document(config, rows, clock, cpus, warnings, interrupted);
}

}  // namespace shunt::bench
