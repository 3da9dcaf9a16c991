// SPDX-License-Identifier: MIT
//
// What the processes of a fan-out are told and what they count.
#pragma once

#include "bench/lib/src/crowd/hall.hpp"
#include "bench/lib/src/stage.hpp"

#include <shunt_bench/fanout.hpp>
#include <shunt_perf/clock.hpp>

#include <cstdint>
#include <string>

namespace shunt::bench {

/// Of one reader. Stored by it when it ends.
struct alignas(kLinePairBytes) Reading {
    std::uint64_t received;
    std::uint64_t lost;
    std::uint64_t lapped;  // latest: loads that the writer lapped eight times
    double alone_ns;       // latest: a load, while nobody writes
    double written_ns;     // latest: a load, while the writer writes
};

struct FanoutHall : Hall {
    Count done;  // 1: the publisher has sent its last, and stored the three that follow
    std::uint64_t sent;
    double msgs_per_s;  // by the publisher's clock, behind its warm-up
    Tally publish;      // ticks of a publish; one of kSampled is timed
    Reading readings[kMostOfARole];
};

/// One of the processes, and where it finds the others.
struct FanoutSeat {
    const FanoutConfig& config;
    FanoutHall& hall;
    const perf::Clock& clock;
    std::string channel;
    std::uint32_t idle;  // lossy subscribers that read nothing
    std::uint32_t me;    // of the readers
};

/// The processes of a broadcast channel. Each opens it by its name. Throw std::exception.
void fanout_publish(const FanoutSeat& seat);
void fanout_subscribe(const FanoutSeat& seat);
/// A lossy reader, whatever the others are: it is to be stopped.
void fanout_be_stopped(const FanoutSeat& seat);
void fanout_idle(const FanoutSeat& seat);

/// Of a latest value.
void fanout_write(const FanoutSeat& seat);
void fanout_read(const FanoutSeat& seat);

[[nodiscard]] Options fanout_options(const FanoutConfig& config);

}  // namespace shunt::bench
