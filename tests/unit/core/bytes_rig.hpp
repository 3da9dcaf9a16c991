// SPDX-License-Identifier: MIT
//
// A bytes ring on memory of its own, its control words in sight, and messages whose every byte
// depends on their number.
#pragma once

#include "memory.hpp"

#include <shunt/core/layout/ring.hpp>
#include <shunt/core/ring/spsc_bytes.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <ostream>
#include <span>
#include <string>
#include <vector>

namespace shunt::test {

/// The message of a number and length. No byte is 0, so that a stale byte is never a clear header.
[[nodiscard]] inline std::vector<std::byte> payload(std::uint64_t number, std::size_t length) {
    std::vector<std::byte> made(length);
    std::uint64_t state = (number + 1) * 0x9e3779b97f4a7c15u;
    for (std::byte& b : made) {
        state = state * 6364136223846793005u + 1442695040888963407u;
        b = static_cast<std::byte>(state >> 56) | std::byte{1};
    }
    return made;
}

[[nodiscard]] inline bool same(std::span<const std::byte> a, std::span<const std::byte> b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

struct Geometry {
    std::uint64_t capacity;
    std::uint32_t frame_align;
    std::uint32_t payload_align;
    friend std::ostream& operator<<(std::ostream& out, const Geometry& g) {
        return out << "Capacity" << g.capacity << "Frame" << g.frame_align << "Payload"
                   << g.payload_align;
    }
};

template <class Pages, class P = DefaultPolicy>
struct BytesRig {
    using Producer = ring::BytesProducer<P>;
    using Consumer = ring::BytesConsumer<P>;

    explicit BytesRig(Geometry g, std::uint64_t start = 0)
        : shape{ring::BytesShape::of(g.capacity, g.frame_align, g.payload_align)},
          start_pos{start},
          slots{shape.bytes()} {}

    [[nodiscard]] Producer producer() {
        return Producer{slots.data(), shape, *mine, *words, start_pos};
    }
    [[nodiscard]] Consumer consumer(bool wakeable = false) {
        return Consumer{slots.data(), shape, *words, start_pos, wakeable};
    }
    [[nodiscard]] std::uint64_t capacity() const { return shape.capacity(); }
    [[nodiscard]] std::atomic<std::uint64_t>& word(std::uint64_t position) const {
        return *object_at<std::atomic<std::uint64_t>>(slots.data() + position % shape.capacity());
    }
    [[nodiscard]] ring::FrameHeader header(std::uint64_t position) const {
        return ring::FrameHeader::of(word(position).load(std::memory_order_relaxed));
    }
    /// Bytes of the frame of a message.
    [[nodiscard]] std::uint64_t frame(std::uint64_t length) const {
        return align_up(shape.payload_offset() + length, shape.frame_align());
    }
    /// Bytes of padding that a message of this length needs before it, at a position.
    [[nodiscard]] std::uint64_t padding(std::uint64_t position, std::uint64_t length) const {
        const std::uint64_t to_end = capacity() - position % capacity();
        return frame(length) > to_end ? to_end : 0;
    }
    /// Pushes and pops messages until both sides are at `offset`, a multiple of the frame
    /// alignment.
    template <class Producer_, class Consumer_>
    void advance(Producer_& producer, Consumer_& consumer, std::uint64_t offset) {
        std::vector<std::byte> out(shape.max_message());
        std::size_t size = 0;
        while (producer.position() % capacity() != offset) {
            const std::uint64_t at = producer.position() % capacity();
            const std::uint64_t step =
                std::min({(offset - at) % capacity(), capacity() - at, std::uint64_t{128}});
            ASSERT_TRUE(producer.try_push(payload(0, step - shape.payload_offset())));
            ASSERT_TRUE(consumer.try_pop(out, size));
        }
        consumer.store_free();
    }
    [[nodiscard]] bool guards_whole() const {
        return slots.guards_whole() && words.guards_whole() && mine.guards_whole();
    }
    [[nodiscard]] std::uint64_t read_pos() const {
        return words->read_pos.load(std::memory_order_relaxed);
    }
    [[nodiscard]] std::uint64_t peek_pos() const {
        return words->peek_pos.load(std::memory_order_relaxed);
    }
    [[nodiscard]] std::uint64_t free_pos() const {
        return words->free_pos.load(std::memory_order_relaxed);
    }
    [[nodiscard]] std::uint64_t last_pos() const {
        return mine->last_pos.load(std::memory_order_relaxed);
    }

    ring::BytesShape shape;
    std::uint64_t start_pos;
    Memory<Pages> slots;
    InMemory<layout::ProducerWords> mine;
    InMemory<layout::ConsumerWords> words;
};

/// Pops one message and says whether it is this one.
template <class Consumer>
[[nodiscard]] testing::AssertionResult pops(Consumer& consumer, std::span<const std::byte> wanted) {
    std::vector<std::byte> out(wanted.size());
    std::size_t size = 0;
    if (const Status status = consumer.try_pop(out, size); !status) {
        return testing::AssertionFailure() << "wanted " << wanted.size() << " bytes, got "
                                           << to_string(status) << " with size " << size;
    }
    return size == wanted.size() && same(out, wanted)
               ? testing::AssertionSuccess()
               : testing::AssertionFailure() << "got " << size << " other bytes";
}

/// Geometries whose alignments and sizes cover all that Options allows; the smallest ring there is.
inline const Geometry kGeometries[] = {
    {1024, 64, 8}, {1024, 64, 32}, {1024, 64, 64}, {1024, 8, 8}, {4096, 64, 16}};

}  // namespace shunt::test
