// SPDX-License-Identifier: MIT
//
// The producing side of the line ring; spsc.hpp has the invariants (I1 to I5) and the edges.
#pragma once

#include <shunt/core/bytes.hpp>
#include <shunt/core/config.hpp>
#include <shunt/core/layout/ring.hpp>
#include <shunt/core/policy.hpp>
#include <shunt/core/ring/line_shape.hpp>
#include <shunt/core/ring/warm.hpp>
#include <shunt/core/status.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

namespace shunt::ring {

/// The producing side. One thread at a time; every call is wait-free and real-time safe. `order` is
/// memory_order_seq_cst where a sleeper may have to be woken afterwards (docs/wakeup_protocol.md).
///
/// A *run* is a stretch of places in one slot that may be written without looking at anything: it
/// ends at the slot's end or at the limit. A push inside a run costs a copy, a stamp, and a
/// compare.
template <class T, class P = DefaultPolicy>
class SpscProducer {
    using Shape = LineShape<T>;

public:
    /// Takes the ring over where the last producer left it: at the highest stamp. `memory` and
    /// `capacity` as LineCursor; `start_pos` is the first position of a ring that is all zero.
    SpscProducer(std::byte* memory, std::uint64_t capacity, const layout::ConsumerWords& peer,
                 std::uint64_t start_pos) noexcept
        : write_pos_{start_pos}, cursor_{memory, capacity}, peer_{&peer}, start_pos_{start_pos} {
        for (std::uint64_t i = 0; i < cursor_.slots(); ++i, cursor_.advance()) {
            // relaxed: stamps of our predecessor, whose death or leave the registry ordered (I1)
            const std::uint64_t stamp = P::load(cursor_.stamp(), std::memory_order_relaxed);
            broken_ |= stamp != 0 && (stamp > kPositionLimit || stamp <= start_pos ||
                                      cursor_.slot_of(stamp - 1) != cursor_.slot());
            write_pos_ = std::max(write_pos_, stamp);
        }
        if (broken_) {
            write_pos_ = start_pos;
        }
        limit_ = run_end_ = write_pos_;
        cursor_.stand_at(write_pos_);
    }

    /// Copies one message into the ring. `full`: nothing was written. `broken`: permanent.
    template <std::memory_order order = std::memory_order_release>
    [[nodiscard, gnu::always_inline]] Status try_push(const T& message) noexcept {
        if (write_pos_ == run_end()) {
            if (const Status status = begin_run(); !status) {
                return status;
            }
        }
        // Read before the copy, which may alias our own members for all that the compiler knows.
        const std::uint64_t position = write_pos_;
        auto& stamp = cursor_.stamp();
        P::template copy_in<sizeof(T)>(cursor_.place(position), bytes_of(message));
        commit<order>(stamp, position + 1);
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
            if (write_pos_ == run_end()) {
                (void)begin_run();
            }
            const std::uint64_t run =
                Shape::kSingle ? 1 : std::min(count - done, run_end_ - write_pos_);
            for (std::uint64_t i = 0; i < run; ++i) {
                P::template copy_in<sizeof(T)>(cursor_.place(write_pos_ + i),
                                               bytes_of(messages[done + i]));
            }
            done += run;
            if (done == count) {
                commit<order>(cursor_.stamp(), write_pos_ + run);
            } else {
                commit<std::memory_order_release>(cursor_.stamp(), write_pos_ + run);
            }
        }
        return count;
    }

    /// The place of the next message, to be filled in and published; null: full or broken. Claiming
    /// again without publishing gives the same place.
    [[nodiscard]] T* try_claim() noexcept {
        if (write_pos_ == run_end() && !begin_run()) {
            return nullptr;
        }
        return object_at<T>(cursor_.place(write_pos_));
    }

    /// Publishes the claimed place. Only after a successful try_claim.
    template <std::memory_order order = std::memory_order_release>
    void publish() noexcept {
        commit<order>(cursor_.stamp(), write_pos_ + 1);
    }

    /// Takes the lines that the next messages go to into this core's caches: stores what they hold,
    /// and looks for room. Once, before the first message.
    void warm() noexcept {
        (void)writable();
        LineCursor<T> at = cursor_;
        const std::uint64_t slots = std::min(at.slots(), kWarmBytes / Shape::kSlotBytes + 1);
        for (std::uint64_t i = 0; i < slots; ++i) {
            store_again<P>(at.stamp());
            at.advance();
        }
    }

    /// Gives the claimed place back: nothing was published, nothing is left behind.
    void abandon() noexcept {}

    /// Position of the next message; the first one ever has the ring's start position.
    [[nodiscard]] std::uint64_t position() const noexcept { return write_pos_; }
    /// True if a push would find room now.
    [[nodiscard]] bool writable() noexcept { return write_pos_ != limit_ || bool{look_for_room()}; }
    /// The newest message ever published, still in its place even when it was read; null: none yet.
    [[nodiscard]] const T* last_published() const noexcept {
        return write_pos_ == start_pos_ ? nullptr : object_at<T>(cursor_.place_of(write_pos_ - 1));
    }
    [[nodiscard]] std::uint64_t capacity() const noexcept { return cursor_.capacity(); }
    [[nodiscard]] bool broken() const noexcept { return broken_; }

private:
    [[nodiscard]] std::uint64_t run_end() const noexcept {
        return Shape::kSingle ? limit_ : run_end_;
    }

    // What lies below `position` was written, inside the run; `stamp` is that of its slot.
    template <std::memory_order order>
    [[gnu::always_inline]] void commit(std::atomic<std::uint64_t>& stamp,
                                       std::uint64_t position) noexcept {
        // edge spsc.publish release -> SpscConsumer::own_line, look_far: the messages are complete.
        // seq_cst where the caller then reads the sleepers (WakeRegion, waker step 2); else not.
        P::store(stamp, position, order);
        // Behind the stores to the slot, not among them: decision 0011.
        write_pos_ = position;
        if constexpr (Shape::kSingle) {
            next_slot();
        }
    }

    // Moves on, and asks early for what will be written soon.
    [[gnu::always_inline]] void next_slot() noexcept {
        cursor_.advance();
        if constexpr (Shape::kPacked) {
            P::prefetch_write(cursor_.ahead(kLinesAhead));
        } else {
#pragma GCC unroll 8
            for (std::uint64_t line = 0; line < Shape::kSlotBytes; line += kLineBytes) {
                P::prefetch_write(cursor_.slot() + line);
            }
        }
    }

    [[gnu::always_inline]] Status begin_run() noexcept {
        if (write_pos_ == limit_) [[unlikely]] {
            if (const Status status = look_for_room(); !status) {
                return status;
            }
        }
        if constexpr (!Shape::kSingle) {
            if (write_pos_ == cursor_.end_position()) {
                next_slot();
            }
            run_end_ = std::min(limit_, cursor_.end_position());
        }
        return Status::ok;
    }

    // Learns how far the consumer has freed. Kept out of the way: a push gets here once per lap.
    [[gnu::noinline]] Status look_for_room() noexcept {
        if (broken_) {
            return Status::broken;
        }
        // edge spsc.free acquire <- SpscConsumer::store_free: its reads of the freed slots are
        // done. seq_cst: this is also the look of a sleeper that waits for room (WakeRegion, step
        // 3).
        std::uint64_t freed = P::load_peer(peer_->free_pos, std::memory_order_seq_cst);
        if (freed == 0) {
            freed = start_pos_;
        }
        const std::uint64_t limit = std::min(freed + cursor_.capacity(), kPositionLimit);
        // Also if freed is beyond write_pos (I3). And free_pos only grows: a run reaches up to what
        // was free when it began, and may not end beyond the limit.
        if (write_pos_ - freed > cursor_.capacity() || limit < limit_) {
            broken_ = true;
            limit_ = write_pos_;
            run_end_ = write_pos_;  // a batch may look while a run is not used up
            return Status::broken;
        }
        limit_ = limit;
        if (write_pos_ == kPositionLimit) {
            broken_ = true;
            return Status::broken;
        }
        return write_pos_ == limit_ ? Status::full : Status::ok;
    }

    static constexpr std::uint64_t kLinesAhead = 16;

    std::uint64_t write_pos_;  // our stamps say the same; ours alone, so never re-read
    std::uint64_t run_end_;    // positions below it may be written without looking
    LineCursor<T> cursor_;     // at the slot of write_pos_
    std::uint64_t limit_;      // positions below it may be written
    const layout::ConsumerWords* peer_;
    std::uint64_t start_pos_;
    bool broken_ = false;
};

}  // namespace shunt::ring
