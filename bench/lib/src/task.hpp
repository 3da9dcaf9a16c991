// SPDX-License-Identifier: MIT
//
// A task: one measurement of one contender, as both processes of a pair are told. A contender: the
// thing that is measured. Messages go through it in loops that know its type (loops.hpp); only the
// start of a task is an indirect call.
#pragma once

#include <shunt_bench/config.hpp>
#include <shunt_perf/clock.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace shunt::bench {

class Stage;
struct Task;

/// What is measured. openloop and paced are one loop: messages due at times of their own.
enum class Mode : std::uint32_t { pingpong, throughput, openloop, paced, wake, coldstart };

/// The word for it: of the command, of its documents, of args.mode.
[[nodiscard]] std::string_view to_string(Mode mode) noexcept;

/// Messages go one way and are stamped by both cpus; else they go round and one cpu stamps.
[[nodiscard]] constexpr bool one_way(Mode mode) noexcept {
    return mode == Mode::openloop || mode == Mode::paced || mode == Mode::wake;
}
/// How shunt's ports are tuned unless told.
[[nodiscard]] constexpr shunt::consume usual_consume(Mode mode) noexcept {
    return mode == Mode::throughput ? shunt::consume::throughput : shunt::consume::latency;
}
/// Each side needs a ring to send into and one to receive from.
[[nodiscard]] constexpr bool there_and_back(Mode mode) noexcept {
    return mode == Mode::pingpong || mode == Mode::coldstart;
}

/// When messages are due.
struct Pace {
    Arrivals arrivals = Arrivals::constant;
    double per_second = 0;
    unsigned burst = 1;  // so many at a time
    std::uint64_t seed = 1;
};

struct Contender {
    std::string_view name;
    /// Throws Failure where it cannot do the task.
    void (*check)(const Task& task);
    /// Shared memory that it needs for the task; zeroed before each. Called after check().
    std::uint64_t (*memory_bytes)(const Task& task);
    /// Both processes call it, each with its own side of the stage.
    void (*run)(Stage& stage);
    bool threads = false;  // instead, two threads of the first process do, on the same two cpus
    bool calls = false;    // a request and its reply: what is told of it is the round trip
};

struct Task {
    const Contender* contender = nullptr;
    Mode mode = Mode::pingpong;
    Kind kind = Kind::spsc;
    std::size_t size = 8;
    std::uint64_t capacity = 0;  // messages; of the bytes ring: bytes
    unsigned fields = 0;
    std::size_t batch = 1;
    bool in_place = false;
    std::uint32_t idle_lanes = 0;        // mpsc
    std::uint32_t idle_subscribers = 0;  // broadcast
    shunt::pop pop = shunt::pop::in_place;
    bool blocks = false;  // mpmc
    bool bytes = false;
    shunt::wait wait = shunt::wait::spin;
    std::optional<shunt::events> loop;
    shunt::pages pages = shunt::pages::prefer_huge;
    shunt::consume consume = shunt::consume::latency;
    unsigned pauses = 0;            // after an empty poll
    double slice_ns = 0;            // how long the measured part takes
    Pace pace;                      // openloop, paced
    std::uint64_t walk_bytes = 0;   // pingpong: what a side walks over before each message; 0: none
    bool prepare = true;            // ports call prepare_rt()
    bool rehearse = false;          // coldstart: first the same code on another channel
    std::uint64_t round_trips = 0;  // coldstart: so many after the first
    std::array<int, 2> cpus{};      // of the pair
    std::string channel;            // name of its own; a pair of rings appends to it
    std::byte* memory = nullptr;
};

/// The channel is wakeable, and its ports wait in their own way; else the harness polls.
[[nodiscard]] inline bool waits_by_itself(const Task& task) noexcept {
    return task.loop || task.wait == shunt::wait::park || task.wait == shunt::wait::adaptive;
}

/// Messages that fit into the ring of a task; of the bytes ring, that fit at the least.
[[nodiscard]] std::uint64_t capacity_in_messages(const Task& task) noexcept;

/// Bytes of slots that a channel of a task's geometry has; 0: there is no such ring.
[[nodiscard]] std::uint64_t slots_bytes_of(const Task& task) noexcept;

}  // namespace shunt::bench
