// SPDX-License-Identifier: MIT
//
// The loops of both measurements, over a link: one process's end of a contender, statically typed.
// Every contender goes through these same loops; what differs is the link alone. The loops are
// flattened: a file here holds a contender in every size, which uses up the compiler's budget for
// inlining, and then std::min itself is a call. A user's file holds one or two.
//
//   void prepare(seq)          the payload is written (nothing where it is written in place)
//   bool try_send(seq)         one attempt; false: no room
//   bool try_receive(seq)      one attempt; the payload is read, its sequence number told, and the
//                              message let go; false: nothing there
//
// and for batches, kBatches being true:
//   void prepare(seq, n), std::size_t try_send(done, n), std::size_t try_receive(n),
//   std::uint64_t accept(i)    of the i-th of those received last
#pragma once

#include "bench/lib/src/any_link.hpp"
#include "bench/lib/src/payload.hpp"
#include "bench/lib/src/stage.hpp"
#include "bench/lib/src/warm_up.hpp"

#include <shunt/core/policy.hpp>

#include <algorithm>
#include <cstdint>

namespace shunt::bench {

template <class Attempt>
inline void wait_until(unsigned pauses, Attempt&& attempt) {
    while (!attempt()) {
        for (unsigned i = 0; i < pauses; ++i) {
            DefaultPolicy::pause();
        }
    }
}

template <class Link>
inline void send(Link& link, std::uint64_t seq, unsigned pauses) {
    link.prepare(seq);
    wait_until(pauses, [&] { return link.try_send(seq); });
}

template <class Link>
inline std::uint64_t receive(Link& link, unsigned pauses) {
    std::uint64_t found = kTorn;
    wait_until(pauses, [&] { return link.try_receive(found); });
    return found;
}

// Round trips for `ns`, from message `seq` on; the number after the last. One time stamp a round
// trip: from one answer to the next, so that the sum of all is the time that passed, and recording
// happens while the next message is on its way.
template <class Link>
[[gnu::noinline, gnu::flatten]] std::uint64_t round_trips(Link& link, Stage& stage,
                                                          std::uint64_t seq, double ns) {
    const perf::Clock clock = stage.clock();
    const unsigned pauses = stage.task().pauses;
    perf::Histogram& histogram = stage.histogram();
    std::uint64_t before = clock.now();
    const std::uint64_t end = before + clock.to_ticks(ns);
    send(link, seq, pauses);
    while (true) {
        const std::uint64_t found = receive(link, pauses);
        if (found != seq) [[unlikely]] {
            stage.mismatch(seq, found);
        }
        const std::uint64_t now = clock.now();
        ++seq;
        if (now >= end) {
            histogram.record(now - before);
            return seq;
        }
        send(link, seq, pauses);
        histogram.record(now - before);
        before = now;
    }
}

template <class Link>
[[gnu::noinline, gnu::flatten]] void answer(Link& link, Stage& stage) {
    const unsigned pauses = stage.task().pauses;
    for (std::uint64_t seq = 0;; ++seq) {
        const std::uint64_t found = receive(link, pauses);
        if (found != seq) [[unlikely]] {
            if (found == kLast) {
                return;
            }
            stage.mismatch(seq, found);
        }
        send(link, seq, pauses);
    }
}

// Round trips from message 0 on until their median settles; the number after the last.
template <class Link>
std::uint64_t warm_up(Link& link, Stage& stage) {
    const perf::Clock& clock = stage.clock();
    const std::uint64_t begin = clock.now();
    WarmUp warm(stage.task().slice_ns);
    std::uint64_t seq = 0;
    std::uint64_t window = begin;
    bool over = false;
    while (!over) {
        seq = round_trips(link, stage, seq, warm.window_ns());
        const auto median =
            stage.histogram().percentile(0.5, static_cast<double>(clock.step_ticks()));
        stage.histogram().reset();
        const std::uint64_t now = clock.now();
        over = warm.over(median, clock.to_ns(static_cast<double>(now - window)));
        window = now;
    }
    stage.note_warm_up(begin, warm.settled());
    return seq;
}

template <class Link>
void pingpong(Link& link, Stage& stage) {
    stage.meet();
    if (stage.first()) {
        const std::uint64_t warm = warm_up(link, stage);
        stage.sheet().messages = round_trips(link, stage, warm, stage.task().slice_ns);
        send(link, kLast, stage.task().pauses);
        stage.keep();
    } else {
        answer(link, stage);
    }
    stage.meet();  // whoever takes its end down first takes nothing from the other
}

// Between cold caches the loop is the one that knows no types: its calls are cold as well.
template <class Link>
void latency(Link& link, Stage& stage) {
    if (stage.task().walk_bytes == 0) {
        pingpong(link, stage);
    } else {
        run_any_link(any_link(link), stage);
    }
}

// A round: `count` messages from `seq` on, one way.
template <class Link>
[[gnu::noinline, gnu::flatten]] void produce(Link& link, Stage& stage, std::uint64_t seq,
                                             std::uint64_t count) {
    const unsigned pauses = stage.task().pauses;
    const std::uint64_t end = seq + count;
    if constexpr (Link::kBatches) {
        while (seq < end) {
            const auto n =
                static_cast<std::size_t>(std::min<std::uint64_t>(stage.task().batch, end - seq));
            link.prepare(seq, n);
            std::size_t done = 0;
            wait_until(pauses, [&] { return (done += link.try_send(done, n)) == n; });
            seq += n;
        }
    } else {
        for (; seq < end; ++seq) {
            send(link, seq, pauses);
        }
    }
}

// The same with every 16th call timed, where it found room; a pass of its own.
template <class Link>
[[gnu::noinline, gnu::flatten]] void produce_timed(Link& link, Stage& stage, std::uint64_t seq,
                                                   std::uint64_t count) {
    const perf::Clock clock = stage.clock();
    const unsigned pauses = stage.task().pauses;
    for (const std::uint64_t end = seq + count; seq < end; ++seq) {
        if (seq % 16 != 0) {
            send(link, seq, pauses);
            continue;
        }
        link.prepare(seq);
        std::uint64_t before = 0;
        wait_until(pauses, [&] {
            before = clock.now();
            return link.try_send(seq);
        });
        stage.histogram().record(clock.now() - before);
    }
}

struct Flow {
    std::uint64_t messages;
    std::uint64_t ticks;
};

// Receives and checks what one call gives, up to `end`; the number after the last.
template <class Link>
inline std::uint64_t consume_some(Link& link, Stage& stage, std::uint64_t seq, std::uint64_t end,
                                  unsigned pauses) {
    std::size_t n = 1;
    if constexpr (Link::kBatches) {
        const auto most =
            static_cast<std::size_t>(std::min<std::uint64_t>(stage.task().batch, end - seq));
        wait_until(pauses, [&] { return (n = link.try_receive(most)) != 0; });
    }
    for (std::size_t i = 0; i < n; ++i, ++seq) {
        std::uint64_t found;
        if constexpr (Link::kBatches) {
            found = link.accept(i);
        } else {
            found = receive(link, pauses);
        }
        if (found != seq) [[unlikely]] {
            stage.mismatch(seq, found);
        }
    }
    return seq;
}

// What arrived after the first call that got something, and how long that took.
template <class Link>
[[gnu::noinline, gnu::flatten]] Flow consume(Link& link, Stage& stage, std::uint64_t seq,
                                             std::uint64_t count) {
    const perf::Clock clock = stage.clock();
    const unsigned pauses = stage.task().pauses;
    const std::uint64_t end = seq + count;
    seq = consume_some(link, stage, seq, end, pauses);
    const std::uint64_t first = seq;
    const std::uint64_t begin = clock.now();
    while (seq < end) {
        seq = consume_some(link, stage, seq, end, pauses);
    }
    return {end - first, std::max<std::uint64_t>(clock.now() - begin, 1)};
}

// One round of both sides; messages a second, known to both afterwards.
template <class Link>
double round(Link& link, Stage& stage, std::uint64_t& seq, std::uint64_t count) {
    stage.meet();
    if (stage.first()) {
        produce(link, stage, seq, count);
    } else {
        const Flow flow = consume(link, stage, seq, count);
        stage.board().rate = static_cast<double>(flow.messages) /
                             (stage.clock().to_ns(static_cast<double>(flow.ticks)) / 1e9);
    }
    seq += count;
    stage.meet();
    return stage.board().rate;
}

// A round has so many at the least: what comes with the first call that gets something is not
// counted, and that may be a whole batch.
[[nodiscard]] inline std::uint64_t least_round(const Task& task) noexcept {
    return std::max<std::uint64_t>(256, 4 * task.batch);
}

// Rounds that grow until one is a window of the warm-up, then windows until their rate settles; the
// rate of the last. Both sides know each rate, so they end in the same one.
template <class Link>
double warm_up_rate(Link& link, Stage& stage, std::uint64_t& seq) {
    constexpr double kNsPerS = 1e9;
    const std::uint64_t begin = stage.clock().now();
    WarmUp warm(stage.task().slice_ns);
    const std::uint64_t least = least_round(stage.task());
    std::uint64_t count = least;
    double rate = round(link, stage, seq, count);
    const auto of_window = [&] { return rate * warm.window_ns() / kNsPerS; };
    while (static_cast<double>(count) < of_window()) {
        count = std::min(count * 16, static_cast<std::uint64_t>(of_window()) + 1);
        rate = round(link, stage, seq, count);
    }
    while (!warm.over(rate, static_cast<double>(count) / rate * kNsPerS)) {
        count = std::max(least, static_cast<std::uint64_t>(of_window()));
        rate = round(link, stage, seq, count);
    }
    if (stage.first()) {
        stage.note_warm_up(begin, warm.settled());
    }
    return rate;
}

// The warm-up, the round that counts, and a shorter one with timed calls.
template <class Link>
void throughput(Link& link, Stage& stage) {
    const double slice_s = stage.task().slice_ns / 1e9;
    std::uint64_t seq = 0;
    double rate = warm_up_rate(link, stage, seq);
    auto count = std::max(least_round(stage.task()), static_cast<std::uint64_t>(rate * slice_s));
    rate = round(link, stage, seq, count);
    if (!stage.first()) {
        stage.sheet().messages_per_s = rate;
        stage.sheet().messages = seq;
    }
    if constexpr (!Link::kBatches) {
        count = count / 4 + 16;
        stage.meet();
        if (stage.first()) {
            produce_timed(link, stage, seq, count);
            stage.keep();
        } else {
            (void)consume(link, stage, seq, count);
        }
    }
    stage.meet();
}

/// A link of ports that may sleep (kParks): their blocking calls are large, so they stand once for
/// each link and not in every loop. A call is little beside a wake-up.
template <class Link>
class Outlined {
public:
    static constexpr bool kBatches = false;

    explicit Outlined(Link& link) noexcept : link_{link} {}
    void prepare(std::uint64_t seq) noexcept { link_.prepare(seq); }
    [[gnu::noinline]] bool try_send(std::uint64_t seq) { return link_.try_send(seq); }
    [[gnu::noinline]] bool try_receive(std::uint64_t& seq) { return link_.try_receive(seq); }

private:
    Link& link_;
};

template <class Link>
void run_link(Link& link, Stage& stage) {
    if constexpr (requires { requires Link::kParks; }) {
        Outlined<Link> outlined(link);
        run_link(outlined, stage);
    } else if (stage.task().mode == Mode::throughput) {
        throughput(link, stage);
    } else if constexpr (!Link::kBatches) {
        if (stage.task().mode == Mode::pingpong) {
            latency(link, stage);
        } else {
            run_any_link(any_link(link), stage);
        }
    }
}

}  // namespace shunt::bench
