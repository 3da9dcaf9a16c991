// SPDX-License-Identifier: MIT
//
// What a benchmark run is asked for: the command line of `shunt bench` as a plain aggregate, and
// the error that a run ends in when it cannot be done.
#pragma once

#include <shunt/channel/options.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace shunt::bench {

/// Told after each repeat, on the caller's thread.
struct Progress {
    unsigned tried = 0;    // repeats so far
    unsigned counted = 0;  // of them, those that count for every size
    unsigned wanted = 0;
};

/// The kind of channel that is measured, by one producer and one consumer each way.
enum class Kind : std::uint32_t { spsc, mpmc, mpsc, broadcast };
inline constexpr Kind kKinds[] = {Kind::spsc, Kind::mpsc, Kind::mpmc, Kind::broadcast};

/// When the messages of an open loop are due.
enum class Arrivals : std::uint32_t { constant, poisson, burst };

/// What both sides of a ping-pong put out of their caches before each message.
enum class Cold : std::uint32_t { no, l2, all };

/// How ports wait, as Config has it.
struct Waiting {
    shunt::wait wait = shunt::wait::spin;
    std::optional<shunt::events> loop;
    bool operator==(const Waiting&) const = default;
};

/// The points of a run that asks what one thing changes, in place of the member of Config that
/// holds one: at most one of these has any, and then two at the least.
struct Sweep {
    std::vector<shunt::pages> pages;
    std::vector<Waiting> waits;
    std::vector<std::uint64_t> capacities;
};

/// One run. Every default is the command line's.
struct Config {
    Kind kind = Kind::spsc;
    std::vector<std::size_t> sizes{8};     // payload bytes
    std::vector<int> cpus;                 // two of them; empty: chosen
    shunt::wait wait = shunt::wait::spin;  // park, adaptive: wakeable channels, else polling ones
    std::optional<shunt::events> loop;     // ports wait in an epoll loop, in wakeable channels
    shunt::pages pages = shunt::pages::prefer_huge;
    Sweep sweep;  // pingpong, throughput: each size is measured at each of its points
    std::optional<shunt::consume> consume;  // none: latency in pingpong, else throughput
    shunt::pop pop = shunt::pop::in_place;  // mpmc, where messages are popped
    bool blocks = false;                    // mpmc, whose messages lie in blocks beside the ring
    bool bytes = false;                     // byte messages, any size
    std::size_t batch = 1;                  // throughput: messages a call
    bool in_place = false;                  // claim and peek in place of push and pop
    std::uint32_t idle_lanes = 0;           // mpsc: of producers that are there and send nothing
    std::uint32_t idle_subscribers = 0;     // broadcast: lossy ones that are there and read nothing
    unsigned fields = 0;  // 4 or 8: payload written field by field; 0: as the compiler likes it
    std::uint64_t capacity = 0;           // messages, 0: 1024; of spsc with `bytes` bytes, 0: 1 MiB
    unsigned repeats = 15;                // that count; four times as many are tried at most
    Cold cold = Cold::no;                 // pingpong
    bool floor = false;                   // measure the one-line floor and the best pause count too
    std::vector<std::string> peers;       // names of peer_names()
    std::chrono::milliseconds slice{70};  // one measurement
    // openloop: messages a second, or percent of the knee, which is found first. Neither, and no
    // bursts: 50, 80 and 95 % of the knee.
    std::vector<double> rates;
    std::vector<double> loads;
    Arrivals arrivals = Arrivals::constant;
    unsigned burst = 32;                                 // messages due at once
    std::chrono::nanoseconds every{50'000};              // from one burst to the next
    std::vector<double> gaps_ns{15, 30, 60, 120, 1000};  // paced: from one message to the next
    std::uint64_t seed = 1;                              // of random arrivals
    std::uint64_t after = 20'000;  // coldstart: round trips after the first, one process pair
    std::function<void(const Progress&)> progress;
    /// Asked some 20 times a second, on the caller's thread; true ends the run early with what
    /// counted so far, `.result.partial` and `.ok` false. Children ignore SIGINT.
    std::function<bool()> interrupted;
};

/// Exit codes of the command, as far as a run decides them.
enum class Exit : int { runtime = 1, usage = 2, integrity = 6, refused = 7, permission = 8 };

/// A run that could not be done. what() says what was asked, what happened and what to do.
class Failure : public std::runtime_error {
public:
    Failure(Exit exit, const std::string& text) : std::runtime_error(text), exit_{exit} {}
    [[nodiscard]] int exit_code() const noexcept { return static_cast<int>(exit_); }

private:
    Exit exit_;
};

/// Message sizes that exist as types: 8 to 64 by 8, 128, 248, 256, 512, 1024, 4096.
[[nodiscard]] std::span<const std::size_t> typed_sizes() noexcept;

/// Capacities, in messages, that the peers of Boost are compiled for.
[[nodiscard]] std::span<const std::uint64_t> boost_capacities() noexcept;

/// Names that `Config::peers` may hold.
[[nodiscard]] std::span<const std::string_view> peer_names(Kind kind) noexcept;
/// The word for it.
[[nodiscard]] std::string_view to_string(Kind kind) noexcept;

}  // namespace shunt::bench
