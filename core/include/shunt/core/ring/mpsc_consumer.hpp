// SPDX-License-Identifier: MIT
//
// The consuming side of lanes of fixed-size messages; mpsc.hpp has the invariants and the edges.
#pragma once

#include <shunt/core/ring/lane_merge.hpp>
#include <shunt/core/ring/line_shape.hpp>
#include <shunt/core/ring/spsc_consumer.hpp>

#include <cstddef>
#include <cstdint>
#include <span>

namespace shunt::ring {

/// The consumer of many lanes, each an SpscConsumer: what is said there holds of the lane whose
/// message was delivered last, lane(). One thread at a time. A call looks at most once at each
/// lane; none waits.
template <class T, class P = DefaultPolicy, class Turns = LaneTurns>
class MpscConsumer {
    using Ring = SpscConsumer<T, P>;

public:
    /// Lane i lies at `memory` + i * `stride`. `capacity`, of a lane, and the rest: SpscConsumer.
    MpscConsumer(std::byte* memory, std::uint64_t stride, std::uint64_t capacity,
                 std::span<layout::ConsumerWords> words,
                 std::span<const layout::ProducerWords> producers, std::uint64_t start_pos,
                 bool look_ahead, bool wakeable = false)
        : merge_{words, producers, [&](std::uint32_t lane) {
                     return Ring{memory + lane * stride,
                                 capacity,
                                 words[lane],
                                 start_pos,
                                 look_ahead,
                                 wakeable};
                 }} {}

    /// Copies a message out and releases it: the oldest of some lane. `empty`: no lane has one.
    /// `broken`: that lane holds impossible words and is left alone from here on.
    [[nodiscard, gnu::always_inline]] Status try_pop(T& message) noexcept {
        if (!in_run()) {
            if (const Status status = begin_run(); !status) {
                return status;
            }
        }
        (void)pop_of_run(message);
        return Status::ok;
    }

    /// As of the lane whose turn it is, to the end of a line beyond its turn.
    [[nodiscard]] bool in_run() const noexcept { return merge_.current().in_run(); }
    /// Of the lane that has the next message. No function that is not inlined has the address of a
    /// message: so a loop that pops keeps it in registers.
    [[nodiscard, gnu::always_inline]] Status begin_run() noexcept {
        return merge_.next([](Ring & ring)
                               __attribute__((always_inline)) { return ring.begin_run(); });
    }
    [[gnu::always_inline]] bool pop_of_run(T& message) noexcept {
        return merge_.current().pop_of_run(message);
    }

    /// Copies up to messages.size() messages of one lane out and releases them; returns how many.
    [[nodiscard]] std::size_t try_pop_n(std::span<T> messages) noexcept {
        std::size_t popped = 0;
        (void)merge_.next([&](Ring& ring) {
            popped = ring.try_pop_n(messages);
            return had_any(ring, popped);
        });
        return popped;
    }

    /// The oldest message of some lane, in place; null: none. It stays until release().
    [[nodiscard]] const T* try_peek() noexcept {
        const std::span<const T> one = try_peek_n(1);
        return one.empty() ? nullptr : one.data();
    }
    /// Up to `max` messages of one lane that lie side by side.
    [[nodiscard]] std::span<const T> try_peek_n(std::size_t max) noexcept {
        std::span<const T> shown;
        (void)merge_.next([&](Ring& ring) {
            shown = ring.try_peek_n(max);
            return had_any(ring, shown.size());
        });
        return shown;
    }
    /// Releases what the last peek showed and no pop has taken since.
    void release() noexcept { merge_.current().release(); }

    /// Calls `visit(const T&)` for up to `max` messages in place, and releases them line by line
    /// after the visits. Returns how many. `visit` may ask this consumer for lane(), token() and
    /// position() only.
    template <class Visit>
    std::size_t drain(Visit&& visit, std::size_t max) {
        std::size_t done = 0;
        while (done < max) {
            const std::span<const T> run = try_peek_n(max - done);
            if (run.empty()) {
                break;
            }
            for (const T& message : run) {
                visit(message);
            }
            done += run.size();
            release();
        }
        if (done != 0) {
            merge_.current().store_free();
        }
        return done;
    }

    /// Position in its lane of the message that was delivered last.
    [[nodiscard]] std::uint64_t position() const noexcept { return merge_.current().position(); }
    [[nodiscard]] bool redelivered() const noexcept { return merge_.current().redelivered(); }
    /// Of a lane.
    [[nodiscard]] std::uint64_t capacity() const noexcept { return merge_.current().capacity(); }
    /// The last status but ok was of lane(), which is broken.
    [[nodiscard]] bool broken() const noexcept { return merge_.current().broken(); }
    [[nodiscard]] bool readable() const noexcept { return merge_.readable(); }
    void store_free() noexcept { merge_.store_free(); }
    void warm() noexcept { merge_.current().warm(); }

    [[nodiscard]] LaneMerge<Ring, P, Turns>& merge() noexcept { return merge_; }
    [[nodiscard]] const LaneMerge<Ring, P, Turns>& merge() const noexcept { return merge_; }

private:
    [[nodiscard]] static Status had_any(const Ring& ring, std::size_t messages) noexcept {
        if (messages != 0) {
            return Status::ok;
        }
        return ring.broken() ? Status::broken : Status::empty;
    }

    LaneMerge<Ring, P, Turns> merge_;
};

}  // namespace shunt::ring
