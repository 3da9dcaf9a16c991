// SPDX-License-Identifier: MIT
//
// The loops of a fan-out's processes.
#pragma once

#include "bench/lib/src/fanout/hall.hpp"
#include "bench/lib/src/payload.hpp"

#include <shunt/core/policy.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace shunt::bench {

// A call waits no longer than this, and then looks whether it is over.
inline constexpr auto kFanoutPatience = std::chrono::milliseconds{20};
// Messages between two looks at the phase, of which one is timed.
inline constexpr std::uint64_t kSampled = 16;

/// Writes for the time of a slice, or as many messages as are asked for.
class FanoutWriter {
public:
    explicit FanoutWriter(const FanoutSeat& seat) noexcept : seat_{seat} {}

    /// `send()`: the next message; false: there was no room in time.
    template <class Send>
    void run(Send&& send) {
        const FanoutConfig& config = seat_.config;
        const std::uint64_t slice =
            seat_.clock.to_ticks(std::chrono::duration<double, std::nano>(config.slice).count());
        bool warm = config.messages != 0;
        std::uint64_t counted_from = seat_.clock.now();
        std::uint64_t warm_sent = 0;
        std::uint64_t sent = 0;
        std::uint64_t now = counted_from;
        perf::Histogram histogram;
        while (phase_of(seat_.hall) == Phase::rate && more(sent) &&
               !(warm && config.messages == 0 && now - counted_from >= slice)) {
            if (!warm && now - counted_from >= slice / 8) {
                histogram.reset();
                warm = true;
                counted_from = now;
                warm_sent = sent;
            }
            const std::uint64_t before = seat_.clock.now();
            const bool first = send();
            now = seat_.clock.now();
            if (first) {
                histogram.record(now - before);
                ++sent;
            }
            for (std::uint64_t i = 1; i < kSampled && more(sent); ++i) {
                sent += send() ? 1u : 0u;
            }
        }
        now = seat_.clock.now();
        seat_.hall.msgs_per_s = static_cast<double>(sent - warm_sent) * 1e9 /
                                seat_.clock.to_ns(static_cast<double>(now - counted_from));
        Stage::keep(histogram, seat_.hall.publish);
        seat_.hall.sent = sent;
        seat_.hall.done.value.store(1, std::memory_order_release);
        tell(seat_.hall);
    }

private:
    [[nodiscard]] bool more(std::uint64_t sent) const noexcept {
        return seat_.config.messages == 0 || sent < seat_.config.messages;
    }

    const FanoutSeat& seat_;
};

/// Reads until the publisher has left, and accounts for every message.
template <std::size_t N, class Subscriber>
class FanoutReader {
public:
    FanoutReader(Subscriber& in, const FanoutSeat& seat) noexcept
        : in_{in},
          seat_{seat},
          rest_{seat.config.every_speed ? (std::uint64_t{1} << 2 * std::min(seat.me, 10u)) - 1
                                        : 0} {}

    void run() {
        Message<N> message;
        for (;;) {
            Status status = in_.try_pop(message);
            if (status == Status::empty) {
                status = in_.pop_until(message, Steady::now() + kFanoutPatience);
            }
            if (status) {
                take(message);
            } else if (status == Status::closed) {
                break;
            } else if (status != Status::lapped && status != Status::timeout) {
                unexpected(status);
            }
        }
        account();
    }

private:
    void take(const Message<N>& message) {
        if (const std::uint64_t number = read(message); number != in_.position()) {
            throw std::runtime_error(fmt::format(
                "the message at position {} is torn, or another: {:#x}", in_.position(), number));
        }
        ++received_;
        for (std::uint64_t i = 0; i < rest_; ++i) {
            DefaultPolicy::pause();
        }
    }
    void account() {
        const std::uint64_t sent = seat_.hall.sent;  // it has left since
        if (received_ + in_.lost() != sent || (in_.gated() && in_.lost() != 0)) {
            throw std::runtime_error(
                fmt::format("of {} messages {} were received, and {} are said to be lost", sent,
                            received_, in_.lost()));
        }
        seat_.hall.readings[seat_.me] = {received_, in_.lost(), 0, 0, 0};
    }

    Subscriber& in_;
    const FanoutSeat& seat_;
    std::uint64_t rest_;  // pauses behind each message
    std::uint64_t received_ = 0;
};

}  // namespace shunt::bench
