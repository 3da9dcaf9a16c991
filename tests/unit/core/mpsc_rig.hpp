// SPDX-License-Identifier: MIT
//
// Lanes on memory of their own, their words in sight.
#pragma once

#include "line_rig.hpp"

#include <shunt/core/ring/mpsc.hpp>

#include <cstdint>
#include <span>

namespace shunt::test {

template <class T, class P = DefaultPolicy, class Turns = ring::LaneTurns>
struct MpscRig {
    using Shape = ring::LineShape<T>;
    using Producer = ring::SpscProducer<T, P>;
    using Consumer = ring::MpscConsumer<T, P, Turns>;

    MpscRig(std::uint32_t lane_count, std::uint64_t wanted, std::uint64_t start = 0)
        : geometry{ring::line_geometry<T>(wanted)},
          lanes{lane_count},
          stride{align_up(geometry.bytes, kLinePairBytes)},
          start_pos{start},
          memory{lanes * stride},
          consumer_memory{lanes * sizeof(layout::ConsumerWords)},
          producer_memory{lanes * sizeof(layout::ProducerWords)} {}

    /// As a port does: says whose the lane is, before anything else.
    [[nodiscard]] Producer producer(std::uint32_t lane, std::uint64_t token = 1) {
        P::store(tokens()[lane].token, token, std::memory_order_release);
        return in_lane(lane);
    }
    [[nodiscard]] Producer in_lane(std::uint32_t lane) {
        return Producer{memory.data() + lane * stride, geometry.capacity, words()[lane], start_pos};
    }
    [[nodiscard]] Consumer consumer(bool look_ahead = false, bool wakeable = false) {
        return Consumer{memory.data(), stride,    geometry.capacity, words(),
                        tokens(),      start_pos, look_ahead,        wakeable};
    }
    [[nodiscard]] std::span<layout::ConsumerWords> words() const {
        return {object_at<layout::ConsumerWords>(consumer_memory.data()), lanes};
    }
    [[nodiscard]] std::span<layout::ProducerWords> tokens() const {
        return {object_at<layout::ProducerWords>(producer_memory.data()), lanes};
    }
    [[nodiscard]] bool free_at(std::uint32_t lane, std::uint64_t write_pos) const {
        return ring::lane_is_free(words()[lane], write_pos, start_pos);
    }
    [[nodiscard]] std::uint64_t capacity() const { return geometry.capacity; }
    [[nodiscard]] bool guards_whole() const {
        return memory.guards_whole() && consumer_memory.guards_whole() &&
               producer_memory.guards_whole();
    }

    ring::LineGeometry geometry;
    std::uint32_t lanes;
    std::uint64_t stride;
    std::uint64_t start_pos;
    Memory<ArrayPages> memory;
    Memory<ArrayPages> consumer_memory;
    Memory<ArrayPages> producer_memory;
};

}  // namespace shunt::test
