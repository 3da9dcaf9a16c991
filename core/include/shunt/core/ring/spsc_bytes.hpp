// SPDX-License-Identifier: MIT
//
// The bytes ring: one producer, one consumer, messages of any length up to an eighth of the
// capacity, over memory that the caller supplies. A frame never wraps: where one does not fit
// before the end, a padding frame fills the rest. Makes no system call, allocates nothing, never
// waits. Fragmenting larger messages is not its business.
//
// Invariants
//   B1  The producer alone writes frames and ProducerWords, the consumer alone ConsumerWords.
//   B2  The header at write_pos is 0. Each publish first clears the header of its successor, then
//       stores its own: so no stale payload is ever taken for a header.
//   B3  A push needs room for its frame, the padding before it, and one frame_align more: the
//       cleared header never hits the oldest unread frame.
//   B4  One store publishes: the frame's header, or, where padding precedes it, the padding's (the
//       frame behind it is complete by then).
//   B5  last_pos is the header of a message frame that no push has overwritten; from there the walk
//       over headers that are not 0 ends at write_pos. A successor of the producer takes that walk.
// Edges
//   bytes.publish  BytesProducer -> BytesConsumer   the frame is complete, its successor's header 0
//   bytes.free     BytesConsumer -> BytesProducer   the frames below free_pos have been read
//   bytes.read     BytesConsumer -> its successor   what read_pos and peek_pos stand for was done
#pragma once

#include <shunt/core/config.hpp>
#include <shunt/core/layout/ring.hpp>
#include <shunt/core/policy.hpp>
#include <shunt/core/ring/frame.hpp>
#include <shunt/core/status.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace shunt::ring {

using FrameWord = std::atomic<std::uint64_t>;

/// A message in place.
struct BytesView {
    std::span<const std::byte> payload;
    std::uint32_t type = 0;
    std::uint64_t position = 0;  // of its frame, in bytes
};

/// The producing side. One thread at a time; every call is wait-free and real-time safe.
template <class P = DefaultPolicy>
class BytesProducer {
public:
    /// Takes the ring over where the last producer left it. `memory` holds shape.bytes(), 64-byte
    /// aligned; `start_pos`, a multiple of 64, is the first position of a ring that is all zero.
    BytesProducer(std::byte* memory, BytesShape shape, layout::ProducerWords& mine,
                  const layout::ConsumerWords& peer, std::uint64_t start_pos) noexcept
        : memory_{memory}, shape_{shape}, mine_{&mine}, peer_{&peer}, start_pos_{start_pos} {
        // relaxed: our predecessor's word, whose death or leave the registry ordered (B1)
        last_pos_ = std::max(P::load(mine.last_pos, std::memory_order_relaxed), start_pos);
        write_pos_ = last_pos_;
        broken_ = !walk_to_tail();
        limit_ = write_pos_ = broken_ ? start_pos : write_pos_;
    }

    /// Copies one message into the ring. `full`, `too_big`: nothing was written.
    template <std::memory_order order = std::memory_order_release>
    [[nodiscard]] Status try_push(std::span<const std::byte> message,
                                  std::uint32_t type = 0) noexcept {
        std::span<std::byte> place;
        if (const Status status = try_claim(message.size(), place); !status) {
            return status;
        }
        P::copy_in(place.data(), message.data(), message.size());
        publish<order>(message.size(), type);
        return Status::ok;
    }

    /// Copies as many of `messages`, in order, as there is room for; returns how many. A message
    /// that can never fit ends the batch.
    template <std::memory_order order = std::memory_order_release>
    [[nodiscard]] std::size_t try_push_n(
        std::span<const std::span<const std::byte>> messages) noexcept {
        std::size_t done = 0;
        while (done < messages.size() && try_push<order>(messages[done])) {
            ++done;
        }
        return done;
    }

    /// Gives `bytes` bytes in place, to be filled in and published; claiming again without
    /// publishing drops the first claim. `full`, `too_big`: no place was given.
    [[nodiscard]] Status try_claim(std::uint64_t bytes, std::span<std::byte>& place) noexcept {
        if (bytes > shape_.max_message()) {
            return Status::too_big;
        }
        const std::uint64_t frame = shape_.stride(shape_.payload_offset() + bytes);
        const std::uint64_t to_end = shape_.to_end(write_pos_);
        claim_pos_ = frame <= to_end ? write_pos_ : write_pos_ + to_end;
        const std::uint64_t need = claim_pos_ + frame + shape_.frame_align();
        if (need > limit_) [[unlikely]] {
            if (const Status status = look_for_room(need); !status) {
                return status;
            }
        }
        place = {memory_ + shape_.offset_of(claim_pos_) + shape_.payload_offset(), bytes};
        return Status::ok;
    }

    /// Publishes the first `bytes` bytes of the claimed place. Only after a successful try_claim,
    /// and not more than it gave.
    template <std::memory_order order = std::memory_order_release>
    void publish(std::uint64_t bytes, std::uint32_t type = 0) noexcept {
        const FrameHeader header{static_cast<std::uint32_t>(shape_.payload_offset() + bytes), 0,
                                 type & kMaxFrameType};
        const std::uint64_t next = claim_pos_ + shape_.stride(header.length);
        // relaxed: the store below that publishes orders it (B2)
        P::store(word(next), std::uint64_t{0}, std::memory_order_relaxed);
        if (claim_pos_ == write_pos_) {
            // edge bytes.publish release -> BytesConsumer::look: the frame is complete. seq_cst
            // where the caller then reads the sleepers (WakeRegion, waker step 2); else not.
            P::store(word(claim_pos_), header.word(), order);
        } else {
            // relaxed: the padding's header publishes it (B4)
            P::store(word(claim_pos_), header.word(), std::memory_order_relaxed);
            const FrameHeader padding{static_cast<std::uint32_t>(claim_pos_ - write_pos_),
                                      layout::kFramePadding, 0};
            // edge bytes.publish release -> BytesConsumer::look: padding and the frame behind it
            P::store(word(write_pos_), padding.word(), order);
        }
        last_pos_ = claim_pos_;
        // relaxed: read by a successor only, after the registry's edges (B1)
        P::store(mine_->last_pos, last_pos_, std::memory_order_relaxed);
        write_pos_ = next;
        for (std::uint64_t ahead = 1; ahead <= kLinesAhead; ++ahead) {
            P::prefetch_write(memory_ + shape_.offset_of(next + ahead * kLineBytes));
        }
    }

    /// Gives the claimed place back: nothing was published, nothing is left behind.
    void abandon() noexcept {}

    /// Byte position behind the newest message.
    [[nodiscard]] std::uint64_t position() const noexcept { return write_pos_; }
    /// True if a message of `bytes` would find room now.
    [[nodiscard]] bool writable(std::uint64_t bytes) noexcept {
        std::span<std::byte> place;
        return bool{try_claim(bytes, place)};
    }
    /// The newest message ever published, still in its place even when read. False: none yet.
    [[nodiscard]] bool last_published(BytesView& view) const noexcept {
        if (write_pos_ == start_pos_) {
            return false;
        }
        // relaxed: our own word
        const auto header = FrameHeader::of(P::load(word(last_pos_), std::memory_order_relaxed));
        if (!shape_.plausible(header, last_pos_) || header.padding()) {
            return false;
        }
        view = {{memory_ + shape_.offset_of(last_pos_) + shape_.payload_offset(),
                 header.length - shape_.payload_offset()},
                header.type,
                last_pos_};
        return true;
    }
    [[nodiscard]] const BytesShape& shape() const noexcept { return shape_; }
    [[nodiscard]] bool broken() const noexcept { return broken_; }

private:
    [[nodiscard]] FrameWord& word(std::uint64_t position) const noexcept {
        return *object_at<FrameWord>(memory_ + shape_.offset_of(position));
    }

    // B5. What it finds wrong was written by our predecessor: input, not a programming error.
    [[nodiscard]] bool walk_to_tail() noexcept {
        const std::uint64_t end = write_pos_ + shape_.capacity();
        while (write_pos_ < end && write_pos_ <= kPositionLimit &&
               write_pos_ % shape_.frame_align() == 0) {
            // relaxed: our predecessor's words (B1)
            const std::uint64_t found = P::load(word(write_pos_), std::memory_order_relaxed);
            if (found == 0) {
                return true;
            }
            const FrameHeader header = FrameHeader::of(found);
            if (!shape_.plausible(header, write_pos_)) {
                return false;
            }
            if (!header.padding()) {
                last_pos_ = write_pos_;
            }
            write_pos_ += shape_.stride(header.length);
        }
        return false;
    }

    [[gnu::noinline]] Status look_for_room(std::uint64_t need) noexcept {
        // edge bytes.free acquire <- BytesConsumer::store_free: what is freed has been read.
        // seq_cst: this is also the look of a sleeper that waits for room (WakeRegion, step 3).
        std::uint64_t freed = P::load_peer(peer_->free_pos, std::memory_order_seq_cst);
        if (freed == 0) {
            freed = start_pos_;
        }
        const std::uint64_t limit = std::min(freed + shape_.capacity(), kPositionLimit);
        if (broken_ || need > kPositionLimit || write_pos_ - freed > shape_.capacity() ||
            limit < limit_) {  // free_pos only grows
            broken_ = true;
            limit_ = write_pos_;
            return Status::broken;
        }
        limit_ = limit;
        return need <= limit_ ? Status::ok : Status::full;
    }

    static constexpr std::uint64_t kLinesAhead = 4;

    std::byte* memory_;
    BytesShape shape_;
    std::uint64_t write_pos_ = 0;
    std::uint64_t limit_ = 0;      // bytes below it may be written without looking
    std::uint64_t claim_pos_ = 0;  // where the claimed frame begins: write_pos_, or behind padding
    std::uint64_t last_pos_ = 0;
    layout::ProducerWords* mine_;
    const layout::ConsumerWords* peer_;
    std::uint64_t start_pos_;
    bool broken_ = false;
};

/// The consuming side. One thread at a time; every call is wait-free and real-time safe.
template <class P = DefaultPolicy>
class BytesConsumer {
public:
    /// Takes the ring over where the last consumer left it: at read_pos.
    BytesConsumer(std::byte* memory, BytesShape shape, layout::ConsumerWords& mine,
                  std::uint64_t start_pos, bool wakeable = false) noexcept
        : memory_{memory}, shape_{shape}, mine_{&mine}, wakeable_{wakeable} {
        // edge bytes.read acquire <- BytesConsumer::move_to, try_peek: what the last one finished
        read_pos_ = std::max(P::load(mine.read_pos, std::memory_order_acquire), start_pos);
        // edge bytes.read acquire <- BytesConsumer::try_peek: what it had begun to look at
        redelivered_end_ = P::load(mine.peek_pos, std::memory_order_acquire);
        if (read_pos_ > kPositionLimit || read_pos_ % shape.frame_align() != 0) {
            broken_ = true;
            freed_ = read_pos_;
            return;
        }
        redelivered_end_ = std::min(redelivered_end_, read_pos_ + shape.capacity());
        shown_end_ = std::max(redelivered_end_, read_pos_);
        store_free();
    }

    /// The oldest message, in place, until release(). `empty`: `view` is untouched. `broken`:
    /// permanent.
    [[nodiscard]] Status try_peek(BytesView& view) noexcept {
        FrameHeader header{};
        if (const Status status = look(header); !status) {
            return status;
        }
        const std::uint64_t end = read_pos_ + shape_.stride(header.length);
        if (end > shown_end_) {
            shown_end_ = end;
            // edge bytes.read release -> BytesConsumer (successor): flagged if we die here
            P::store(mine_->peek_pos, end, std::memory_order_release);
        }
        peeked_end_ = end;
        last_pos_ = read_pos_;
        view = view_of(header);
        return Status::ok;
    }

    /// Releases what the last peek showed; nothing without one.
    void release() noexcept {
        if (peeked_end_ != 0) {
            move_to(peeked_end_);
        }
    }

    /// Copies the oldest message out and releases it. `too_small`: `size` says what it takes, the
    /// message stays.
    [[nodiscard]] Status try_pop(std::span<std::byte> to, std::size_t& size) noexcept {
        FrameHeader header{};
        if (const Status status = look(header); !status) {
            return status;
        }
        const BytesView view = view_of(header);
        size = view.payload.size();
        type_ = view.type;
        if (size > to.size()) {
            return Status::too_small;
        }
        P::copy_out(to.data(), view.payload.data(), size);
        last_pos_ = read_pos_;
        move_to(read_pos_ + shape_.stride(header.length));
        return Status::ok;
    }

    /// Calls `visit(const BytesView&)` for up to `max` messages in place; each is released after
    /// its visit. Returns how many.
    template <class Visit>
    std::size_t drain(Visit&& visit, std::size_t max) {
        std::size_t done = 0;
        for (BytesView view; done < max && try_peek(view); ++done) {
            visit(std::as_const(view));
            release();
        }
        if (done != 0) {
            store_free();
        }
        return done;
    }

    /// Byte position of the message that was delivered last.
    [[nodiscard]] std::uint64_t position() const noexcept { return last_pos_; }
    /// Type of the message that was popped last.
    [[nodiscard]] std::uint32_t type() const noexcept { return type_; }
    /// True if that message may have been seen by a predecessor that died before releasing it.
    [[nodiscard]] bool redelivered() const noexcept { return last_pos_ < redelivered_end_; }
    /// Byte position of the next frame to be read.
    [[nodiscard]] std::uint64_t read_position() const noexcept { return read_pos_; }

    /// True if a message is there now. Changes nothing. The look of the wake-up protocol.
    [[nodiscard]] bool readable() const noexcept {
        // edge bytes.publish acquire <- BytesProducer::publish; seq_cst: the sleeper's look, step 3
        return !broken_ && P::load_peer(word(read_pos_), std::memory_order_seq_cst) != 0;
    }

    /// Tells the producer at once what has been released.
    void store_free() noexcept {
        if (freed_ != read_pos_) {
            freed_ = read_pos_;
            if (wakeable_) {
                // edge bytes.free seq_cst -> BytesProducer::look_for_room: our reads below it are
                // done; the caller then reads the sleepers for room (WakeRegion, waker step 2)
                P::store(mine_->free_pos, freed_, std::memory_order_seq_cst);
            } else {
                // edge bytes.free release -> BytesProducer::look_for_room: our reads are done
                P::store(mine_->free_pos, freed_, std::memory_order_release);
            }
        }
    }
    [[nodiscard]] std::uint64_t freed() const noexcept { return freed_; }
    [[nodiscard]] const BytesShape& shape() const noexcept { return shape_; }
    [[nodiscard]] bool broken() const noexcept { return broken_; }

private:
    [[nodiscard]] FrameWord& word(std::uint64_t position) const noexcept {
        return *object_at<FrameWord>(memory_ + shape_.offset_of(position));
    }

    // Finds the next message frame, over at most one padding frame.
    Status look(FrameHeader& header) noexcept {
        for (int frames = 0; frames < 2 && !broken_; ++frames) {
            // edge bytes.publish acquire <- BytesProducer::publish: the frame is complete
            const std::uint64_t found = P::load_peer(word(read_pos_), std::memory_order_acquire);
            if (found == 0) {
                store_free();
                return Status::empty;
            }
            header = FrameHeader::of(found);
            if (!shape_.plausible(header, read_pos_) || read_pos_ > kPositionLimit) {
                break;
            }
            if (!header.padding()) {
                return Status::ok;
            }
            move_to(read_pos_ + header.length);
        }
        broken_ = true;
        return Status::broken;
    }

    [[nodiscard]] BytesView view_of(FrameHeader header) const noexcept {
        return {{memory_ + shape_.offset_of(read_pos_) + shape_.payload_offset(),
                 header.length - shape_.payload_offset()},
                header.type,
                read_pos_};
    }

    // Everything below `end` has been read.
    void move_to(std::uint64_t end) noexcept {
        peeked_end_ = 0;
        read_pos_ = end;
        // edge bytes.read release -> BytesConsumer (successor): these messages are done with
        P::store(mine_->read_pos, read_pos_, std::memory_order_release);
        if (read_pos_ - freed_ >= shape_.capacity() / 8) {
            store_free();
        }
    }

    std::byte* memory_;
    BytesShape shape_;
    std::uint64_t read_pos_ = 0;
    std::uint64_t freed_ = 0;       // as in mine_->free_pos
    std::uint64_t peeked_end_ = 0;  // 0: nothing is peeked at
    std::uint64_t last_pos_ = 0;
    layout::ConsumerWords* mine_;
    bool wakeable_;
    std::uint64_t shown_end_ = 0;        // as in mine_->peek_pos, or what we took over
    std::uint64_t redelivered_end_ = 0;  // what a predecessor may have looked at
    std::uint32_t type_ = 0;
    bool broken_ = false;
};

}  // namespace shunt::ring
