// SPDX-License-Identifier: MIT
//
// Where a ring stands, from outside: for observers that map it read-only and know its element only
// by size, and for the question whether anything is unread. Approximate while the ports run. Every
// word is input and is bounded before use.
#pragma once

#include <shunt/core/bytes.hpp>
#include <shunt/core/config.hpp>
#include <shunt/core/layout/ring.hpp>
#include <shunt/core/policy.hpp>
#include <shunt/core/ring/frame.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace shunt::ring {

/// Positions of a ring; messages, or bytes of a bytes ring.
struct RingState {
    std::uint64_t write_pos = 0;
    std::uint64_t read_pos = 0;
    std::uint64_t peek_pos = 0;
    std::uint64_t free_pos = 0;
    bool plausible = false;  // false: the words contradict each other

    [[nodiscard]] std::uint64_t unread() const noexcept { return write_pos - read_pos; }
};

namespace detail {

inline RingState consumer_state(const layout::ConsumerWords& words,
                                std::uint64_t start_pos) noexcept {
    RingState state;
    // relaxed: an observer; nothing is read on the strength of these words
    state.peek_pos = std::max(words.peek_pos.load(std::memory_order_relaxed), start_pos);
    state.read_pos = std::max(words.read_pos.load(std::memory_order_relaxed), start_pos);
    state.free_pos = std::max(words.free_pos.load(std::memory_order_relaxed), start_pos);
    return state;
}

}  // namespace detail

/// Of a line ring of elements of `element_bytes`. Looks at every stamp.
[[nodiscard]] inline RingState inspect_line(const std::byte* memory, std::uint64_t capacity,
                                            std::uint64_t element_bytes,
                                            const layout::ConsumerWords& words,
                                            std::uint64_t start_pos) noexcept {
    const bool packed = element_bytes <= layout::kLinePayloadBytes;
    const std::uint64_t per_slot = packed ? layout::kLinePayloadBytes / element_bytes : 1;
    const std::uint64_t slot_bytes =
        packed ? kLineBytes : align_up(element_bytes + layout::kStampBytes, kLineBytes);
    RingState state = detail::consumer_state(words, start_pos);
    state.write_pos = start_pos;
    for (std::uint64_t slot = 0; slot < capacity / per_slot; ++slot) {
        const std::byte* const end = memory + (slot + 1) * slot_bytes;
        const auto& stamp = *object_at<std::atomic<std::uint64_t>>(end - layout::kStampBytes);
        // relaxed: an observer; nothing is read on the strength of it
        state.write_pos = std::max(state.write_pos, stamp.load(std::memory_order_relaxed));
    }
    state.plausible = state.write_pos <= kPositionLimit &&
                      state.write_pos - state.read_pos <= capacity;
    return state;
}

/// Of a bytes ring. Walks from the newest message that the producer noted to the tail.
[[nodiscard]] inline RingState inspect_bytes(const std::byte* memory, const BytesShape& shape,
                                             const layout::ProducerWords& producer,
                                             const layout::ConsumerWords& words,
                                             std::uint64_t start_pos) noexcept {
    RingState state = detail::consumer_state(words, start_pos);
    // relaxed: an observer; what it leads to is checked
    state.write_pos = std::max(producer.last_pos.load(std::memory_order_relaxed), start_pos);
    const std::uint64_t end = state.write_pos + shape.capacity();
    while (state.write_pos < end && state.write_pos <= kPositionLimit &&
           state.write_pos % shape.frame_align() == 0) {
        const auto& word = *object_at<std::atomic<std::uint64_t>>(
            memory + shape.offset_of(state.write_pos));
        // relaxed: an observer; the header is checked before use
        const std::uint64_t found = word.load(std::memory_order_relaxed);
        if (found == 0) {
            state.plausible = state.write_pos - state.read_pos <= shape.capacity();
            break;
        }
        const FrameHeader header = FrameHeader::of(found);
        if (!shape.plausible(header, state.write_pos)) {
            break;
        }
        state.write_pos += shape.stride(header.length);
    }
    return state;
}

}  // namespace shunt::ring
