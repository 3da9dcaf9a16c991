// SPDX-License-Identifier: MIT
//
// The consuming side of the bytes ring; spsc_bytes.hpp has the invariants (B1 to B5) and the edges.
#pragma once

#include <shunt/core/config.hpp>
#include <shunt/core/layout/ring.hpp>
#include <shunt/core/policy.hpp>
#include <shunt/core/ring/frame.hpp>
#include <shunt/core/ring/warm.hpp>
#include <shunt/core/status.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

namespace shunt::ring {

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

    /// Takes the line of its words into this core's caches: stores what it holds. Once, before the
    /// first message.
    void warm() noexcept { store_again<P>(mine_->read_pos); }

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
