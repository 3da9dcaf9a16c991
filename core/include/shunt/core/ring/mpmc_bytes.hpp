// SPDX-License-Identifier: MIT
//
// The owner-word ring of byte messages, each of any length up to the ring's maximum. The size of a
// message is a word of its slot, written before the word that publishes it; to a consumer it is
// input: it is bounded before it is used, and one that no producer writes is `broken`, and stays
// where it is.
#pragma once

#include <shunt/core/bytes.hpp>
#include <shunt/core/check.hpp>
#include <shunt/core/layout/mpmc.hpp>
#include <shunt/core/policy.hpp>
#include <shunt/core/ring/frame.hpp>
#include <shunt/core/ring/mpmc_bytes_shape.hpp>
#include <shunt/core/ring/mpmc_consumer.hpp>
#include <shunt/core/ring/mpmc_producer.hpp>
#include <shunt/core/status.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

namespace shunt::ring {

/// What producers of byte messages have in common, wherever those lie. `Claims`: MpmcClaims, or
/// BlockClaims.
template <class Claims, class P>
class MpmcMessageProducer : public Claims {
public:
    /// Copies one message into the ring. `type` is the user's, below 2^24. `full`, `too_big`:
    /// nothing was written.
    template <std::memory_order order = std::memory_order_release>
    [[nodiscard]] Status try_push(std::span<const std::byte> message,
                                  std::uint32_t type = 0) noexcept {
        std::span<std::byte> place;
        if (const Status status = try_claim(message.size(), place); !status) {
            return status;
        }
        P::copy_in(place.data(), message.data(), message.size());
        put_size(message.size(), type);
        return this->template push_claimed<order>();
    }

    /// Gives `bytes` bytes in place, this producer's alone until it publishes or abandons them;
    /// claiming again without either gives the same place. Consumers wait for it, so fill it soon;
    /// for a block nobody does.
    /// `full`, `too_big`: no place was given.
    [[nodiscard]] Status try_claim(std::uint64_t bytes, std::span<std::byte>& place) noexcept {
        if (bytes > shape_.max_message()) {
            return Status::too_big;
        }
        std::byte* const slot = this->claimed();
        if (slot == nullptr) {
            return Status::full;
        }
        slot_ = slot;
        claimed_bytes_ = bytes;
        place = {slot + shape_.payload_offset(), bytes};
        return Status::ok;
    }

    /// Publishes the first `bytes` bytes of the claimed place. Only after a successful try_claim,
    /// and not more than it gave. Of a block: a Status, and `full` means that others were faster;
    /// it stays claimed, to be published later.
    template <std::memory_order order = std::memory_order_release>
    auto publish(std::uint64_t bytes, std::uint32_t type = 0) noexcept {
        SHUNT_CHECK(this->claims() && bytes <= claimed_bytes_,
                    "publish() without try_claim(), or of more than it gave");
        put_size(bytes, type);
        return this->template give_ready<order>();
    }

    /// Greatest message.
    [[nodiscard]] std::uint64_t max_message() const noexcept { return shape_.max_message(); }

protected:
    template <class Slots>
    MpmcMessageProducer(const Slots& slots, layout::MpmcWords& words, SlotOwner me,
                        const MpmcBytesShape& shape) noexcept
        : Claims{slots, words, me}, shape_{shape} {}

private:
    void put_size(std::uint64_t bytes, std::uint32_t type) noexcept {
        const FrameHeader size{static_cast<std::uint32_t>(bytes), 0, type & kMaxFrameType};
        // relaxed: the store to the slot's word that follows publishes it
        P::store(*object_at<FrameWord>(slot_ + MpmcBytesShape::kSizeOffset), size.word(),
                 std::memory_order_relaxed);
    }

    MpmcBytesShape shape_;
    std::byte* slot_ = nullptr;
    std::uint64_t claimed_bytes_ = 0;
};

/// One producer of several, of byte messages.
template <class P = DefaultPolicy>
class MpmcBytesProducer : public MpmcMessageProducer<MpmcClaims<0, P>, P> {
public:
    /// `memory` of shape.bytes(). `me` is in no slot: it is new.
    MpmcBytesProducer(std::byte* memory, const MpmcBytesShape& shape, layout::MpmcWords& words,
                      SlotOwner me) noexcept
        : MpmcBytesProducer::MpmcMessageProducer{
              MpmcSlots{memory, shape.capacity(), shape.slot_bytes()}, words, me, shape} {}
};

/// What consumers of byte messages have in common, wherever those lie. `broken`: a message whose
/// size is impossible is next; nobody gets beyond it.
template <class Slots, class P>
class MpmcMessageConsumer : public MpmcTakings<Slots, P> {
    using Takings = MpmcTakings<Slots, P>;

public:
    /// Copies the next message out and releases it; what try_peek showed stays shown. `too_small`:
    /// `size` says what it takes, the message stays. `empty`, `busy`, `gap`: as
    /// MpmcConsumer::try_pop. Where it is not ok, `to` is untouched.
    template <std::memory_order order = std::memory_order_release>
    [[nodiscard]] Status try_pop(std::span<std::byte> to, std::size_t& size) noexcept {
        if (const Status status = this->template take<order>(Holds{*this, to.size(), &size});
            !status) {
            return status;
        }
        P::copy_out(to.data(), this->taken() + shape_.payload_offset(), found_.length);
        this->template free_taken<order>();
        return delivered(size);
    }

    /// As MpmcConsumer::try_pop_copy. Where it is not ok, `to` may hold parts of what others
    /// popped.
    template <std::memory_order order = std::memory_order_release>
    [[nodiscard]] Status try_pop_copy(std::span<std::byte> to, std::size_t& size) noexcept
        requires(!Slots::kOutOfLine) {
        if (const Status status = this->template take<order>(Copies{*this, to, &size}); !status) {
            return status;
        }
        this->template tell_of_freed<order>();
        return delivered(size);
    }

    /// Shows the next message in place: it is this consumer's until release(). As try_pop else.
    /// Looking again without releasing shows the same. If this consumer dies, another gets it,
    /// flagged.
    template <std::memory_order order = std::memory_order_release>
    [[nodiscard]] Status try_peek(BytesView& view) noexcept {
        if (!this->holds()) {
            if (const Status status =
                    this->template take<order>(Holds{*this, shape_.max_message(), nullptr});
                !status) {
                return status;
            }
            this->show();
            shown_ = {{this->taken() + shape_.payload_offset(), found_.length},
                      found_.type,
                      this->position()};
        }
        view = shown_;
        return Status::ok;
    }

    /// Type of the message that was popped last.
    [[nodiscard]] std::uint32_t type() const noexcept { return type_; }
    /// Greatest message.
    [[nodiscard]] std::uint64_t max_message() const noexcept { return shape_.max_message(); }

protected:
    MpmcMessageConsumer(const Slots& slots, layout::MpmcWords& words, SlotOwner me,
                        const MpmcBytesShape& shape) noexcept
        : Takings{slots, words, me}, shape_{shape} {}

private:
    struct Holds {
        MpmcMessageConsumer& in;
        std::uint64_t room;
        std::size_t* size;
        Status operator()(std::uint64_t position, std::uint64_t taken,
                          std::uint64_t found) const noexcept {
            const Status status = in.measure(position, found, room, size);
            return status ? in.hold(position, taken, found) : status;
        }
    };
    struct Copies {
        MpmcMessageConsumer& in;
        std::span<std::byte> to;
        std::size_t* size;
        Status operator()(std::uint64_t position, std::uint64_t taken,
                          std::uint64_t found) const noexcept {
            if (const Status status = in.measure(position, found, to.size(), size); !status) {
                return status;
            }
            P::copy_out_racing(to.data(), in.slots().slot(position) + in.shape_.payload_offset(),
                               in.found_.length);
            return in.take_away(position, taken, found);
        }
    };

    // Before the message is ours. Its size is of the message that `found` stands for only if that
    // word has not changed when it is read; but no producer ever writes an impossible one.
    [[nodiscard]] Status measure(std::uint64_t position, std::uint64_t found, std::uint64_t room,
                                 std::size_t* size) noexcept {
        const std::byte* const slot = this->slots().place(position, found);
        // edge mpmc.publish acquire <- MpmcBytesProducer::publish: not after the look behind it
        found_ = FrameHeader::of(
            P::load_peer(*object_at<const FrameWord>(slot + MpmcBytesShape::kSizeOffset),
                         std::memory_order_acquire));
        if (!shape_.plausible(found_)) [[unlikely]] {
            return Status::broken;
        }
        if (found_.length <= room) {
            return Status::ok;
        }
        // edge mpmc.publish acquire <- MpmcProducer::give: still that message
        if (P::load_peer(this->slots().word(position), std::memory_order_acquire) != found) {
            return Status::busy;
        }
        *size = found_.length;
        return Status::too_small;
    }
    [[nodiscard]] Status delivered(std::size_t& size) noexcept {
        size = found_.length;
        type_ = found_.type;
        return Status::ok;
    }

    MpmcBytesShape shape_;
    FrameHeader found_{};  // of the message that was measured last
    BytesView shown_{};    // what a peek shows
    std::uint32_t type_ = 0;
};

/// One consumer of several, of byte messages.
template <class P = DefaultPolicy>
class MpmcBytesConsumer : public MpmcMessageConsumer<MpmcSlotsOf<0>, P> {
public:
    /// `memory` of shape.bytes(). `me` is in no slot: it is new.
    MpmcBytesConsumer(std::byte* memory, const MpmcBytesShape& shape, layout::MpmcWords& words,
                      SlotOwner me) noexcept
        : MpmcBytesConsumer::MpmcMessageConsumer{
              {memory, shape.capacity(), shape.slot_bytes()}, words, me, shape} {}
};

}  // namespace shunt::ring
