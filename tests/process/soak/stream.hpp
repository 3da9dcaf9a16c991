// SPDX-License-Identifier: MIT
//
// What the soak knows of a kind of channel: a stream of messages through one channel of that kind,
// with random options; the processes that take part, a seat each; and the account of what they were
// given. Who is killed, stopped and restarted, and when, is the lane's business (lane.hpp). A kind
// takes part by one row in kinds.cpp.
#pragma once

#include "process/soak/doom.hpp"
#include "process/support/actors.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <random>
#include <span>
#include <string>

namespace shunt::process_test {

/// What a stream is made of.
struct Ground {
    std::string channel;  // its name
    Bell* bell;
    std::mt19937_64* random;
    bool may_be_huge;
    bool may_spin;  // its processes may keep cpus busy while they wait

    [[nodiscard]] std::uint64_t below(std::uint64_t end) const { return (*random)() % end; }
};

/// Numbers of a stream that ended.
struct Sums {
    std::uint64_t messages = 0;
    std::uint64_t redelivered = 0;    // and flagged
    std::uint64_t in_dead_hands = 0;  // popped by one that died before it could write so down
    std::uint64_t received = 0;       // broadcast, latest: by all readers
    std::uint64_t lost = 0;           // ... and overwritten, or passed over
};

/// The part dies as its fate says. `begins`: its first message.
inline void give_fate(Part& part, const Fate& fate, bool consumes, std::uint64_t begins, Doom& doom,
                      Bell& bell) {
    part.mark_at = fate.works() ? begins + fate.after : kNever;
    part.mark_inside = fate.moment == Moment::inside && consumes;
    part.mark_opening = fate.moment == Moment::opening;
    part.mark_closing = fate.moment == Moment::closing;
    part.changed = [&bell] { bell.ring(); };
    part.at_mark = [&bell, &doom, delay = fate.delay_ns] { doom.set(delay, bell); };
}

inline constexpr std::size_t kNoSeat = SIZE_MAX;

class Stream {
public:
    virtual ~Stream() = default;

    [[nodiscard]] virtual std::string describe() const = 0;
    [[nodiscard]] virtual std::size_t seats() const = 0;
    /// What the next process in the seat does, and returns as its exit code. The report is blank
    /// again. `fate` may be softened where there are too few messages left for it.
    [[nodiscard]] virtual std::function<int()> enter(std::size_t seat, Fate& fate, Doom& doom) = 0;
    [[nodiscard]] virtual Report& report(std::size_t seat) const = 0;
    /// Who is told when the process in the seat dies, if it waits then.
    [[nodiscard]] virtual std::size_t witness(std::size_t seat) const = 0;
    [[nodiscard]] virtual bool parks(std::size_t seat) const = 0;
    /// Of one that dies with all its work done: the others may wait for what a successor tells.
    [[nodiscard]] virtual bool is_missed(std::size_t seat) const = 0;

    // All of these throw Fault.
    /// The process in the seat is gone, and had taken part or not.
    virtual void died(std::size_t seat) = 0;
    /// Its witness has been told of just that.
    virtual void was_told(std::size_t seat) = 0;
    /// Everybody has left: every message is accounted for.
    [[nodiscard]] virtual Sums account() = 0;
};

/// A kind that takes part.
struct Kind {
    const char* name;
    std::function<std::unique_ptr<Stream>(const Ground&)> begin;
};
[[nodiscard]] std::span<const Kind> kinds();

[[nodiscard]] std::unique_ptr<Stream> begin_spsc(const Ground& ground);
[[nodiscard]] std::unique_ptr<Stream> begin_mpmc(const Ground& ground);
[[nodiscard]] std::unique_ptr<Stream> begin_mpmc_blocks(const Ground& ground);
[[nodiscard]] std::unique_ptr<Stream> begin_mpsc(const Ground& ground);
[[nodiscard]] std::unique_ptr<Stream> begin_broadcast(const Ground& ground);
[[nodiscard]] std::unique_ptr<Stream> begin_broadcast_lanes(const Ground& ground);
[[nodiscard]] std::unique_ptr<Stream> begin_latest(const Ground& ground);

}  // namespace shunt::process_test
