// SPDX-License-Identifier: MIT
//
// What several producers may send through: shunt's mpsc and mpmc channels, and the rivals.
#pragma once

#include "bench/lib/src/crowd/hall.hpp"

#include <shunt_bench/fanin.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace shunt::bench {

struct FaninHall : Hall {
    std::uint64_t quota;                           // messages of each, from Phase::finish on
    Steady::time_point begun;                      // of Phase::finish
    Count arrived_of[kMostOfARole][kMostOfARole];  // by consumer and producer
    Count finish_ns[kMostOfARole];                 // of each producer; 0: not yet
};

/// One of the processes, and where it finds the others.
struct FaninSeat {
    const FaninConfig& config;
    std::uint32_t me;  // the producers first, then the consumers
    FaninHall& hall;
    std::string channel;  // of shunt: its name
    std::byte* memory;    // of rivals: the queue, made before the processes were

    [[nodiscard]] bool produces() const noexcept { return me < config.producers; }
    [[nodiscard]] std::uint32_t of_role() const noexcept {
        return produces() ? me : me - config.producers;
    }
};

struct FaninContender {
    std::string_view name;
    /// Throws Failure where it cannot do it.
    void (*check)(const FaninConfig& config);
    /// Shared memory that it needs for it.
    std::uint64_t (*memory_bytes)(const FaninConfig& config);
    /// Makes what lies there, before the processes are.
    void (*make)(const FaninConfig& config, std::byte* memory);
    /// Sends or receives until it is over. Throws std::exception.
    void (*take_part)(const FaninSeat& seat);
};

extern const FaninContender kFaninLanes;   // mpsc
extern const FaninContender kFaninMany;    // mpmc
extern const FaninContender kFaninBoost;   // boost::lockfree::queue
extern const FaninContender kFaninVyukov;  // a textbook ring of sequence numbers

}  // namespace shunt::bench
