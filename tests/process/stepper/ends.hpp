// SPDX-License-Identifier: MIT
//
// The ports of a channel as the stepper sees them: they move numbered messages whose every byte
// follows from their number, and perform one act of an operation at a time. A further kind of
// channel is one more implementation of these and its rows in operations.cpp.
#pragma once

#include "process/support/wares.hpp"

#include <shunt/channel/options.hpp>
#include <shunt/channel/port.hpp>
#include <shunt/core/status.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

namespace shunt::stepper {

using process_test::Ware;

/// What a victim is doing when it is stopped. Those from `pop` on are a consumer's.
enum class Act {
    push,
    claim,
    publish,
    abandon,
    push_n,
    push_blocking,
    pop,
    peek,
    release,
    pop_n,
    drain,
    pop_blocking
};

/// Messages that an act of many moves: more than a line holds.
inline constexpr std::uint64_t kBatch = 5;
/// Most messages that an act moves where nothing keeps it from that.
[[nodiscard]] std::uint64_t most_moved_by(Act act) noexcept;

struct Message {
    std::uint64_t number = 0;  // of mpsc: in its lane
    bool whole = false;
    bool redelivered = false;
    std::uint32_t lane = 0;
    std::uint64_t producer = 0;  // its token, where messages tell
};

class Outlet {
public:
    virtual ~Outlet() = default;
    /// Number of the next message: where a predecessor stopped.
    [[nodiscard]] virtual std::uint64_t next() const = 0;
    virtual Status push(std::uint64_t number) = 0;
    virtual Status push_until(std::uint64_t number, channel::Deadline deadline) = 0;
    /// What comes before the act and is no part of it.
    virtual void prepare(Act act, std::uint64_t number) = 0;
    /// Performs it; how many messages that acknowledged.
    virtual std::uint64_t perform(Act act) = 0;
    /// The lane, of mpsc.
    [[nodiscard]] virtual std::uint32_t lane() const { return 0; }
    /// How many messages, from the next one on, a ring in good order takes from here.
    [[nodiscard]] virtual std::uint64_t room() const = 0;
    virtual void close() = 0;
    [[nodiscard]] virtual const channel::Participant& place() const = 0;
};

class Inlet {
public:
    virtual ~Inlet() = default;
    /// Of a log: number of the message that comes next, and how many were lost.
    [[nodiscard]] virtual std::uint64_t next() const { return 0; }
    [[nodiscard]] virtual std::uint64_t lost() const { return 0; }
    virtual Status pop(Message& message) = 0;
    virtual Status pop_until(Message& message, channel::Deadline deadline) = 0;
    virtual void prepare(Act act) = 0;
    /// Performs it; calls `seen` for each message that it shows or copies. How many it released.
    virtual std::uint64_t perform(Act act, const std::function<void(const Message&)>& seen) = 0;
    virtual void close() = 0;
    [[nodiscard]] virtual const channel::Participant& place() const = 0;
};

/// A bug of our own making in a victim, to see that the stepper finds it. `none`: the library as it
/// is.
enum class Bug {
    none,
    stamp_before_payload,
    read_pos_late,
    free_before_copy,
    peek_not_noted,
    leaves_before_it_says_so,
    enters_before_it_locks,
    recovers_without_telling,
    recovers_the_living,
    collects_the_living,
};
[[nodiscard]] std::string_view to_string(Bug bug) noexcept;

/// What goes through a log: a broadcast channel's messages, the values of a latest one, or the
/// messages of one of several publishers, in its lane.
enum class Through { broadcast, latest, lanes };
struct Cast {
    Ware ware;
    Through through = Through::broadcast;
};

/// Ports of the channel called kChannel: spsc, mpsc, or one with a log. Throw Error.
inline constexpr std::string_view kChannel = "stepped";
[[nodiscard]] std::unique_ptr<Outlet> open_outlet(Ware ware, const Options& options,
                                                  Bug bug = Bug::none);
[[nodiscard]] std::unique_ptr<Inlet> open_inlet(Ware ware, const Options& options,
                                                Bug bug = Bug::none);
[[nodiscard]] std::unique_ptr<Outlet> open_lane(Ware ware, const Options& options);
[[nodiscard]] std::unique_ptr<Inlet> open_merge(Ware ware, const Options& options);
[[nodiscard]] std::unique_ptr<Outlet> open_publisher(Cast cast, const Options& options);
[[nodiscard]] std::unique_ptr<Inlet> open_subscriber(Cast cast, const Options& options);
/// What a port of spsc asks the channel for, to take part without a ring.
[[nodiscard]] channel::Request request_of(Ware ware, layout::Role role, const Options& options);

/// Capacity and start position: small rings, so that every lap is short. `turn`: the message of
/// number kAtTurn is the first of a lap, behind padding where there is some.
inline constexpr std::uint64_t kAtTurn = 3;
[[nodiscard]] Options options_of(Ware ware, bool huge, bool turn);

}  // namespace shunt::stepper
