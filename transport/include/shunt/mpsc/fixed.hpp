// SPDX-License-Identifier: MIT
//
// The ports of a named mpsc channel of fixed-size messages. shunt/mpsc.hpp says what such a channel
// is; who may call what, progress and kernel calls are as in shunt/spsc/fixed.hpp.
#pragma once

#include <shunt/core/ring/mpsc.hpp>
#include <shunt/lane/fixed_consumer.hpp>
#include <shunt/lane/fixed_producer.hpp>
#include <shunt/lane/request.hpp>
#include <shunt/mpsc/merge_port.hpp>

#include <cstdint>
#include <string_view>

namespace shunt::mpsc {

template <class T>
class Producer : public lane::FixedProducer<T> {
public:
    /// Opens the channel, creating it where there is none, and takes a lane. Blocks while none is
    /// free. Throws Error.
    explicit Producer(std::string_view name, const Options& options = {})
        : lane::FixedProducer<T>(
              lane::fixed_request<T>(layout::Kind::mpsc, name, layout::Role::producer, options)) {}

    /// Its own. Messages and positions of this port are those of the lane.
    [[nodiscard]] std::uint32_t lane() const noexcept { return lane::lane_of(this->place()); }
    /// As of the consumer.
    std::uint32_t recover() noexcept { return this->place().reap(); }
};

/// try_pop and try_peek look at each lane that had messages lately, and at some of the others:
/// where they find nothing, a lane that has just begun may have a message, which a later call
/// finds. ready() looks at all.
template <class T>
class Consumer
    : public MergePort<Consumer<T>, lane::FixedConsumer<Consumer<T>, T, ring::MpscConsumer<T>>> {
    using Calls = lane::FixedConsumer<Consumer, T, ring::MpscConsumer<T>>;
    using Base = MergePort<Consumer, Calls>;
    friend Calls;

public:
    /// Opens the channel, creating it where there is none. Goes on in each lane at the exact
    /// message where the last consumer stopped. Throws Error.
    explicit Consumer(std::string_view name, const Options& options = {})
        : Base(lane::fixed_request<T>(layout::Kind::mpsc, name, layout::Role::consumer, options),
               [&](const channel::Participant& place, bool wakeable) {
                   return ring::MpscConsumer<T>{lane::memory_of(place, 0),
                                                stride_of(place),
                                                place.header().capacity,
                                                consumer_words(place),
                                                producer_words(place),
                                                place.header().start_pos,
                                                options.consume == consume::throughput,
                                                wakeable};
               }) {}
};

}  // namespace shunt::mpsc
