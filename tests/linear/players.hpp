// SPDX-License-Identifier: MIT
//
// A producer and a consumer that write down what they do: of a ring, or of a named channel. Every
// message and every gap is accounted for: a consumer leaves when it finds nothing after the last
// producer had everything in.
#pragma once

#include "log.hpp"

#include <shunt/core/status.hpp>

#include <cstdint>

namespace shunt::linear {

/// A number, and what tells a torn one.
struct Numbered {
    std::uint64_t number = 0;
    std::uint64_t inverse = 0;
    explicit Numbered(std::uint64_t n = 0) : number{n}, inverse{~n} {}
    /// One that nobody pushed, where it is torn.
    [[nodiscard]] std::uint64_t value() const {
        return inverse == ~number ? number : number | std::uint64_t{1} << 62;
    }
};

/// What a producer has to do.
struct Share {
    std::uint64_t first = 0;  // number
    std::uint64_t count = 0;
    std::uint64_t abandon_every = 0;  // a claim of so many is given up; 0: none
    std::uint64_t start = 0;          // the ring's first position
};

/// `goes_on()` is called where nothing could be done; false: leave.
template <class Producer, class GoesOn>
void produce(Producer& producer, const Share& share, Log& log, GoesOn&& goes_on) {
    for (std::uint64_t n = 0; n < share.count;) {
        const bool abandons = share.abandon_every != 0 && n % share.abandon_every == 0;
        const std::uint64_t number = share.first + n;
        log.begin();
        if (abandons ? producer.try_claim() != nullptr
                     : bool{producer.try_push(Numbered{number})}) {
            if (abandons) {
                producer.abandon();
            }
            log.end(What::push, abandons ? kNoValue : number, producer.position() - share.start);
            ++n;
        } else {
            log.end(What::full);
            if (!goes_on()) {
                return;
            }
        }
    }
}

template <class Consumer>
[[nodiscard]] Status show(Consumer& consumer, const Numbered*& shown) {
    if constexpr (requires { consumer.last_status(); }) {
        shown = consumer.try_peek();
        return consumer.last_status();
    } else {
        return consumer.try_peek(shown);
    }
}

template <class Consumer>
[[nodiscard]] Status take_in_place(Consumer& consumer, std::uint64_t start, Log& log) {
    const Numbered* shown = nullptr;
    const Status status = show(consumer, shown);
    if (status) {
        const std::uint64_t position = consumer.position() - start;
        log.end(What::pop, shown->value(), position);
        log.begin();
        consumer.release();
        log.end(What::freed, 0, position);
    }
    return status;
}

template <class Consumer>
[[nodiscard]] Status take_copy(Consumer& consumer, std::uint64_t start, Log& log) {
    Numbered message;
    const Status status = consumer.try_pop(message);
    if (status) {
        log.end(What::pop, message.value(), consumer.position() - start);
        log.also(What::freed);
    }
    return status;
}

/// `all_are_in()`: every producer has returned from its last push.
template <class Consumer, class AllAreIn, class GoesOn>
void consume(Consumer& consumer, bool in_place, std::uint64_t start, Log& log,
             AllAreIn&& all_are_in, GoesOn&& goes_on) {
    for (bool more = true; more;) {
        const bool last = all_are_in();
        log.begin();
        const Status status =
            in_place ? take_in_place(consumer, start, log) : take_copy(consumer, start, log);
        if (status == Status::empty) {
            log.end(What::empty);
            more = !last && goes_on();
        } else if (status == Status::gap) {
            if constexpr (requires { consumer.last_gap(); }) {
                log.end(What::pop, kNoValue, consumer.last_gap().position - start);
                log.also(What::freed);
            }
        } else if (!status) {
            more = goes_on();  // busy: nothing is said about what is behind the claim
        }
    }
}

}  // namespace shunt::linear
