// SPDX-License-Identifier: MIT
//
// The consuming side of lanes of byte messages; mpsc.hpp has the invariants and the edges.
#pragma once

#include <shunt/core/config.hpp>
#include <shunt/core/ring/lane_merge.hpp>
#include <shunt/core/ring/spsc_bytes_consumer.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace shunt::ring {

/// Positions are bytes: a turn is as many frames of a cache line, or fewer longer ones.
struct BytesLaneTurns : LaneTurns {
    static constexpr std::uint64_t kTurn = LaneTurns::kTurn * kLineBytes;
};

/// The consumer of many lanes, each a BytesConsumer: what is said there holds of the lane whose
/// message was delivered last, lane(). One thread at a time. A call looks at most once at each
/// lane; none waits.
template <class P = DefaultPolicy, class Turns = BytesLaneTurns>
class MpscBytesConsumer {
    using Ring = BytesConsumer<P>;

public:
    /// Lane i lies at `memory` + i * `stride`.
    MpscBytesConsumer(std::byte* memory, std::uint64_t stride, BytesShape shape,
                      std::span<layout::ConsumerWords> words,
                      std::span<const layout::ProducerWords> producers, std::uint64_t start_pos,
                      bool wakeable = false)
        : merge_{words, producers, [&](std::uint32_t lane) {
                     return Ring{memory + lane * stride, shape, words[lane], start_pos, wakeable};
                 }} {}

    /// Copies a message out and releases it: the oldest of some lane. `too_small`: it stays, and is
    /// the next again. `broken`: that lane holds impossible words and is left alone from here on.
    [[nodiscard]] Status try_pop(std::span<std::byte> to, std::size_t& size) noexcept {
        return merge_.next([&](Ring& ring) { return ring.try_pop(to, size); });
    }
    /// The oldest message of some lane, in place, until release().
    [[nodiscard]] Status try_peek(BytesView& view) noexcept {
        return merge_.next([&](Ring& ring) { return ring.try_peek(view); });
    }
    /// Releases what the last peek showed; nothing without one.
    void release() noexcept { merge_.current().release(); }

    /// Calls `visit(const BytesView&)` for up to `max` messages in place; each is released after
    /// its visit. Returns how many. `visit` may ask this consumer for lane() and token() only.
    template <class Visit>
    std::size_t drain(Visit&& visit, std::size_t max) {
        std::size_t done = 0;
        for (BytesView view; done < max && try_peek(view); ++done) {
            visit(std::as_const(view));
            release();
        }
        if (done != 0) {
            merge_.current().store_free();
        }
        return done;
    }

    /// Byte position in its lane of the message that was delivered last.
    [[nodiscard]] std::uint64_t position() const noexcept { return merge_.current().position(); }
    [[nodiscard]] std::uint32_t type() const noexcept { return merge_.current().type(); }
    [[nodiscard]] bool redelivered() const noexcept { return merge_.current().redelivered(); }
    [[nodiscard]] const BytesShape& shape() const noexcept { return merge_.current().shape(); }
    [[nodiscard]] bool broken() const noexcept { return merge_.current().broken(); }
    [[nodiscard]] bool readable() const noexcept { return merge_.readable(); }
    void store_free() noexcept { merge_.store_free(); }
    void warm() noexcept { merge_.current().warm(); }

    [[nodiscard]] LaneMerge<Ring, P, Turns>& merge() noexcept { return merge_; }
    [[nodiscard]] const LaneMerge<Ring, P, Turns>& merge() const noexcept { return merge_; }

private:
    LaneMerge<Ring, P, Turns> merge_;
};

}  // namespace shunt::ring
