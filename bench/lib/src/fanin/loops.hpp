// SPDX-License-Identifier: MIT
//
// The loops of a fan-in's processes, over anything that has the calls of shunt's ports.
#pragma once

#include "bench/lib/src/fanin/contender.hpp"
#include "bench/lib/src/payload.hpp"

#include <shunt/core/status.hpp>

#include <fmt/format.h>

#include <array>
#include <stdexcept>

namespace shunt::bench {

inline constexpr unsigned kProducerShift = 40;  // of a message's number: whose it is
// A call waits no longer than this, and then looks whether it is over.
inline constexpr auto kFaninPatience = std::chrono::milliseconds{20};

template <std::size_t N, class Producer>
class FaninProducer {
public:
    FaninProducer(Producer& out, FaninHall& hall, std::uint32_t me) noexcept
        : out_{out}, hall_{hall}, me_{me}, number_{std::uint64_t{me} << kProducerShift} {}

    void run() {
        while (phase_of(hall_) == Phase::rate) {
            send();
        }
        // At once; the quota, and when it began, were stored before.
        if (wait_while(hall_, Phase::rate) == Phase::finish) {
            finish();
            wait_while(hall_, Phase::finish);
        }
    }

private:
    void finish() {
        const std::uint64_t end = number_ + hall_.quota;
        while (number_ != end && goes_on(hall_)) {
            send();
        }
        const std::chrono::nanoseconds took = Steady::now() - hall_.begun;
        // relaxed: a figure that is looked at by its own value
        hall_.finish_ns[me_].value.store(static_cast<std::uint64_t>(took.count()),
                                         std::memory_order_relaxed);
        tell(hall_);
    }
    void send() {
        Message<N> message;
        write(message, number_);
        Status status = out_.try_push(message);
        if (status == Status::full) {
            status = out_.push_until(message, Steady::now() + kFaninPatience);
        }
        number_ += status ? 1u : 0u;
        if (!status && status != Status::timeout && goes_on(hall_)) {
            unexpected(status);
        }
    }

    Producer& out_;
    FaninHall& hall_;
    std::uint32_t me_;
    std::uint64_t number_;
};

template <std::size_t N, class Consumer>
void fanin_consume(Consumer& in, const FaninSeat& seat) {
    std::array<std::uint64_t, kMostOfARole> least{};
    std::array<std::uint64_t, kMostOfARole> got{};
    while (goes_on(seat.hall)) {
        Message<N> message;
        Status status = in.try_pop(message);
        if (status == Status::empty || status == Status::busy) {
            status = in.pop_until(message, Steady::now() + kFaninPatience);
        }
        if (!status) {
            if (status != Status::timeout && goes_on(seat.hall)) {
                unexpected(status);
            }
            continue;
        }
        const std::uint64_t number = read(message);
        const std::uint64_t from = number >> kProducerShift;
        if (number == kTorn || from >= seat.config.producers || number < least[from]) {
            throw std::runtime_error(
                fmt::format("message {:#x} is torn, or came too late", number));
        }
        least[from] = number + 1;
        // relaxed: a count that is looked at by its own value
        seat.hall.arrived_of[seat.of_role()][from].value.store(++got[from],
                                                               std::memory_order_relaxed);
    }
}

}  // namespace shunt::bench
