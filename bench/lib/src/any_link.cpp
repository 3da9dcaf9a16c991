// SPDX-License-Identifier: MIT
#include "bench/lib/src/any_link.hpp"

#include "bench/lib/src/clock_offset.hpp"
#include "bench/lib/src/cold.hpp"
#include "bench/lib/src/payload.hpp"
#include "bench/lib/src/schedule.hpp"
#include "bench/lib/src/sleep_proof.hpp"
#include "bench/lib/src/stamp.hpp"

#include <shunt/core/policy.hpp>

#include <sys/resource.h>
#include <algorithm>
#include <array>

namespace shunt::bench {

namespace {

// The message is prepared already, so that what it is made of costs nothing after it was due.
void send_prepared(const AnyLink& link, std::uint64_t seq, unsigned pauses) {
    while (!link.try_send(link.link, seq)) {
        for (unsigned i = 0; i < pauses; ++i) {
            DefaultPolicy::pause();
        }
    }
}

void send(const AnyLink& link, std::uint64_t seq, unsigned pauses) {
    link.prepare(link.link, seq);
    send_prepared(link, seq, pauses);
}

std::uint64_t receive(const AnyLink& link, unsigned pauses) {
    std::uint64_t found = kTorn;
    while (!link.try_receive(link.link, found)) {
        for (unsigned i = 0; i < pauses; ++i) {
            DefaultPolicy::pause();
        }
    }
    return found;
}

// Both sides set the same time to count from.
std::uint64_t common_epoch(Stage& stage) {
    if (stage.first()) {
        stage.board().epoch = stage.clock().now();
    }
    stage.meet();
    return stage.board().epoch;
}

// The messages of a task; the first `warm` are sent and not counted.
struct Amount {
    std::uint64_t warm;
    std::uint64_t all;
};

Amount amount_of(const Task& task) {
    const double counted = task.pace.per_second * task.slice_ns / 1e9;
    const auto measured = std::max<std::uint64_t>(static_cast<std::uint64_t>(counted), 16);
    // Whole bursts of both.
    const auto whole = [&](std::uint64_t n) {
        return (n + task.pace.burst - 1) / task.pace.burst * task.pace.burst;
    };
    const std::uint64_t warm = whole(measured / 8);
    return {warm, warm + whole(measured)};
}

// A reading of the clock takes about as long as a message; so where more than so many a second
// come, or many at once, every kSampled-th is looked at, and the others go as fast as they can.
constexpr double kMostStampedPerS = 1e7;
constexpr std::uint64_t kSampled = 8;

std::uint64_t stride_of(const Task& task) {
    const bool dense = task.pace.burst > 1 || task.pace.per_second > kMostStampedPerS;
    return dense && task.mode != Mode::wake ? kSampled : 1;
}

// Sends each message when it is due, or at once if that is past. Far behind its schedule, past the
// time of a quarter more, it gives up: the rate was missed anyway.
void send_when_due(const AnyLink& link, Stage& stage, std::uint64_t epoch) {
    constexpr double kLeadNs = 20'000;
    const Task& task = stage.task();
    const perf::Clock clock = stage.clock();
    const Amount amount = amount_of(task);
    Schedule schedule(task.pace, clock);
    const std::uint64_t stride = stride_of(task);
    std::uint64_t due = clock.now() + clock.to_ticks(kLeadNs);
    std::uint64_t counted_from = due;
    const double span_s = static_cast<double>(amount.all) / task.pace.per_second;
    const std::uint64_t give_up = due + clock.to_ticks(span_s * 1.25e9);
    std::uint64_t now = 0;
    std::uint64_t seq = 0;
    for (; seq < amount.all && now < give_up; ++seq) {
        const std::uint64_t carried = ticket(due - epoch, seq);
        link.prepare(link.link, carried);
        const bool looked_at = seq % stride == 0;
        if (looked_at) {
            now = clock.now();
        }
        while (now < due) {
            now = clock.now();
        }
        if (seq == amount.warm) {
            counted_from = due;
        }
        if (looked_at && seq >= amount.warm) {
            stage.histogram().record(now - due);
        }
        send_prepared(link, carried, task.pauses);
        due += schedule.next_gap();
    }
    const std::uint64_t end = std::max(clock.now(), due);
    send(link, kLast, task.pauses);
    const auto counted = static_cast<double>(seq - std::min(seq, amount.warm));
    const auto per_s = [&](std::uint64_t until) {
        return counted / (clock.to_ns(static_cast<double>(until - counted_from)) / 1e9);
    };
    stage.sheet().messages = seq;
    stage.sheet().scheduled_per_s = counted > 0 ? per_s(due) : task.pace.per_second;
    stage.sheet().achieved_per_s = per_s(end);
}

// Stamps each message as it is delivered, against the time that it carries.
void receive_and_stamp(const AnyLink& link, Stage& stage, std::uint64_t epoch) {
    const Task& task = stage.task();
    const perf::Clock clock = stage.clock();
    const Amount amount = task.mode == Mode::wake ? Amount{8, 0} : amount_of(task);
    perf::Histogram last;
    const std::uint64_t stride = stride_of(task);
    const unsigned burst = task.pace.burst;
    unsigned in_burst = 0;
    stage.meet();
    for (std::uint64_t seq = 0;; ++seq) {
        const std::uint64_t found = receive(link, task.pauses);
        const bool ends_burst = ++in_burst == burst;
        in_burst = ends_burst ? 0 : in_burst;
        const bool looked_at = seq % stride == stride - 1 || ends_burst;
        const std::uint64_t now = looked_at ? stamp(clock) - epoch : 0;
        if (found == kLast) {
            break;
        }
        if (found == kTorn || ticket(0, found) != ticket(0, seq)) [[unlikely]] {
            stage.mismatch(seq, found == kTorn ? kTorn : ticket(0, found));
        }
        if (looked_at && seq >= amount.warm) {
            const std::uint64_t due = due_of(found);
            const std::uint64_t took = now > due ? now - due : 0;
            stage.histogram().record(took);
            if (ends_burst && burst > 1) {
                last.record(took);
            }
        }
    }
    stage.keep();
    Stage::keep(last, stage.sheet().last);
}

// Each message when the other process sleeps in the kernel, and has for a while.
void send_to_sleeper(const AnyLink& link, Stage& stage, std::uint64_t epoch) {
    constexpr std::uint64_t kLeastWakes = 40;
    const Task& task = stage.task();
    const perf::Clock clock = stage.clock();
    SleepProof sleeper(stage.peer_pid());
    const std::uint64_t end = clock.now() + clock.to_ticks(task.slice_ns * 1.125);
    std::uint64_t seq = 0;
    for (; seq < kLeastWakes || clock.now() < end; ++seq) {
        sleeper.wait_until_asleep(task.contender->name, clock);
        const std::uint64_t before = stamp(clock);
        send(link, ticket(before - epoch, seq), task.pauses);
        stage.histogram().record(clock.now() - before);
    }
    sleeper.wait_until_asleep(task.contender->name, clock);  // the last message was read
    send(link, kLast, task.pauses);
    stage.sheet().messages = seq;
}

void one_way_run(const AnyLink& link, Stage& stage) {
    const ClockOffset before = measure_clock_offset(stage);
    const std::uint64_t epoch = common_epoch(stage);
    if (stage.first()) {
        stage.meet();  // the other side is about to look
        if (stage.task().mode == Mode::wake) {
            send_to_sleeper(link, stage, epoch);
        } else {
            send_when_due(link, stage, epoch);
        }
        Stage::keep(stage.histogram(), stage.sheet().sender);
    } else {
        receive_and_stamp(link, stage, epoch);
    }
    const ClockOffset after = measure_clock_offset(stage);
    if (stage.first()) {
        stage.sheet().offsets = {before, after};
    }
}

std::uint64_t minor_faults() {
    rusage usage{};
    getrusage(RUSAGE_SELF, &usage);
    return static_cast<std::uint64_t>(usage.ru_minflt);
}

// The first round trips one by one, then as many as asked for in the histogram; on a machine that
// has no time for them, as many as there was time for.
void time_first_trips(const AnyLink& link, Stage& stage) {
    const Task& task = stage.task();
    const perf::Clock clock = stage.clock();
    std::array<std::uint64_t, kFirstTrips> first{};
    const std::uint64_t all = kFirstTrips + task.round_trips;
    constexpr double kMostNs = 4e9;
    constexpr double kMostNsEach = 5e3;
    const std::uint64_t give_up =
        clock.now() + clock.to_ticks(kMostNs + static_cast<double>(all) * kMostNsEach);
    std::uint64_t before = 0;
    std::uint64_t seq = 0;
    for (; seq < all && before < give_up; ++seq) {
        before = stamp(clock);
        send(link, seq, task.pauses);
        const std::uint64_t found = receive(link, task.pauses);
        const std::uint64_t took = stamp(clock) - before;
        if (found != seq) [[unlikely]] {
            stage.mismatch(seq, found);
        }
        if (seq < kFirstTrips) {
            first[seq] = took;
        } else {
            stage.histogram().record(took);
        }
    }
    send(link, kLast, task.pauses);
    stage.sheet().first_trips = first;
    stage.sheet().messages = seq;
}

// False: that was the last.
bool answer_one(const AnyLink& link, Stage& stage, std::uint64_t seq) {
    const std::uint64_t found = receive(link, stage.task().pauses);
    if (found != seq) [[unlikely]] {
        if (found == kLast) {
            return false;
        }
        stage.mismatch(seq, found);
    }
    send(link, seq, stage.task().pauses);
    return true;
}

void answer(const AnyLink& link, Stage& stage) {
    for (std::uint64_t seq = 0; answer_one(link, stage, seq); ++seq) {
    }
}

void spin_for(const perf::Clock& clock, double ns) {
    for (const std::uint64_t until = clock.now() + clock.to_ticks(ns); clock.now() < until;) {
    }
}

// Round trips, before each of which both sides walk. The other side has polled for a moment when a
// message leaves, as a receiver has; the first ones touch what nobody has touched before.
void cold_trips(const AnyLink& link, Stage& stage, Walk& walk) {
    constexpr double kPollsNs = 2'000;
    constexpr std::uint64_t kNotCounted = 8;
    constexpr std::uint64_t kLeast = kNotCounted + 40;  // however long a walk takes
    const Task& task = stage.task();
    const perf::Clock clock = stage.clock();
    const std::uint64_t end = clock.now() + clock.to_ticks(task.slice_ns);
    std::uint64_t seq = 0;
    for (; seq < kLeast || clock.now() < end; ++seq) {
        walk();
        stage.meet();
        spin_for(clock, kPollsNs);
        const std::uint64_t before = stamp(clock);
        send(link, seq, task.pauses);
        const std::uint64_t found = receive(link, task.pauses);
        const std::uint64_t took = stamp(clock) - before;
        if (found != seq) [[unlikely]] {
            stage.mismatch(seq, found);
        }
        if (seq >= kNotCounted) {
            stage.histogram().record(took);
        }
    }
    stage.meet();
    send(link, kLast, task.pauses);
    stage.sheet().messages = seq;
    stage.keep();
}

void cold_answers(const AnyLink& link, Stage& stage, Walk& walk) {
    for (std::uint64_t seq = 0;; ++seq) {
        walk();
        stage.meet();
        if (!answer_one(link, stage, seq)) {
            return;
        }
    }
}

void cold_pingpong(const AnyLink& link, Stage& stage) {
    Walk walk(stage.task().walk_bytes);
    stage.meet();
    if (stage.first()) {
        cold_trips(link, stage, walk);
    } else {
        cold_answers(link, stage, walk);
    }
}

// Faults are those of the messages alone: counted from when both stand at the first one. The other
// side has looked for it for a while when it is sent, as a receiver has.
void coldstart(const AnyLink& link, Stage& stage) {
    constexpr double kWaitsNs = 50'000;
    stage.meet();
    const std::uint64_t before = minor_faults();
    stage.meet();
    if (stage.first()) {
        spin_for(stage.clock(), kWaitsNs);
        time_first_trips(link, stage);
    } else {
        answer(link, stage);
    }
    stage.sheet().minor_faults[stage.side()] = minor_faults() - before;
    if (stage.first()) {
        stage.keep();
    }
}

}  // namespace

void run_any_link(const AnyLink& link, Stage& stage) {
    if (stage.task().mode == Mode::coldstart) {
        coldstart(link, stage);
    } else if (stage.task().mode == Mode::pingpong) {
        cold_pingpong(link, stage);
    } else {
        one_way_run(link, stage);
    }
    stage.meet();  // whoever takes its end down first takes nothing from the other
}

}  // namespace shunt::bench
