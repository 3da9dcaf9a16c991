// SPDX-License-Identifier: MIT
//
// The ports of a named spsc channel of fixed-size messages: one producer, one consumer, each
// message once and in order, none lost: full means full. The ring is core/ring/spsc.hpp; these add
// the name, waiting, waking, ends and deaths.
//
// All calls of a port belong to one thread at a time, but for notify() and interrupt(), which any
// thread may make. try_ calls are wait-free; in a polling channel, and in their _quiet forms, they
// never enter the kernel; in a wakeable channel they do so only to wake a registered sleeper.
#pragma once

#include <shunt/core/ring/spsc.hpp>
#include <shunt/lane/fixed_consumer.hpp>
#include <shunt/lane/fixed_producer.hpp>
#include <shunt/lane/request.hpp>

#include <cstdint>
#include <string_view>

namespace shunt::spsc {

template <class T>
class Producer : public lane::FixedProducer<T> {
public:
    /// Opens the channel, creating it where there is none. Blocks while a dying predecessor's seat
    /// is not yet free. Goes on where the last producer stopped. Throws Error.
    explicit Producer(std::string_view name, const Options& options = {})
        : lane::FixedProducer<T>(
              lane::fixed_request<T>(layout::Kind::spsc, name, layout::Role::producer, options)) {}
};

template <class T>
class Consumer : public lane::FixedConsumer<Consumer<T>, T, ring::SpscConsumer<T>> {
    using Base = lane::FixedConsumer<Consumer, T, ring::SpscConsumer<T>>;
    friend Base;

public:
    /// Opens the channel, waiting for it to appear (options.open_timeout). Goes on at the exact
    /// message where the last consumer stopped. Throws Error.
    explicit Consumer(std::string_view name, const Options& options = {})
        : Base(lane::fixed_request<T>(layout::Kind::spsc, name, layout::Role::consumer, options),
               [&](const channel::Participant& place, bool wakeable) {
                   return ring::SpscConsumer<T>{lane::memory_of(place, 0),
                                                place.header().capacity,
                                                lane::consumer_words(place, 0),
                                                place.header().start_pos,
                                                options.consume == consume::throughput,
                                                wakeable};
               }),
          freed_seen_{this->ring().freed()} {
        lane::refuse_broken(this->place(), this->ring().broken());
        if (this->wakeable()) {
            this->woken(1);  // taking over stored free_pos
        }
    }

private:
    // Wakes a producer that sleeps for room, if store_free ran since we last looked.
    void settle() noexcept {
        if (this->wakeable() && this->ring().freed() != freed_seen_) {
            freed_seen_ = this->ring().freed();
            this->woken(1);
        }
    }
    static void settle_others() noexcept {}
    void settle_quietly() noexcept { this->owe(); }
    void found_nothing() noexcept {}

    std::uint64_t freed_seen_;
};

}  // namespace shunt::spsc
