// SPDX-License-Identifier: MIT
//
// The loops of the two processes, over ports of any kind.
//
// A receiver's port has
//   Status next(message)           the next one; timeout: there was none for a while
//   position()                     of the message that came last
//   lost()                         so far
#pragma once

#include "bench/lib/src/payload.hpp"
#include "bench/lib/src/slow/contender.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <stdexcept>

namespace shunt::bench {

// A call waits no longer than this, and then looks whether it is over.
inline constexpr auto kSlowPatience = std::chrono::milliseconds{20};
// One send of so many is timed where a sender never waits: no divisor of what a ring counts in.
inline constexpr std::uint64_t kSlowSampled = 17;

enum class Sent : std::uint32_t {
    at_once,
    waited,   // there was no room at first
    dropped,  // there was none, and it is not sent
    not_yet,  // it is over
};

/// What became of a message that found no room and was waited for.
[[nodiscard]] inline Sent waited_for(Status status, const Hall& hall) {
    if (!status && status != Status::timeout && goes_on(hall)) {
        unexpected(status);
    }
    return status ? Sent::waited : Sent::not_yet;
}

/// Sends for the time of a slice, behind a warm-up of an eighth of it.
class SlowSender {
public:
    /// `waits`: for room; then a reading of the clock is little, and each send is timed.
    SlowSender(const SlowSeat& seat, bool waits) noexcept
        : seat_{seat}, stride_{waits ? 1 : kSlowSampled} {}

    /// `send(number, deadline)`: the next message.
    template <class Send>
    void run(Send&& send) {
        const perf::Clock& clock = seat_.clock;
        const auto slice = std::chrono::duration<double, std::nano>(seat_.config.slice).count();
        const std::uint64_t begin = clock.now();
        const std::uint64_t warm_until = begin + clock.to_ticks(slice / 8);
        const std::uint64_t end = warm_until + clock.to_ticks(slice);
        const auto deadline = Steady::now() + seat_.config.slice * 9 / 8;
        std::uint64_t counted_from = begin;
        std::uint64_t before = begin;
        bool warm = false;
        Sent sent = Sent::at_once;
        while (before < end && sent != Sent::not_yet && goes_on(seat_.hall)) {
            if (!warm && before >= warm_until) {
                forget();
                counted_from = before;
                warm = true;
            }
            sent = count(send(accepted_, deadline));
            if (sent != Sent::not_yet) {
                histogram_.record(clock.now() - before);
            }
            for (std::uint64_t i = 1; i < stride_ && sent != Sent::not_yet; ++i) {
                sent = count(send(accepted_, deadline));
            }
            before = clock.now();
        }
        tell_all(clock.to_ns(static_cast<double>(before - counted_from)));
    }

private:
    // What the warm-up came to.
    void forget() noexcept {
        histogram_.reset();
        accepted_before_ = accepted_;
        offered_ = full_ = dropped_ = 0;
    }
    Sent count(Sent sent) noexcept {
        accepted_ += sent == Sent::at_once || sent == Sent::waited ? 1u : 0u;
        offered_ += sent != Sent::not_yet ? 1u : 0u;
        full_ += sent == Sent::waited || sent == Sent::dropped ? 1u : 0u;
        dropped_ += sent == Sent::dropped ? 1u : 0u;
        return sent;
    }
    void tell_all(double took_ns) {
        SlowHall& hall = seat_.hall;
        hall.sent.accepted = accepted_;
        hall.sent.offered = offered_;
        hall.sent.found_full = full_;
        hall.sent.dropped = dropped_;
        hall.sent.accepted_per_s =
            static_cast<double>(accepted_ - accepted_before_) * 1e9 / std::max(took_ns, 1.0);
        Stage::keep(histogram_, hall.sent.send);
        hall.sent_all.value.store(1, std::memory_order_release);
        tell(hall);
        wait_while(hall, Phase::rate);
        wait_while(hall, Phase::finish);
    }

    const SlowSeat& seat_;
    std::uint64_t stride_;
    perf::Histogram histogram_;
    std::uint64_t accepted_ = 0;
    std::uint64_t accepted_before_ = 0;
    std::uint64_t offered_ = 0;
    std::uint64_t full_ = 0;
    std::uint64_t dropped_ = 0;
};

/// Takes its time for each message while the sender sends, then reads the rest without, and
/// accounts for every message.
template <std::size_t N, class In>
class SlowReceiver {
public:
    SlowReceiver(In& in, const SlowSeat& seat) noexcept
        : in_{in},
          seat_{seat},
          work_{seat.clock.to_ticks(static_cast<double>(seat.config.work.count()))},
          warm_up_{seat.clock.to_ticks(
              std::chrono::duration<double, std::nano>(seat.config.slice).count() / 8)} {}

    void run() {
        constexpr unsigned kMostSilent = 250;  // times kSlowPatience
        Message<N> message;
        unsigned silent = 0;
        while (!all_there()) {
            const Status status = in_.next(message);
            if (status) {
                take(message);
                silent = 0;
            } else if (status == Status::timeout) {
                silent += phase_of(seat_.hall) == Phase::finish ? 1u : 0u;
                if (silent > kMostSilent) {
                    throw std::runtime_error(
                        fmt::format("of {} messages {} were received, and {} are said to be lost",
                                    seat_.hall.sent.accepted, received_, in_.lost()));
                }
            } else if (status != Status::lapped && goes_on(seat_.hall)) {
                unexpected(status);
            }
        }
        const double ns = seat_.clock.to_ns(static_cast<double>(last_ - counted_from_));
        seat_.hall.received = {received_, in_.lost(),
                               ns > 0 ? static_cast<double>(counted_) * 1e9 / ns : 0};
        seat_.hall.received_all.value.store(1, std::memory_order_release);
        tell(seat_.hall);
        wait_while(seat_.hall, Phase::finish);
    }

private:
    // What the sender has counted is there from Phase::finish on.
    [[nodiscard]] bool all_there() const {
        const auto phase = static_cast<Phase>(seat_.hall.phase.load(std::memory_order_acquire));
        return phase == Phase::over ||
               (phase == Phase::finish && received_ + in_.lost() == seat_.hall.sent.accepted);
    }
    void take(const Message<N>& message) {
        if (const std::uint64_t number = read(message); number != in_.position()) {
            throw std::runtime_error(fmt::format(
                "the message at position {} is torn, or another: {:#x}", in_.position(), number));
        }
        ++received_;
        if (phase_of(seat_.hall) != Phase::rate) {
            return;
        }
        std::uint64_t now = seat_.clock.now();
        for (const std::uint64_t until = now + work_; now < until;) {
            now = seat_.clock.now();
        }
        count(now);
    }
    void count(std::uint64_t now) noexcept {
        if (counted_from_ == 0) {
            counted_from_ = warm_until_ = now;
            warm_until_ += warm_up_;
        }
        if (last_ < warm_until_) {  // this one ends the warm-up
            counted_from_ = now;
            counted_ = 0;
        } else {
            ++counted_;
        }
        last_ = now;
    }

    In& in_;
    const SlowSeat& seat_;
    std::uint64_t work_;     // ticks
    std::uint64_t warm_up_;  // ticks
    std::uint64_t received_ = 0;
    std::uint64_t counted_ = 0;
    std::uint64_t counted_from_ = 0;
    std::uint64_t warm_until_ = 0;
    std::uint64_t last_ = 0;
};

}  // namespace shunt::bench
