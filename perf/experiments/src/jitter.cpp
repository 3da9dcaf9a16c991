// SPDX-License-Identifier: MIT
#include <shunt_experiments/jitter.hpp>

#include "undisturbed.hpp"

#include <shunt_perf/cpus.hpp>

#include <sys/prctl.h>
#include <sys/resource.h>
#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <ctime>
#include <exception>
#include <latch>
#include <mutex>
#include <thread>

namespace shunt::perf::jitter {

namespace {

// What the watchers and who waits for them share. Before they begin they sleep; a thread that
// yields all the time is put behind all others of its cpu, for seconds, and that would be seen as a
// gap.
struct Shared {
    explicit Shared(const Config& asked, const Clock& by)
        : config{asked}, clock{by}, ready{static_cast<std::ptrdiff_t>(asked.cpus.size())} {}

    const Config& config;
    const Clock& clock;
    std::latch ready;
    std::mutex lock;
    std::condition_variable begun;
    std::uint64_t start = 0;        // a time of the clock, under `lock`; 0: not known yet
    std::atomic<bool> stop{false};  // read in every loop and written once: it stays in every cache

    void begin(std::uint64_t at) {
        {
            const std::lock_guard guard{lock};
            start = at;
        }
        begun.notify_all();
    }
    [[nodiscard]] std::uint64_t wait_for_start() {
        std::unique_lock guard{lock};
        begun.wait(guard, [this] { return start != 0; });
        return start;
    }
};

std::uint64_t monotonic_ns() noexcept {
    timespec now{};
    clock_gettime(CLOCK_MONOTONIC, &now);
    return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000u +
           static_cast<std::uint64_t>(now.tv_nsec);
}

class Watcher {
public:
    Watcher(Shared& shared, int cpu) : shared_{shared} {
        watched_.cpu = cpu;
        watched_.list.resize(shared.config.most_listed);  // touched: no page fault later
    }

    Watched watch() noexcept {
        const std::uint64_t start = shared_.wait_for_start();
        rusage before{};
        getrusage(RUSAGE_THREAD, &before);
        if (shared_.config.sleep) {
            sleep();
        } else {
            spin(start);
        }
        rusage after{};
        getrusage(RUSAGE_THREAD, &after);
        watched_.voluntary = static_cast<std::uint64_t>(after.ru_nvcsw - before.ru_nvcsw);
        watched_.involuntary = static_cast<std::uint64_t>(after.ru_nivcsw - before.ru_nivcsw);
        watched_.list.resize(listed_);
        return std::move(watched_);
    }

private:
    // relaxed: whoever sets it waits for this thread's end
    [[nodiscard]] bool stopped() const noexcept {
        return shared_.stop.load(std::memory_order_relaxed);
    }

    void note(std::uint64_t at_ns, std::uint64_t length_ns) noexcept {
        watched_.gaps.record(length_ns);
        watched_.lost_ns += length_ns;
        if (listed_ < watched_.list.size()) {
            watched_.list[listed_++] = {at_ns, length_ns};
        } else {
            ++watched_.unlisted;
        }
    }

    [[gnu::noinline]] void spin(std::uint64_t start) noexcept {
        const Clock clock = shared_.clock;
        const auto to_ns = [&](std::uint64_t ticks) {
            return static_cast<std::uint64_t>(clock.to_ns(static_cast<double>(ticks)));
        };
        const std::uint64_t end =
            start + clock.to_ticks(static_cast<double>(shared_.config.duration_ns));
        const std::uint64_t threshold =
            std::max<std::uint64_t>(clock.to_ticks(double(shared_.config.threshold_ns)), 1);
        while (clock.now() < start) {
        }
        std::uint64_t last = start;  // who comes late has a gap at once
        std::uint64_t shortest = std::numeric_limits<std::uint64_t>::max();
        while (last < end && !stopped()) {
            const std::uint64_t now = clock.now();
            const std::uint64_t gap = now - last;
            if (gap >= threshold && now > last) [[unlikely]] {
                note(to_ns(last - start), to_ns(gap));
            }
            shortest = std::min(shortest, gap);
            last = now;
        }
        watched_.watched_ns = to_ns(last - start);
        watched_.shortest_ns = to_ns(shortest);
    }

    void sleep() noexcept {
        prctl(PR_SET_TIMERSLACK, 1ul);
        const std::uint64_t start = monotonic_ns();
        const std::uint64_t end = start + shared_.config.duration_ns;
        const std::uint64_t interval = shared_.config.interval_ns;
        std::uint64_t now = start;
        for (std::uint64_t due = start + interval; due <= end && !stopped();) {
            const timespec until{static_cast<time_t>(due / 1'000'000'000u),
                                 static_cast<long>(due % 1'000'000'000u)};
            while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, nullptr) != 0) {
            }
            now = monotonic_ns();
            const std::uint64_t late = now - due;
            watched_.shortest_ns = std::min(watched_.shortest_ns, late);
            if (late >= shared_.config.threshold_ns) {
                note(due - start, late);
            }
            due += interval * (late / interval + 1);  // one gap, however many looks it took
        }
        watched_.watched_ns = now - start;
    }

    Shared& shared_;
    Watched watched_;
    std::size_t listed_ = 0;
};

void be_watcher(Shared& shared, int cpu, Watched& to, std::exception_ptr& error) noexcept {
    try {
        pin_to(cpu);
        Watcher watcher{shared, cpu};
        shared.ready.count_down();
        to = watcher.watch();
    } catch (...) {
        error = std::current_exception();
        shared.ready.count_down();
    }
}

class Watch {
public:
    Watch(const Config& config, const Clock& clock)
        : shared_{config, clock}, watched_(config.cpus.size()), errors_(config.cpus.size()) {
        const Undisturbed undisturbed;
        try {
            for (std::size_t i = 0; i < config.cpus.size(); ++i) {
                threads_.emplace_back([this, i, cpu = config.cpus[i]] {
                    be_watcher(shared_, cpu, watched_[i], errors_[i]);
                });
            }
            shared_.ready.wait();
            check();
        } catch (...) {
            end();
            throw;
        }
    }
    ~Watch() { end(); }
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;

    void start() {
        constexpr double kAheadNs = 3e6;  // time enough to wake up
        shared_.begin(shared_.clock.now() + shared_.clock.to_ticks(kAheadNs));
    }
    void stop() noexcept {
        // relaxed: the watchers' ends order what they have seen
        shared_.stop.store(true, std::memory_order_relaxed);
    }
    [[nodiscard]] std::vector<Watched> join() {
        threads_.clear();
        check();
        return std::move(watched_);
    }

private:
    void check() const {
        for (const std::exception_ptr& error : errors_) {
            if (error) {
                std::rethrow_exception(error);
            }
        }
    }
    void end() noexcept {
        stop();
        shared_.begin(1);
        threads_.clear();
    }

    Shared shared_;
    std::vector<Watched> watched_;
    std::vector<std::exception_ptr> errors_;
    std::vector<std::jthread> threads_;  // joined first
};

}  // namespace

Result measure(const Config& config) {
    using Steady = std::chrono::steady_clock;
    Result result;
    result.clock = Clock::calibrate();
    Watch watch(config, result.clock);
    if (config.ready) {
        config.ready();
    }
    const std::chrono::duration<double> epoch = std::chrono::system_clock::now().time_since_epoch();
    result.start_s = epoch.count();
    watch.start();
    // Who wakes up here takes a cpu from a watcher: not before they are done.
    const auto end = Steady::now() + std::chrono::nanoseconds(config.duration_ns) +
                     std::chrono::milliseconds(10);
    while (config.pause && Steady::now() < end) {
        if (!config.pause(end - Steady::now())) {
            watch.stop();
            result.partial = true;
            break;
        }
    }
    result.cpus = watch.join();
    return result;
}

double chance_of_a_hit(const Watched& watched, std::uint64_t operation_ns) {
    const std::uint64_t quiet = watched.watched_ns - std::min(watched.lost_ns, watched.watched_ns);
    const double hit =
        static_cast<double>(watched.gaps.count()) * static_cast<double>(operation_ns);
    return quiet == 0 ? (hit > 0 ? 1 : 0) : std::min(1.0, hit / static_cast<double>(quiet));
}

}  // namespace shunt::perf::jitter
