// SPDX-License-Identifier: MIT
//
// The ports of a named spsc channel of byte messages of any length up to an eighth of the capacity.
// The ring is core/ring/spsc_bytes.hpp. Positions and sizes are in bytes of the ring, headers
// included. Who may call what, progress and kernel calls: as in shunt/spsc/fixed.hpp.
#pragma once

#include <shunt/core/ring/spsc_bytes.hpp>
#include <shunt/lane/bytes_consumer.hpp>
#include <shunt/lane/bytes_producer.hpp>
#include <shunt/lane/request.hpp>

#include <cstdint>
#include <string_view>

namespace shunt::spsc {

using ring::BytesView;

class BytesProducer : public lane::BytesProducer {
public:
    /// Opens the channel, creating it where there is none. Goes on where the last producer stopped.
    /// `type_name`: what the messages are, of at most 63 characters; both sides must agree, where
    /// both say. Throws Error.
    explicit BytesProducer(std::string_view name, const Options& options = {},
                           std::string_view type_name = {})
        : lane::BytesProducer(lane::bytes_request(layout::Kind::spsc_bytes, name,
                                                  layout::Role::producer, options, type_name)) {}
};

class BytesConsumer : public lane::BytesConsumer<BytesConsumer, ring::BytesConsumer<>> {
    using Base = lane::BytesConsumer<BytesConsumer, ring::BytesConsumer<>>;
    friend Base;

public:
    /// Opens the channel, waiting for it to appear (options.open_timeout). Goes on at the exact
    /// message where the last consumer stopped. `type_name`: as of the producer. Throws Error.
    explicit BytesConsumer(std::string_view name, const Options& options = {},
                           std::string_view type_name = {})
        : Base(lane::bytes_request(layout::Kind::spsc_bytes, name, layout::Role::consumer, options,
                                   type_name),
               [](const channel::Participant& place, bool wakeable) {
                   return ring::BytesConsumer<>{
                       lane::memory_of(place, 0), lane::bytes_shape(place.header()),
                       lane::consumer_words(place, 0), place.header().start_pos, wakeable};
               }),
          freed_seen_{ring().freed()} {
        lane::refuse_broken(place(), ring().broken());
        if (wakeable()) {
            woken(1);  // taking over stored free_pos
        }
    }

private:
    // Wakes a producer that sleeps for room, if store_free ran since we last looked.
    void settle() noexcept {
        if (wakeable() && ring().freed() != freed_seen_) {
            freed_seen_ = ring().freed();
            woken(1);
        }
    }
    void settle_quietly() noexcept { owe(); }
    void found_nothing() noexcept {}

    std::uint64_t freed_seen_;
};

}  // namespace shunt::spsc
