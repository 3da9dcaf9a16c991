// SPDX-License-Identifier: MIT
#include <shunt_bench/fanout.hpp>

#include "bench/lib/src/contenders/many.hpp"
#include "bench/lib/src/crowd/director.hpp"
#include "bench/lib/src/crowd/options.hpp"
#include "bench/lib/src/fanout/hall.hpp"
#include "bench/lib/src/fanout/report.hpp"
#include "bench/lib/src/repeats.hpp"
#include "bench/lib/src/witness.hpp"

#include <shunt_perf/cpus.hpp>
#include <shunt_perf/environment.hpp>

#include <fmt/ranges.h>

#include <algorithm>
#include <csignal>
#include <iterator>
#include <memory>
#include <optional>

namespace shunt::bench {
namespace {

constexpr std::uint32_t kMostIdle = 80;  // with the readers below the seats of a channel

// One row in one repeat.
class Round {
public:
    Round(const FanoutConfig& config, const FanoutRow& row, const perf::Clock& clock,
          std::string channel)
        : config_{config}, row_{row}, clock_{clock}, channel_{std::move(channel)} {}

    // Nothing: interrupted.
    std::optional<FanoutResult> run() {
        const pid_t stopped = start_all();
        const bool whole = director_.gather(started_) &&
                           (config_.kind == Feed::latest ? measure_reads() : measure(stopped));
        enter(hall(), Phase::over);
        director_.see_them_off();  // interrupted too: who leaves last removes the channel
        return whole ? std::optional{taken()} : std::nullopt;
    }

private:
    static constexpr std::chrono::seconds kPatience{120};  // of 10^8 messages and slow readers

    [[nodiscard]] FanoutHall& hall() const noexcept { return *shared_; }

    pid_t start(void (*work)(const FanoutSeat&), std::uint32_t me = 0) {
        const int cpu = config_.cpus.empty() ? -1 : config_.cpus[started_ % config_.cpus.size()];
        ++started_;
        return director_.start(cpu, [&] {
            work({config_, hall(), clock_, channel_, row_.idle, me});
        });
    }
    // The pid of the one that is to be stopped; 0: there is none.
    pid_t start_all() {
        const bool value = config_.kind == Feed::latest;
        start(value ? fanout_write : fanout_publish);
        for (std::uint32_t i = 0; i < config_.subscribers; ++i) {
            start(value ? fanout_read : fanout_subscribe, i);
        }
        if (row_.idle != 0) {
            start(fanout_idle);
        }
        return row_.stopped ? start(fanout_be_stopped, config_.subscribers) : 0;
    }
    bool watch_publisher() {
        return director_.watch_until(
            [&] { return hall().done.value.load(std::memory_order_acquire) != 0; }, "finish",
            kPatience);
    }
    bool measure(pid_t stopped) {
        if (stopped != 0) {
            ::kill(stopped, SIGSTOP);
        }
        enter(hall(), Phase::rate);
        const bool whole = watch_publisher();
        if (stopped != 0) {
            ::kill(stopped, SIGCONT);
        }
        return whole;
    }
    bool measure_reads() {
        enter(hall(), Phase::rest);
        if (!director_.watch(Steady::now() + config_.slice)) {
            return false;
        }
        enter(hall(), Phase::rate);
        return watch_publisher();
    }
    FanoutResult taken() const {
        FanoutResult result;
        result.msgs_per_s = hall().msgs_per_s;
        result.sent = hall().sent;
        result.publish.merge(hall().publish.counts, hall().publish.min, hall().publish.max);
        result.readings.assign(hall().readings,
                               hall().readings + config_.subscribers + (row_.stopped ? 1 : 0));
        return result;
    }

    const FanoutConfig& config_;
    const FanoutRow& row_;
    const perf::Clock& clock_;
    std::string channel_;
    std::uint32_t started_ = 0;
    SharedHall<FanoutHall> shared_;
    Director director_{hall(), "shunt", config_.interrupted};  // goes first
};

void check_feed(const FanoutConfig& config) {
    const auto refuse = [](const std::string& text) { throw Failure(Exit::usage, text); };
    if (config.kind == Feed::latest) {
        if (config.idle != std::vector<std::uint32_t>{0} || config.stopped || config.every_speed ||
            config.policy != shunt::policy::gated || config.messages != 0) {
            refuse(
                "a latest value has readers, and each loads it as fast as it can: leave --policy, "
                "--idle-subscribers, --stopped, --every-speed and --messages away");
        }
        if (config.subscribers == 0) {
            refuse("what a read costs takes somebody who reads: --subscribers 1 at the least");
        }
    }
    if (config.subscribers >= kMostOfARole) {
        refuse(fmt::format("{} subscribers; 0 to {} are possible", config.subscribers,
                           kMostOfARole - 1));
    }
    if (config.idle.empty()) {
        refuse("how many idle subscribers? For example --idle-subscribers 0,8");
    }
    for (const std::uint32_t idle : config.idle) {
        if (idle > kMostIdle) {
            refuse(fmt::format("{} idle subscribers; at most {} are possible", idle, kMostIdle));
        }
    }
}

void check(const FanoutConfig& config, const std::vector<int>& cpus) {
    const auto refuse = [](const std::string& text) { throw Failure(Exit::usage, text); };
    check_feed(config);
    if (!is_many_size(config.size)) {
        refuse(fmt::format("messages of {} bytes are not compiled for {}; sizes are {}",
                           config.size, to_string(config.kind), fmt::join(kManySizes, ", ")));
    }
    const std::vector<int> allowed = perf::allowed_cpus();
    for (const int cpu : cpus) {
        if (std::find(allowed.begin(), allowed.end(), cpu) == allowed.end()) {
            refuse(fmt::format("cpu {} is not one that this process may use: {}", cpu,
                               fmt::join(allowed, ",")));
        }
    }
    check_repeats(config.repeats);
    if (config.slice < std::chrono::milliseconds{1}) {
        refuse("a measurement of less than 1 ms says nothing");
    }
}

std::vector<FanoutRow> rows_of(const FanoutConfig& config) {
    std::vector<FanoutRow> rows;
    for (const std::uint32_t idle : config.idle) {
        rows.push_back({idle, false, {}});
    }
    if (config.stopped) {
        rows.push_back({config.idle[0], true, {}});
    }
    return rows;
}

}  // namespace

std::string_view to_string(Feed feed) noexcept {
    return feed == Feed::latest ? "latest" : "broadcast";
}

Options fanout_options(const FanoutConfig& config) {
    Options options = crowd_options(config.pages, config.wait);
    if (config.capacity != 0) {
        options.capacity = config.capacity;
    }
    return options;
}

nlohmann::json run_fanout(const FanoutConfig& config) {
    const std::vector<int> cpus = config.cpus.empty() ? perf::allowed_cpus() : config.cpus;
    check(config, cpus);
    refuse_throttled(std::min<std::size_t>(config.subscribers + 1, cpus.size()));
    const perf::Clock clock = perf::Clock::calibrate();
    Witness witness(clock, {}, {});
    std::vector<perf::Warning> warnings;
    if (config.subscribers + 1 > cpus.size()) {
        warnings.push_back(
            {"shared_cpus", fmt::format("{} processes on {} cpus: they take turns, which is part "
                                        "of what is measured",
                                        config.subscribers + 1, cpus.size())});
    }
    std::vector<FanoutRow> rows = rows_of(config);
    bool interrupted = false;
    for (unsigned i = 0; i < config.repeats && !interrupted; ++i) {
        for (std::size_t r = 0; r < rows.size() && !interrupted; ++r) {
            Round round{config, rows[r], clock,
                        fmt::format("bench.{}.fanout{}.{}", ::getpid(), i, r)};
            auto one = round.run();
            interrupted = !one;
            if (one) {
                rows[r].results.push_back(std::move(*one));
            }
        }
        witness.after_repeat();
        if (config.progress) {
            config.progress({i + 1, i + 1, config.repeats});
        }
    }
    std::ranges::move(witness.warnings(), std::back_inserter(warnings));
    nlohmann::json document = fanout_document(config, rows, clock, cpus, warnings, interrupted);
    witness.testify(document);
    return document;
}

}  // namespace shunt::bench
