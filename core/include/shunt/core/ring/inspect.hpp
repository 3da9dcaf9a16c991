// SPDX-License-Identifier: MIT
//
// Where a ring stands, from outside: for observers that map it read-only and know its element only
// by size, and for the question whether anything is unread. Approximate while the ports run. Every
// word is input and is bounded before use. Words come from mapped memory, or from `word_at`, a
// function of their offset in the slots: for those who read a file that they do not dare to map.
#pragma once

#include <shunt/core/bytes.hpp>
#include <shunt/core/config.hpp>
#include <shunt/core/layout/broadcast.hpp>
#include <shunt/core/layout/ring.hpp>
#include <shunt/core/policy.hpp>
#include <shunt/core/ring/block_word.hpp>
#include <shunt/core/ring/broadcast_log.hpp>
#include <shunt/core/ring/frame.hpp>
#include <shunt/core/ring/owner_word.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <type_traits>

namespace shunt::ring {

/// Positions of a ring; messages, or bytes of a bytes ring.
struct RingState {
    std::uint64_t write_pos = 0;
    std::uint64_t read_pos = 0;
    std::uint64_t peek_pos = 0;
    std::uint64_t free_pos = 0;
    std::uint64_t orphans = 0;  // mpmc: messages behind read_pos whose consumer died
    bool plausible = false;     // false: the words contradict each other

    [[nodiscard]] std::uint64_t unread() const noexcept { return write_pos - read_pos + orphans; }
};

/// The 8-byte word at an offset in the slots.
template <class F>
concept WordSource = std::is_invocable_r_v<std::uint64_t, const F&, std::uint64_t>;

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

// Any 8-byte word of mapped slots.
struct MappedWords {
    const std::byte* memory;

    std::uint64_t operator()(std::uint64_t offset) const noexcept {
        // relaxed: an observer; nothing is read on the strength of it
        return object_at<std::atomic<std::uint64_t>>(memory + offset)
            ->load(std::memory_order_relaxed);
    }
};

}  // namespace detail

/// Of a line ring of elements of `element_bytes`. Looks at every stamp, in the order of the slots.
template <WordSource WordAt>
[[nodiscard]] RingState inspect_line(const WordAt& word_at, std::uint64_t capacity,
                                     std::uint64_t element_bytes,
                                     const layout::ConsumerWords& words, std::uint64_t start_pos) {
    const bool packed = element_bytes <= layout::kLinePayloadBytes;
    const std::uint64_t per_slot = packed ? layout::kLinePayloadBytes / element_bytes : 1;
    const std::uint64_t slot_bytes =
        packed ? kLineBytes : align_up(element_bytes + layout::kStampBytes, kLineBytes);
    RingState state = detail::consumer_state(words, start_pos);
    state.write_pos = start_pos;
    for (std::uint64_t slot = 0; slot < capacity / per_slot; ++slot) {
        const std::uint64_t stamp = word_at((slot + 1) * slot_bytes - layout::kStampBytes);
        state.write_pos = std::max(state.write_pos, stamp);
    }
    state.plausible =
        state.write_pos <= kPositionLimit && state.write_pos - state.read_pos <= capacity;
    return state;
}

[[nodiscard]] inline RingState inspect_line(const std::byte* memory, std::uint64_t capacity,
                                            std::uint64_t element_bytes,
                                            const layout::ConsumerWords& words,
                                            std::uint64_t start_pos) noexcept {
    return inspect_line(detail::MappedWords{memory}, capacity, element_bytes, words, start_pos);
}

/// A slot of an owner-word ring that somebody has in hand: claimed, or taken.
struct Holding {
    std::uint64_t position = 0;
    SlotOwner owner{};
    bool claim = false;
};

/// Of an owner-word ring. Looks at the word of every slot, and calls held(Holding) for those that
/// somebody has in hand. Positions in it are taken one by one and released in any order: read_pos
/// is the first that nobody has taken, free_pos the first that is not released. `Packed`: BlockWord
/// where messages lie in blocks; the owners that it tells of then have an index alone.
template <class Packed = OwnerWord, WordSource WordAt, class Held>
[[nodiscard]] RingState inspect_mpmc(const WordAt& word_at, std::uint64_t capacity,
                                     std::uint64_t slot_bytes, Held&& held) {
    RingState state;
    std::uint64_t untaken = UINT64_MAX;
    std::uint64_t unreleased = UINT64_MAX;
    std::uint64_t oldest = UINT64_MAX;
    bool impossible = false;
    for (std::uint64_t i = 0; i < capacity; ++i) {
        const Packed word = Packed::of(word_at(i * slot_bytes));
        const std::uint64_t position = word.lap * capacity + i;
        const bool free = word.state == SlotState::free;
        const bool passed = word.state == SlotState::taken || word.state == SlotState::orphan;
        impossible = impossible || !Packed::may_be(word.state) ||
                     (free && word.word() != Packed{word.lap}.word());
        oldest = std::min(oldest, free ? position : position + capacity);
        const std::uint64_t behind = free ? std::min(position + 1, capacity) : 0;
        state.write_pos = std::max(state.write_pos, position + 1 - behind);
        if (!free) {
            unreleased = std::min(unreleased, position);
            untaken = passed ? untaken : std::min(untaken, position);
        }
        state.orphans += word.state == SlotState::orphan ? 1u : 0u;
        if (word.state == SlotState::claimed || word.state == SlotState::taken) {
            held(Holding{position, word.owner, word.state == SlotState::claimed});
        }
    }
    state.read_pos = std::min(untaken, state.write_pos);
    state.peek_pos = state.read_pos;
    state.free_pos = std::min(unreleased, state.write_pos);
    state.plausible = !impossible && state.write_pos - state.free_pos <= capacity &&
                      oldest + capacity >= state.write_pos;
    return state;
}

[[nodiscard]] inline RingState inspect_mpmc(const std::byte* memory, std::uint64_t capacity,
                                            std::uint64_t slot_bytes) noexcept {
    return inspect_mpmc(detail::MappedWords{memory}, capacity, slot_bytes, [](const Holding&) {});
}

/// The same of a ring whose messages lie in blocks: the words of its slots stand side by side.
template <WordSource WordAt, class Held>
[[nodiscard]] RingState inspect_blocks(const WordAt& word_at, std::uint64_t capacity, Held&& held) {
    return inspect_mpmc<BlockWord>(word_at, capacity, sizeof(std::uint64_t), held);
}

[[nodiscard]] inline RingState inspect_blocks(const std::byte* memory,
                                              std::uint64_t capacity) noexcept {
    return inspect_blocks(detail::MappedWords{memory}, capacity, [](const Holding&) {});
}

/// Of a broadcast log: read_pos is that of the subscriber that is furthest, of those that there are
/// or were last in each seat; free_pos is the oldest position that is not overwritten.
[[nodiscard]] inline RingState inspect_broadcast(
    std::uint64_t capacity, const layout::PublisherWords& publisher,
    std::span<const layout::SubscriberWords> subscribers, std::uint64_t start_pos) noexcept {
    RingState state;
    // relaxed: an observer; nothing is read on the strength of these words
    state.write_pos = std::max(publisher.write_pos.load(std::memory_order_relaxed), start_pos);
    state.free_pos = std::max(state.write_pos, start_pos + capacity) - capacity;
    state.read_pos = state.free_pos;
    for (const layout::SubscriberWords& words : subscribers) {
        // relaxed: as above. One that waits for a position to come has read nothing yet.
        const std::uint64_t read = words.read_pos.load(std::memory_order_relaxed);
        state.read_pos = std::max(state.read_pos, std::min(read, state.write_pos));
    }
    state.peek_pos = state.read_pos;
    state.plausible = state.write_pos < kPositionLimit;
    return state;
}

/// Of a bytes ring. Walks from the newest message that the producer noted to the tail.
template <WordSource WordAt>
[[nodiscard]] RingState inspect_bytes(const WordAt& word_at, const BytesShape& shape,
                                      const layout::ProducerWords& producer,
                                      const layout::ConsumerWords& words, std::uint64_t start_pos) {
    RingState state = detail::consumer_state(words, start_pos);
    // relaxed: an observer; what it leads to is checked
    state.write_pos = std::max(producer.last_pos.load(std::memory_order_relaxed), start_pos);
    const std::uint64_t end = state.write_pos + shape.capacity();
    while (state.write_pos < end && state.write_pos <= kPositionLimit &&
           state.write_pos % shape.frame_align() == 0) {
        const std::uint64_t found = word_at(shape.offset_of(state.write_pos));
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

[[nodiscard]] inline RingState inspect_bytes(const std::byte* memory, const BytesShape& shape,
                                             const layout::ProducerWords& producer,
                                             const layout::ConsumerWords& words,
                                             std::uint64_t start_pos) noexcept {
    return inspect_bytes(detail::MappedWords{memory}, shape, producer, words, start_pos);
}

}  // namespace shunt::ring
