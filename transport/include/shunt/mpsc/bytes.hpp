// SPDX-License-Identifier: MIT
//
// The ports of a named mpsc channel of byte messages of any length up to an eighth of a lane.
// shunt/mpsc.hpp says what such a channel is; the rest is as in shunt/spsc/bytes.hpp.
#pragma once

#include <shunt/core/ring/mpsc.hpp>
#include <shunt/lane/bytes_consumer.hpp>
#include <shunt/lane/bytes_producer.hpp>
#include <shunt/lane/request.hpp>
#include <shunt/mpsc/merge_port.hpp>

#include <cstdint>
#include <string_view>

namespace shunt::mpsc {

using ring::BytesView;

class BytesProducer : public lane::BytesProducer {
public:
    /// Opens the channel, creating it where there is none, and takes a lane. Blocks while none is
    /// free. Throws Error.
    explicit BytesProducer(std::string_view name, const Options& options = {})
        : lane::BytesProducer(lane::bytes_request(layout::Kind::mpsc_bytes, name,
                                                  layout::Role::producer, options)) {}

    /// Its own. Messages and positions of this port are those of the lane.
    [[nodiscard]] std::uint32_t lane() const noexcept { return lane::lane_of(place()); }
    /// As of the consumer.
    std::uint32_t recover() noexcept { return place().reap(); }
};

/// Where try_pop and try_peek find nothing: as of mpsc::Consumer.
class BytesConsumer
    : public MergePort<BytesConsumer,
                       lane::BytesConsumer<BytesConsumer, ring::MpscBytesConsumer<>>> {
    using Calls = lane::BytesConsumer<BytesConsumer, ring::MpscBytesConsumer<>>;
    using Base = MergePort<BytesConsumer, Calls>;
    friend Calls;

public:
    /// Opens the channel, creating it where there is none. Goes on in each lane at the exact
    /// message where the last consumer stopped. Throws Error.
    explicit BytesConsumer(std::string_view name, const Options& options = {})
        : Base(lane::bytes_request(layout::Kind::mpsc_bytes, name, layout::Role::consumer, options),
               [](const channel::Participant& place, bool wakeable) {
                   return ring::MpscBytesConsumer<>{lane::memory_of(place, 0),
                                                    stride_of(place),
                                                    lane::bytes_shape(place.header()),
                                                    consumer_words(place),
                                                    producer_words(place),
                                                    place.header().start_pos,
                                                    wakeable};
               }) {}
};

}  // namespace shunt::mpsc
