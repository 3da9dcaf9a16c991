// SPDX-License-Identifier: MIT
//
// The line ring: one producer, one consumer, messages of one fixed size, over memory that the caller
// supplies. It makes no system call, allocates nothing, never waits and does not know who mapped its
// memory. A message shares its cache line with the stamp that publishes it, so a small message
// crosses between two cores in as many line transfers as a bare flag does.
//
// Invariants
//   I1  The producer alone writes slots and stamps; the consumer alone writes ConsumerWords.
//   I2  A stamp is the number of messages published when its slot was last published; along the
//       ring, in order of position, stamps only grow. So a stamp above p says: all up to p are there.
//   I3  free_pos <= read_pos <= write_pos <= free_pos + capacity.
//   I4  A slot position is written only below free_pos + capacity, and read only below a stamp.
//   I5  Every word is stored after the work it stands for. A process killed anywhere leaves a ring
//       from which a successor of either side goes on exactly: the producer at the highest stamp,
//       the consumer at read_pos.
// Edges
//   spsc.publish  SpscProducer -> SpscConsumer   the messages up to the stamp are complete
//   spsc.free     SpscConsumer -> SpscProducer   the messages below free_pos have been read
//   spsc.read     SpscConsumer -> its successor  what read_pos and peek_pos stand for was done
#pragma once

#include <shunt/core/bytes.hpp>
#include <shunt/core/config.hpp>
#include <shunt/core/layout/ring.hpp>
#include <shunt/core/policy.hpp>
#include <shunt/core/ring/line_shape.hpp>
#include <shunt/core/ring/lookahead.hpp>
#include <shunt/core/status.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

namespace shunt::ring {

/// The producing side. One thread at a time; every call is wait-free and real-time safe. `order` is
/// memory_order_seq_cst where a sleeper may have to be woken afterwards (docs/wakeup_protocol.md).
template <class T, class P = DefaultPolicy>
class SpscProducer {
    using Shape = LineShape<T>;

public:
    /// Takes the ring over where the last producer left it: at the highest stamp. `memory` and
    /// `capacity` as LineSlots; `start_pos` is the first position of a ring that is all zero.
    SpscProducer(std::byte* memory, std::uint64_t capacity, const layout::ConsumerWords& peer,
                 std::uint64_t start_pos) noexcept
        : write_pos_{start_pos}, slots_{memory, capacity}, peer_{&peer}, start_pos_{start_pos} {
        for (std::uint64_t i = 0; i < slots_.slots(); ++i) {
            // relaxed: stamps of our predecessor, whose death or leave the registry ordered (I1)
            const std::uint64_t stamp =
                P::load(slots_.stamp(slots_.slot(i)), std::memory_order_relaxed);
            if (stamp != 0 && (stamp > kPositionLimit || stamp <= start_pos ||
                               slots_.index_of(stamp - 1) != i)) {
                broken_ = true;
            }
            write_pos_ = std::max(write_pos_, stamp);
        }
        slot_index_ = slots_.index_of(write_pos_);
        slot_ = slots_.slot(slot_index_);
        in_slot_ = write_pos_ % Shape::kPerSlot;
        limit_ = write_pos_;
        if (broken_) {
            write_pos_ = limit_ = start_pos;
        }
    }

    /// Copies one message into the ring. `full`: nothing was written. `broken`: permanent.
    template <std::memory_order order = std::memory_order_release>
    [[nodiscard]] Status try_push(const T& message) noexcept {
        if (write_pos_ == limit_) [[unlikely]] {
            if (const Status status = look_for_room(); !status) {
                return status;
            }
        }
        P::template copy_in<sizeof(T)>(place(), bytes_of(message));
        commit<order>(1);
        return Status::ok;
    }

    /// Copies as many of `messages`, in order, as there is room for; returns how many. Whole lines
    /// are stamped once each.
    template <std::memory_order order = std::memory_order_release>
    [[nodiscard]] std::size_t try_push_n(std::span<const T> messages) noexcept {
        if (limit_ - write_pos_ < messages.size()) {
            (void)look_for_room();
        }
        const std::uint64_t count = std::min<std::uint64_t>(messages.size(), limit_ - write_pos_);
        for (std::uint64_t done = 0; done < count;) {
            const std::uint64_t run = std::min(count - done, Shape::kPerSlot - in_slot_);
            for (std::uint64_t i = 0; i < run; ++i) {
                P::template copy_in<sizeof(T)>(place() + i * sizeof(T),
                                               bytes_of(messages[done + i]));
            }
            done += run;
            if (done == count) {
                commit<order>(run);
            } else {
                commit<std::memory_order_release>(run);
            }
        }
        return count;
    }

    /// The place of the next message, to be filled in and published; null: full or broken. Claiming
    /// again without publishing gives the same place.
    [[nodiscard]] T* try_claim() noexcept {
        if (write_pos_ == limit_ && !look_for_room()) {
            return nullptr;
        }
        return object_at<T>(place());
    }

    /// Publishes the claimed place. Only after a successful try_claim.
    template <std::memory_order order = std::memory_order_release>
    void publish() noexcept {
        commit<order>(1);
    }

    /// Gives the claimed place back: nothing was published, nothing is left behind.
    void abandon() noexcept {}

    /// Number of messages published so far, counted from the ring's start position.
    [[nodiscard]] std::uint64_t position() const noexcept { return write_pos_; }
    /// True if a push would find room now.
    [[nodiscard]] bool writable() noexcept { return write_pos_ != limit_ || bool{look_for_room()}; }
    /// The newest message ever published, still in its place even when it was read; null: none yet.
    [[nodiscard]] const T* last_published() const noexcept {
        const std::uint64_t last = write_pos_ - 1;
        return write_pos_ == start_pos_
                   ? nullptr
                   : object_at<T>(slots_.slot(slots_.index_of(last)) +
                                  last % Shape::kPerSlot * sizeof(T));
    }
    [[nodiscard]] std::uint64_t capacity() const noexcept { return slots_.capacity(); }
    [[nodiscard]] bool broken() const noexcept { return broken_; }

private:
    [[nodiscard]] std::byte* place() const noexcept { return slot_ + in_slot_ * sizeof(T); }

    template <std::memory_order order>
    void commit(std::uint64_t messages) noexcept {
        write_pos_ += messages;
        // edge spsc.publish release -> SpscConsumer::own_line, look_far: the messages are complete.
        // seq_cst where the caller then reads the sleepers (WakeRegion, waker step 2); else not.
        P::store(slots_.stamp(slot_), write_pos_, order);
        in_slot_ += messages;
        if (in_slot_ == Shape::kPerSlot) {
            next_slot();
        }
    }

    void next_slot() noexcept {
        in_slot_ = 0;
        slot_index_ = slots_.wrapped(slot_index_ + 1);
        slot_ = slots_.slot(slot_index_);
        if constexpr (Shape::kPacked) {
            P::prefetch_write(slots_.slot(slots_.wrapped(slot_index_ + kLinesAhead)));
        } else {
#pragma GCC unroll 8
            for (std::uint64_t line = 0; line < Shape::kSlotBytes; line += kLineBytes) {
                P::prefetch_write(slot_ + line);
            }
        }
    }

    // Learns how far the consumer has freed. Kept out of the way: a push gets here once per lap.
    [[gnu::noinline]] Status look_for_room() noexcept {
        if (broken_) {
            return Status::broken;
        }
        // edge spsc.free acquire <- SpscConsumer::store_free: its reads of the freed slots are done
        std::uint64_t freed = P::load_peer(peer_->free_pos, std::memory_order_acquire);
        if (freed == 0) {
            freed = start_pos_;
        }
        if (write_pos_ - freed > slots_.capacity()) {  // also if freed is beyond write_pos (I3)
            broken_ = true;
            limit_ = write_pos_;
            return Status::broken;
        }
        limit_ = std::min(freed + slots_.capacity(), kPositionLimit);
        if (write_pos_ == kPositionLimit) {
            return Status::broken;
        }
        return write_pos_ == limit_ ? Status::full : Status::ok;
    }

    static constexpr std::uint64_t kLinesAhead = 4;

    std::byte* slot_;            // of write_pos_
    std::uint64_t write_pos_;    // our stamps say the same; ours alone, so never re-read
    std::uint64_t limit_;        // positions below it may be written without looking
    std::uint64_t in_slot_ = 0;  // write_pos_ % kPerSlot
    std::uint64_t slot_index_;
    LineSlots<T> slots_;
    const layout::ConsumerWords* peer_;
    std::uint64_t start_pos_;
    bool broken_ = false;
};

/// The consuming side. One thread at a time; every call is wait-free and real-time safe.
template <class T, class P = DefaultPolicy>
class SpscConsumer {
    using Shape = LineShape<T>;

public:
    /// Takes the ring over where the last consumer left it: at read_pos. `look_ahead`: tuned for
    /// throughput (see Lookahead); ignored where the ring has fewer than Lookahead::kMinSlots.
    SpscConsumer(std::byte* memory, std::uint64_t capacity, layout::ConsumerWords& mine,
                 std::uint64_t start_pos, bool look_ahead) noexcept
        : slots_{memory, capacity},
          mine_{&mine},
          free_step_{std::max<std::uint64_t>(1, capacity / 8)},
          look_ahead_{look_ahead && slots_.slots() >= Lookahead::kMinSlots} {
        // edge spsc.read acquire <- SpscConsumer::release_n, show: what the last consumer finished
        read_pos_ = std::max(P::load(mine.read_pos, std::memory_order_acquire), start_pos);
        // edge spsc.read acquire <- SpscConsumer::show: what it had begun to look at
        redelivered_end_ = P::load(mine.peek_pos, std::memory_order_acquire);
        broken_ = read_pos_ > kPositionLimit;
        redelivered_end_ = std::min(redelivered_end_, read_pos_ + slots_.capacity());
        shown_end_ = std::max(redelivered_end_, read_pos_);
        avail_end_ = read_pos_;
        slot_index_ = slots_.index_of(read_pos_);
        slot_ = slots_.slot(slot_index_);
        in_slot_ = read_pos_ % Shape::kPerSlot;
        store_free();
    }

    /// Copies the oldest message out and releases it. `empty`: `message` is untouched. `broken`:
    /// permanent.
    [[nodiscard]] Status try_pop(T& message) noexcept {
        if (read_pos_ == avail_end_) {
            if (const Status status = look_for_more(); !status) {
                return status;
            }
        }
        P::template copy_out<sizeof(T)>(bytes_of(message), place());
        release_n(1);
        return Status::ok;
    }

    /// Copies up to messages.size() of the oldest messages out and releases them; returns how many.
    [[nodiscard]] std::size_t try_pop_n(std::span<T> messages) noexcept {
        std::size_t done = 0;
        while (done < messages.size() && more()) {
            const std::uint64_t run = run_length(messages.size() - done);
            for (std::uint64_t i = 0; i < run; ++i) {
                P::template copy_out<sizeof(T)>(bytes_of(messages[done + i]),
                                                place() + i * sizeof(T));
            }
            release_n(run);
            done += run;
        }
        if (done != 0) {
            store_free();
        }
        return done;
    }

    /// The oldest message, in place; null: empty or broken. It stays until release(). A successor of
    /// a consumer that died between the two sees it again, flagged as redelivered.
    [[nodiscard]] const T* try_peek() noexcept {
        const std::span<const T> one = try_peek_n(1);
        return one.empty() ? nullptr : one.data();
    }

    /// Up to `max` of the oldest messages that lie side by side (at most one line of them).
    [[nodiscard]] std::span<const T> try_peek_n(std::size_t max) noexcept {
        if (max == 0 || !more()) {
            return {};
        }
        peeked_ = run_length(max);
        show(read_pos_ + peeked_);
        return {object_at<T>(place()), static_cast<std::size_t>(peeked_)};
    }

    /// Releases what the last peek showed; nothing without one.
    void release() noexcept {
        if (peeked_ != 0) {
            release_n(peeked_);
        }
    }

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
        return peeked_ != 0 ? read_pos_ : read_pos_ - 1;
    }
    /// True if that message may have been seen by a predecessor that died before releasing it.
    [[nodiscard]] bool redelivered() const noexcept { return position() < redelivered_end_; }
    /// Position of the next message to be read.
    [[nodiscard]] std::uint64_t read_position() const noexcept { return read_pos_; }

    /// True if a message is there now, whatever a throughput consumer is resting from. Changes
    /// nothing. This is the look of the wake-up protocol and the last one before an end is told.
    [[nodiscard]] bool readable() const noexcept {
        if (read_pos_ != avail_end_) {
            return true;
        }
        // edge spsc.publish acquire <- SpscProducer::commit; seq_cst: the sleeper's look, step 3
        const std::uint64_t stamp = P::load_peer(slots_.stamp(slot_), std::memory_order_seq_cst);
        return stamp > read_pos_;
    }

    /// Tells the producer at once what has been released. Before sleeping and before leaving.
    void store_free() noexcept {
        if (freed_ != read_pos_) {
            freed_ = read_pos_;
            // edge spsc.free release -> SpscProducer::look_for_room: our reads below it are done
            P::store(mine_->free_pos, freed_, std::memory_order_release);
        }
    }
    /// What store_free told last; grows whenever the producer may have got room.
    [[nodiscard]] std::uint64_t freed() const noexcept { return freed_; }
    [[nodiscard]] std::uint64_t capacity() const noexcept { return slots_.capacity(); }
    [[nodiscard]] bool broken() const noexcept { return broken_; }

private:
    [[nodiscard]] std::byte* place() const noexcept { return slot_ + in_slot_ * sizeof(T); }
    [[nodiscard]] bool more() noexcept { return read_pos_ != avail_end_ || bool{look_for_more()}; }
    [[nodiscard]] std::uint64_t run_length(std::uint64_t max) const noexcept {
        return std::min({max, avail_end_ - read_pos_, Shape::kPerSlot - in_slot_});
    }

    // Says how far an in-place look may have gone, before it goes there.
    void show(std::uint64_t end) noexcept {
        if (end > shown_end_) {
            shown_end_ = end;
            // edge spsc.read release -> SpscConsumer (successor): flagged if we die before releasing
            P::store(mine_->peek_pos, end, std::memory_order_release);
        }
    }

    // `messages` of the current slot have been read.
    void release_n(std::uint64_t messages) noexcept {
        peeked_ = 0;
        read_pos_ += messages;
        // edge spsc.read release -> SpscConsumer (successor): these messages are done with
        P::store(mine_->read_pos, read_pos_, std::memory_order_release);
        in_slot_ += messages;
        if (in_slot_ == Shape::kPerSlot) {
            in_slot_ = 0;
            slot_index_ = slots_.wrapped(slot_index_ + 1);
            slot_ = slots_.slot(slot_index_);
        }
        if (read_pos_ - freed_ >= free_step_) {
            store_free();
        }
    }

    Status look_for_more() noexcept {
        if (look_ahead_) {
            return look_ahead();
        }
        return own_line();
    }

    // The stamp of the line that holds read_pos_ tells how much of that line is there.
    Status own_line() noexcept {
        // edge spsc.publish acquire <- SpscProducer::commit: the messages below it are complete
        const std::uint64_t stamp = P::load_peer(slots_.stamp(slot_), std::memory_order_acquire);
        if (stamp - read_pos_ - 1 < slots_.capacity() && !broken_) {
            avail_end_ = std::min(stamp, read_pos_ + (Shape::kPerSlot - in_slot_));
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
    bool look_far() noexcept {
        std::byte* const far = slots_.slot(slots_.wrapped(slot_index_ + ahead_.distance()));
        // edge spsc.publish acquire <- SpscProducer::commit: the messages below it are complete
        const std::uint64_t stamp = P::load_peer(slots_.stamp(far), std::memory_order_acquire);
        if (stamp - read_pos_ - 1 >= slots_.capacity() || broken_) {
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
            ahead_.rest(P::ticks());
            return Status::empty;
        } else if (look_far()) {
            ahead_.far_hit();
            return Status::ok;
        }
        const Status status = own_line();
        if (status) {
            ahead_.own_line(P::ticks());
        } else {
            ahead_.nothing();
        }
        return status;
    }

    std::byte* slot_;            // of read_pos_
    std::uint64_t read_pos_;     // mine_->read_pos says the same; ours alone, so never re-read
    std::uint64_t avail_end_;    // messages below it may be read without looking
    std::uint64_t in_slot_ = 0;  // read_pos_ % kPerSlot
    std::uint64_t slot_index_;
    LineSlots<T> slots_;
    layout::ConsumerWords* mine_;
    std::uint64_t free_step_;
    std::uint64_t freed_ = 0;  // as in mine_->free_pos
    std::uint64_t peeked_ = 0;
    std::uint64_t shown_end_;        // as in mine_->peek_pos, or what we took over
    std::uint64_t redelivered_end_;  // what a predecessor may have looked at
    bool look_ahead_;
    bool broken_ = false;
    Lookahead ahead_;
};

}  // namespace shunt::ring
