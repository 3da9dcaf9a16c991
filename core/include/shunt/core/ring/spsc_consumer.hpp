// SPDX-License-Identifier: MIT
//
// The consuming side of the line ring; spsc.hpp has the invariants (I1 to I5) and the edges.
#pragma once

#include <shunt/core/bytes.hpp>
#include <shunt/core/config.hpp>
#include <shunt/core/layout/ring.hpp>
#include <shunt/core/policy.hpp>
#include <shunt/core/ring/line_shape.hpp>
#include <shunt/core/ring/lookahead.hpp>
#include <shunt/core/ring/warm.hpp>
#include <shunt/core/status.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

namespace shunt::ring {

/// The consuming side. One thread at a time; every call is wait-free and real-time safe.
///
/// A *run* is a stretch of messages in one slot that may be read without looking at anything: it
/// ends at the slot's end, at what is available, or where free_pos is due. A pop inside a run costs
/// a copy, a store of read_pos, and a compare.
template <class T, class P = DefaultPolicy>
class SpscConsumer {
    using Shape = LineShape<T>;

public:
    /// Takes the ring over where the last consumer left it: at read_pos. `look_ahead`: tuned for
    /// throughput (see Lookahead); ignored where the ring has fewer than Lookahead::kMinSlots.
    /// `wakeable`: a producer may sleep for room, and store_free is ordered before the look for
    /// sleepers.
    SpscConsumer(std::byte* memory, std::uint64_t capacity, layout::ConsumerWords& mine,
                 std::uint64_t start_pos, bool look_ahead, bool wakeable = false) noexcept
        : cursor_{memory, capacity},
          mine_{&mine},
          free_step_{std::max<std::uint64_t>(1, capacity / 8)},
          look_ahead_{look_ahead && cursor_.slots() >= Lookahead::kMinSlots},
          wakeable_{wakeable} {
        // edge spsc.read acquire <- SpscConsumer::release_to, show: what the last consumer finished
        read_pos_ = std::max(P::load(mine.read_pos, std::memory_order_acquire), start_pos);
        // edge spsc.read acquire <- SpscConsumer::show: what it had begun to look at
        redelivered_end_ = P::load(mine.peek_pos, std::memory_order_acquire);
        if (read_pos_ > kPositionLimit) {
            broken_ = true;
            read_pos_ = freed_ = start_pos;  // tells the producer nothing
        }
        redelivered_end_ = std::min(redelivered_end_, read_pos_ + cursor_.capacity());
        shown_end_ = std::max(redelivered_end_, read_pos_);
        avail_end_ = read_pos_;
        run_end_ = read_pos_;
        cursor_.stand_at(read_pos_);
        store_free();
    }

    /// Copies the oldest message out and releases it. `empty`: `message` is untouched. `broken`:
    /// permanent.
    [[nodiscard, gnu::always_inline]] Status try_pop(T& message) noexcept {
        if (read_pos_ == run_end()) {
            if (const Status status = begin_run(); !status) {
                return status;
            }
        }
        (void)pop_of_run(message);
        return Status::ok;
    }
    /// try_pop in two halves. This looks; `ok`: there is a message. Where in_run() is true it is
    /// known.
    [[nodiscard, gnu::always_inline]] Status begin_run() noexcept {
        if (read_pos_ == avail_end_) {
            if (const Status status = look_for_more(); !status) {
                return status;
            }
        }
        if constexpr (!Shape::kSingle) {
            run_end_ = std::min({avail_end_, freed_ + free_step_, cursor_.end_position()});
        }
        return Status::ok;
    }
    /// And this pops it. True: the producer was told of room, as it is every eighth of the ring.
    [[gnu::always_inline]] bool pop_of_run(T& message) noexcept {
        // Read before the copy, which may alias our own members for all that the compiler knows.
        const std::uint64_t position = read_pos_;
        layout::ConsumerWords& mine = *mine_;
        P::template copy_out<sizeof(T)>(bytes_of(message), cursor_.place(position));
        return release_to(mine, position + 1);
    }

    /// Copies up to messages.size() of the oldest messages out and releases them; returns how many.
    /// redelivered() is true of all of them, or of none.
    [[nodiscard]] std::size_t try_pop_n(std::span<T> messages) noexcept {
        const std::uint64_t most = alike(messages.size());
        std::size_t done = 0;
        while (done < most && more()) {
            const std::uint64_t run = run_length(most - done);
            for (std::uint64_t i = 0; i < run; ++i) {
                P::template copy_out<sizeof(T)>(bytes_of(messages[done + i]),
                                                cursor_.place(read_pos_ + i));
            }
            release_to(*mine_, read_pos_ + run);
            done += run;
        }
        if (done != 0) {
            store_free();
        }
        return done;
    }

    /// The oldest message, in place; null: empty or broken. It stays until release(). A successor
    /// of a consumer that died between the two sees it again, flagged as redelivered.
    [[nodiscard]] const T* try_peek() noexcept {
        const std::span<const T> one = try_peek_n(1);
        return one.empty() ? nullptr : one.data();
    }

    /// Up to `max` of the oldest messages that lie side by side (at most one line of them).
    /// redelivered() is true of all of them, or of none.
    [[nodiscard]] std::span<const T> try_peek_n(std::size_t max) noexcept {
        if (max == 0 || !more()) {
            return {};
        }
        const std::uint64_t run = run_length(alike(max));
        peeked_pos_ = read_pos_;
        peeked_end_ = read_pos_ + run;
        show(peeked_end_);
        return {object_at<T>(cursor_.place(read_pos_)), static_cast<std::size_t>(run)};
    }

    /// Releases what the last peek showed and no pop has taken since.
    void release() noexcept {
        if (peeked_end_ > read_pos_) {
            release_to(*mine_, peeked_end_);
        }
    }

    /// Takes the line of its words into this core's caches: stores what it holds. Once, before the
    /// first message.
    void warm() noexcept { store_again<P>(mine_->read_pos); }

    /// Calls `visit(const T&)` for up to `max` messages in place, and releases them line by line
    /// after the visits. Returns how many. `visit` may not use this consumer.
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
            store_free();
        }
        return done;
    }

    /// Position of the message that was delivered last: popped, or the first one peeked at.
    [[nodiscard]] std::uint64_t position() const noexcept {
        return peeked_pos_ == read_pos_ && peeked_end_ > read_pos_ ? read_pos_ : read_pos_ - 1;
    }
    /// True if that message may have been seen by a predecessor that died before releasing it.
    [[nodiscard]] bool redelivered() const noexcept { return position() < redelivered_end_; }
    /// Position of the next message to be read.
    [[nodiscard]] std::uint64_t read_position() const noexcept { return read_pos_; }

    /// True if a message is there now, whatever a throughput consumer is resting from. Changes
    /// nothing. This is the look of the wake-up protocol and the last one before an end is told.
    [[nodiscard]] bool readable() const noexcept {
        if (read_pos_ != avail_end_ || broken_) {
            return !broken_;
        }
        // edge spsc.publish acquire <- SpscProducer::commit; seq_cst: the sleeper's look, step 3
        const std::uint64_t stamp = P::load_peer(cursor_.stamp(), std::memory_order_seq_cst);
        return stamp > read_pos_;
    }

    /// Tells the producer at once what has been released. Before sleeping and before leaving.
    void store_free() noexcept {
        if (freed_ != read_pos_) {
            freed_ = read_pos_;
            if (wakeable_) {
                // edge spsc.free seq_cst -> SpscProducer::look_for_room: our reads below it are
                // done; the caller then reads the sleepers for room (WakeRegion, waker step 2)
                P::store(mine_->free_pos, freed_, std::memory_order_seq_cst);
            } else {
                // edge spsc.free release -> SpscProducer::look_for_room: our reads below it are
                // done
                P::store(mine_->free_pos, freed_, std::memory_order_release);
            }
        }
    }
    /// What store_free told last; grows whenever the producer may have got room.
    [[nodiscard]] std::uint64_t freed() const noexcept { return freed_; }
    [[nodiscard]] std::uint64_t capacity() const noexcept { return cursor_.capacity(); }
    [[nodiscard]] bool broken() const noexcept { return broken_; }

    /// True if the next message lies in the line of the last one, and may be read without a look at
    /// what is there: however far ahead that is known, who goes by turns asks at each line.
    [[nodiscard]] bool in_run() const noexcept { return !Shape::kSingle && read_pos_ != run_end_; }

private:
    [[nodiscard]] std::uint64_t run_end() const noexcept {
        return Shape::kSingle ? avail_end_ : run_end_;
    }
    [[nodiscard]] bool more() noexcept { return read_pos_ != run_end() || bool{begin_run()}; }
    [[nodiscard]] std::uint64_t run_length(std::uint64_t max) const noexcept {
        return Shape::kSingle ? 1 : std::min(max, run_end_ - read_pos_);
    }

    // So many of the next messages that they are all redelivered, or none of them.
    [[nodiscard]] std::uint64_t alike(std::uint64_t max) const noexcept {
        return read_pos_ < redelivered_end_ ? std::min(max, redelivered_end_ - read_pos_) : max;
    }

    // Says how far an in-place look may have gone, before it goes there.
    void show(std::uint64_t end) noexcept {
        if (end > shown_end_) {
            shown_end_ = end;
            // edge spsc.read release -> SpscConsumer (successor): flagged if we die before
            // releasing
            P::store(mine_->peek_pos, end, std::memory_order_release);
        }
    }

    // What lies below `position`, inside the run, has been read. True: told of room.
    [[gnu::always_inline]] bool release_to(layout::ConsumerWords& mine,
                                           std::uint64_t position) noexcept {
        read_pos_ = position;
        // edge spsc.read release -> SpscConsumer (successor): these messages are done with
        P::store(mine.read_pos, position, std::memory_order_release);
        return (Shape::kSingle || position == run_end_) && end_run();
    }

    // Moves on, and asks early for a line that is known to be published whole. Never for another:
    // that would take it from the producer.
    [[gnu::always_inline]] void next_slot() noexcept {
        cursor_.advance();
        if constexpr (Shape::kPacked) {
            const std::uint64_t known = avail_end_ - read_pos_;
            if (known > (kLinesAhead + 1) * Shape::kPerSlot) {
                P::prefetch_read(cursor_.ahead(kLinesAhead));
            }
            if (known <= (2 * kLinesAhead + 1) * Shape::kPerSlot && ahead_.far_behind()) {
                learn_more(known);
            }
        }
    }

    // What is known to be there gets short, and more is likely: asks for the line that will tell,
    // and looks at it some lines later, when it has arrived and before it is needed.
    [[gnu::noinline]] void learn_more(std::uint64_t known) noexcept {
        if (known > 2 * kLinesAhead * Shape::kPerSlot) {
            P::prefetch_read(cursor_.ahead(ahead_.distance() + kLinesAhead));
        } else if (known <= (kLinesAhead + 1) * Shape::kPerSlot) {
            if (look_far()) {
                ahead_.far_hit();
            } else {
                ahead_.far_miss();
            }
        }
    }

    // To the next slot, if this one was read to its end; tells the producer, if that is due.
    [[gnu::always_inline]] bool end_run() noexcept {
        if constexpr (Shape::kSingle) {
            next_slot();
        } else if (read_pos_ == cursor_.end_position()) {
            next_slot();
        }
        if (read_pos_ - freed_ < free_step_) [[likely]] {
            return false;
        }
        store_free();
        return true;
    }

    [[gnu::always_inline]] Status look_for_more() noexcept {
        if (look_ahead_) {
            return look_ahead();
        }
        return own_line();
    }

    // The stamp of the line that holds read_pos_ tells how much of that line is there.
    [[gnu::always_inline]] Status own_line() noexcept {
        // edge spsc.publish acquire <- SpscProducer::commit: the messages below it are complete
        const std::uint64_t stamp = P::load_peer(cursor_.stamp(), std::memory_order_acquire);
        if (stamp - read_pos_ - 1 < cursor_.capacity() && !broken_) {
            // No further than this slot: the stamp may be of the next lap, when part of it is free.
            if constexpr (Shape::kSingle) {
                avail_end_ = read_pos_ + 1;
            } else {
                avail_end_ = std::min(stamp, cursor_.end_position());
            }
            return Status::ok;
        }
        if (stamp <= read_pos_ && !broken_) {
            store_free();
            return Status::empty;
        }
        broken_ = true;
        return Status::broken;
    }

    // The line some way ahead: if that is published, everything up to its stamp is there (I2).
    [[gnu::always_inline]] bool look_far() noexcept {
        // edge spsc.publish acquire <- SpscProducer::commit: the messages below it are complete
        const std::uint64_t stamp = P::load_peer(cursor_.stamp(cursor_.ahead(ahead_.distance())),
                                                 std::memory_order_acquire);
        if (stamp - read_pos_ - 1 >= cursor_.capacity() || broken_) {
            return false;
        }
        avail_end_ = stamp;
        return true;
    }

    [[gnu::noinline]] Status look_ahead() noexcept {
        if (ahead_.resting()) {
            if (!ahead_.rested(P::ticks())) {
                return Status::empty;
            }
            const bool hit = look_far();
            ahead_.after_rest(hit);
            if (hit) {
                return Status::ok;
            }
        } else if (ahead_.tired()) {
            store_free();
            ahead_.rest(P::ticks(), Shape::kPerSlot, cursor_.slots());
            return Status::empty;
        } else if (ahead_.asks_far()) {
            if (look_far()) {
                ahead_.far_hit();
                return Status::ok;
            }
            ahead_.far_miss();
        }
        const Status status = own_line();
        if (status) {
            if (ahead_.own_line()) {
                ahead_.began(P::ticks());
            }
        } else {
            ahead_.nothing();
        }
        return status;
    }

    static constexpr std::uint64_t kLinesAhead = 16;

    std::uint64_t read_pos_;   // mine_->read_pos says the same; ours alone, so never re-read
    std::uint64_t run_end_;    // messages below it may be read without looking
    LineCursor<T> cursor_;     // at the slot of read_pos_
    std::uint64_t avail_end_;  // messages below it are published
    layout::ConsumerWords* mine_;
    std::uint64_t free_step_;
    std::uint64_t freed_ = 0;        // as in mine_->free_pos
    std::uint64_t peeked_pos_ = 0;   // the last peek showed from here
    std::uint64_t peeked_end_ = 0;   // to here
    std::uint64_t shown_end_;        // as in mine_->peek_pos, or what we took over
    std::uint64_t redelivered_end_;  // what a predecessor may have looked at
    bool look_ahead_;
    bool wakeable_;
    bool broken_ = false;
    Lookahead ahead_;
};

}  // namespace shunt::ring
