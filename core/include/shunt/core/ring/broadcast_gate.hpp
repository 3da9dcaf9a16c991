// SPDX-License-Identifier: MIT
//
// The gates of a broadcast log: how its publisher waits for those subscribers that must not lose
// anything, and for nobody else. A gate is a word {token, active} and a cursor, in a subscriber's
// own words; the publisher looks at gates only where its position meets the limit that it has told.
// tests/model/spin/gated_join.pml is this handshake.
//
// Invariants
//   G1  A position is begun only below gate_limit, which the publisher alone stores and which is
//       never below its position. It tells a limit first, and then looks at the gates once more.
//   G2  Who opens a gate stores cursor and gate first, then looks at gate_limit, and moves its
//       cursor on until the limit is at most the log's capacity behind it. So one of the two sees
//       the other; and from then on no limit is beyond cursor + capacity.
//   G3  So a gate whose cursor is more than the capacity behind the position has not joined yet, or
//       is not what a subscriber of ours writes: it is passed over, and can hold nobody up.
//   G4  An evicted gate's token stands in the publisher's own words before anything is begun that
//       the gate would have kept. A gate is passed over while its token stands there; tokens are
//       never used again.
//   G5  A dead one's gate is closed by a CAS of its whole word, which names its token.
// Edges
//   broadcast.gate     Gate::open -> GateKeeper        the gate, or the limit: a store-load race,
//   broadcast.limit    GateKeeper -> Gate::open        so all four accesses are seq_cst
//   broadcast.cursor   Gate::move -> GateKeeper        what lies before it is read
//   broadcast.evicted  GateKeeper -> Gate::evicted     nobody waits any more
#pragma once

#include <shunt/core/config.hpp>
#include <shunt/core/layout/broadcast.hpp>
#include <shunt/core/policy.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

namespace shunt::ring {

using EvictedWord = std::atomic<std::uint64_t>;

/// All gates of a log, to its publisher. `seats` and `evicted` are of the same size. Without
/// `words` the log has none, and the publisher waits for nobody.
struct Gates {
    layout::GateWords* words = nullptr;
    std::span<layout::SubscriberWords> seats;
    std::span<EvictedWord> evicted;
    bool evicts = false;  // a gate that holds the publisher up is waited for no more
};

/// What is a gated subscriber's own: its seat, and the token that nobody else ever has.
struct GatePlace {
    layout::GateWords* words = nullptr;
    const EvictedWord* evicted = nullptr;
    std::uint64_t seat = 0;
    std::uint64_t token = 0;
    bool wakeable = false;  // a publisher may sleep: a cursor is ordered before the look for it
};

[[nodiscard]] constexpr std::uint64_t gate_word(std::uint64_t token) noexcept {
    return token << 1 | 1;
}
[[nodiscard]] constexpr bool is_open(std::uint64_t gate) noexcept {
    return (gate & 1) != 0;
}

/// Closes the gate of a dead one, if it has one open. Any number at once, each may die anywhere.
template <class P = DefaultPolicy>
void close_gate(layout::SubscriberWords& seat, std::uint64_t token) noexcept {
    std::uint64_t open = gate_word(token);
    // edge broadcast.gate seq_cst -> GateKeeper::least: it holds nobody up any more. By its whole
    // word: the seat may be another's by now (G5)
    (void)P::compare_exchange(seat.gate, open, std::uint64_t{0}, std::memory_order_seq_cst);
}

/// The publisher's limit.
template <class P>
class GateKeeper {
public:
    GateKeeper(const Gates& gates, layout::PublisherWords& words, std::uint64_t capacity) noexcept
        : gates_{gates}, words_{&words}, capacity_{capacity} {}

    /// Of a publisher that begins at `position`; `begun`: that position's slot is being written.
    /// Returns the limit.
    [[nodiscard]] std::uint64_t take_over(std::uint64_t position, bool begun) noexcept {
        if (gates_.words == nullptr) {
            return kMostLimit;
        }
        const std::uint64_t limit = std::min(position + (begun ? 1 : 0), kMostLimit);
        tell(limit);
        return limit;
    }
    /// The next limit, at a position that has met the last one; that position itself: it must wait.
    [[nodiscard]] std::uint64_t next_limit(std::uint64_t position) noexcept {
        const std::uint64_t ahead = std::max<std::uint64_t>(1, capacity_ / 4);
        const std::uint64_t first =
            least(std::min(position + ahead, kMostLimit), position, gates_.evicts);
        if (first == position) {
            return first;
        }
        tell(first);
        const std::uint64_t second = least(first, position, gates_.evicts);
        if (second != first) {
            // relaxed: who still sees the greater one begins later than it would have to
            P::store(words_->gate_limit, second, std::memory_order_relaxed);
        }
        return second;
    }
    /// True if next_limit() would let it go on. Changes nothing.
    [[nodiscard]] bool lets_through(std::uint64_t position) noexcept {
        return gates_.evicts || least(position + 1, position, false) > position;
    }
    /// Gates that were evicted.
    [[nodiscard]] std::uint64_t evictions() const noexcept { return evictions_; }

    /// No position is at or beyond it.
    static constexpr std::uint64_t kMostLimit = kPositionLimit - 1;

private:
    void tell(std::uint64_t limit) noexcept {
        // edge broadcast.limit seq_cst -> Gate::open: then we look at its gate, or it has seen this
        P::store(words_->gate_limit, limit, std::memory_order_seq_cst);
    }
    // `limit`, or what a gate that is waited for leaves of it; not below `position`.
    std::uint64_t least(std::uint64_t limit, std::uint64_t position, bool evicts) noexcept {
        // edge broadcast.gate seq_cst <- Gate::open: behind our limit
        const std::uint64_t high = P::load_peer(gates_.words->high, std::memory_order_seq_cst);
        const std::uint64_t seats = std::min<std::uint64_t>(high, gates_.seats.size());
        for (std::uint64_t i = 0; i < seats && limit > position; ++i) {
            // edge broadcast.gate seq_cst <- Gate::open, close_gate: behind our limit
            const std::uint64_t gate =
                P::load_peer(gates_.seats[i].gate, std::memory_order_seq_cst);
            // relaxed: our own word
            if (!is_open(gate) ||
                gate_word(P::load(gates_.evicted[i], std::memory_order_relaxed)) == gate) {
                continue;
            }
            // edge broadcast.cursor seq_cst <- Gate::move: what lies before it is read (and
            // seq_cst: broadcast.gate, and a sleeper's look)
            const std::uint64_t cursor =
                P::load_peer(gates_.seats[i].cursor, std::memory_order_seq_cst);
            const bool impossible = cursor > kPositionLimit;
            if (!impossible && (cursor + capacity_ < position || cursor + capacity_ >= limit)) {
                continue;  // G3, or far enough
            }
            if (impossible || (evicts && cursor + capacity_ == position)) {
                evict(i, gate);
            } else {
                limit = cursor + capacity_;
            }
        }
        return limit;
    }
    void evict(std::uint64_t seat, std::uint64_t gate) noexcept {
        ++evictions_;
        // edge broadcast.evicted release -> Gate::evicted: before anything that it needs is
        // overwritten (G4)
        P::store(gates_.evicted[seat], gate >> 1, std::memory_order_release);
    }

    Gates gates_;
    layout::PublisherWords* words_;
    std::uint64_t capacity_;
    std::uint64_t evictions_ = 0;
};

/// One subscriber's gate.
template <class P>
class Gate {
public:
    Gate(const GatePlace& place, layout::SubscriberWords& own) noexcept
        : place_{place}, own_{&own} {}

    /// Opens it, so that nothing from `cursor` on is overwritten before move() says so, or, where
    /// it is too late for that, from a later position on, which may be yet to come. Returns which;
    /// kImpossible: no publisher tells such a limit. Each round asks for twice as much less than
    /// the one before, so that no publisher is faster than that for long; 63 rounds at most.
    [[nodiscard]] std::uint64_t open(std::uint64_t cursor, std::uint64_t capacity,
                                     const layout::PublisherWords& words,
                                     std::uint64_t start_pos) noexcept {
        raise();
        store(cursor);
        // edge broadcast.gate seq_cst -> GateKeeper::least: then we look at the limit, or it has
        // seen this (G2)
        P::store(own_->gate, gate_word(place_.token), std::memory_order_seq_cst);
        for (std::uint64_t less = 0;; less = 2 * less + 1) {
            // edge broadcast.limit seq_cst <- GateKeeper::tell: behind our gate
            const std::uint64_t limit = P::load_peer(words.gate_limit, std::memory_order_seq_cst);
            if (limit <= cursor + capacity) {
                return cursor;
            }
            // edge broadcast.newest acquire <- LogWriter::store_write_pos: as new as the limit
            const std::uint64_t newest =
                std::max(P::load_peer(words.write_pos, std::memory_order_acquire), start_pos);
            cursor = limit - capacity + less;
            if (limit > kPositionLimit || limit - capacity > newest || cursor > kPositionLimit) {
                return kImpossible;
            }
            store(cursor);
        }
    }
    /// What lies before `cursor` is read.
    void move(std::uint64_t cursor) noexcept {
        if (place_.wakeable) {
            store(cursor);
        } else {
            cursor_ = cursor;
            // edge broadcast.cursor release -> GateKeeper::least: what lies before it is read
            P::store(own_->cursor, cursor, std::memory_order_release);
        }
    }
    [[nodiscard]] std::uint64_t cursor() const noexcept { return cursor_; }
    /// The publisher waits for it no more.
    [[nodiscard]] bool evicted() const noexcept {
        // edge broadcast.evicted acquire <- GateKeeper::evict: so what it needed may be gone
        return P::load_peer(*place_.evicted, std::memory_order_acquire) == place_.token;
    }
    void close() noexcept {
        // edge broadcast.gate release -> GateKeeper::least: it holds nobody up any more
        P::store(own_->gate, std::uint64_t{0}, std::memory_order_release);
    }

    static constexpr std::uint64_t kImpossible = UINT64_MAX;

private:
    void raise() noexcept {
        // relaxed: only a first guess for the CAS
        std::uint64_t seen = P::load_peer(place_.words->high, std::memory_order_relaxed);
        // edge broadcast.gate seq_cst -> GateKeeper::least: who looks behind our gate finds it
        while (seen <= place_.seat &&
               !P::compare_exchange(place_.words->high, seen, place_.seat + 1,
                                    std::memory_order_seq_cst)) {
        }
    }
    void store(std::uint64_t cursor) noexcept {
        cursor_ = cursor;
        // edge broadcast.cursor seq_cst -> GateKeeper::least: what lies before it is read; we then
        // look at the limit (G2), or at who sleeps for room (WakeRegion, waker step 2)
        P::store(own_->cursor, cursor, std::memory_order_seq_cst);
    }

    GatePlace place_;
    layout::SubscriberWords* own_;
    std::uint64_t cursor_ = 0;  // the word says the same
};

}  // namespace shunt::ring
