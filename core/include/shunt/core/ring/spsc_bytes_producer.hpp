// SPDX-License-Identifier: MIT
//
// The producing side of the bytes ring; spsc_bytes.hpp has the invariants (B1 to B5) and the edges.
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

namespace shunt::ring {

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

    /// Takes the lines that the next messages go to into this core's caches: stores what they hold,
    /// and looks for room. Once, before the first message.
    void warm() noexcept {
        (void)writable(shape_.max_message());
        for (std::uint64_t at = write_pos_; at < limit_ && at - write_pos_ < kWarmBytes;
             at += kLineBytes) {
            store_again<P>(word(at));
        }
        store_again<P>(mine_->last_pos);
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

}  // namespace shunt::ring
