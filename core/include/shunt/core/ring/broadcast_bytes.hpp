// SPDX-License-Identifier: MIT
//
// The broadcast log of byte messages, each of any length up to the log's greatest. To a subscriber
// the length is input: it is bounded before it is used.
#pragma once

#include <shunt/core/bytes.hpp>
#include <shunt/core/check.hpp>
#include <shunt/core/layout/broadcast.hpp>
#include <shunt/core/policy.hpp>
#include <shunt/core/ring/broadcast_log.hpp>
#include <shunt/core/ring/broadcast_publisher.hpp>
#include <shunt/core/ring/broadcast_subscriber.hpp>
#include <shunt/core/ring/frame.hpp>
#include <shunt/core/ring/stage.hpp>
#include <shunt/core/status.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <span>

namespace shunt::ring {

/// The publisher of byte messages.
template <class P = DefaultPolicy, told kTold = told::by_stamp>
class BroadcastBytesPublisher : public LogWriter<0, P, kTold> {
    using Writer = LogWriter<0, P, kTold>;

public:
    /// `memory` of LogBytesShape::of(), for messages of up to `max_message` bytes.
    BroadcastBytesPublisher(std::byte* memory, const LogGeometry& geometry,
                            std::uint64_t max_message, layout::PublisherWords& words,
                            std::uint64_t start_pos, const Gates& gates = {}) noexcept
        : Writer{{memory, geometry.capacity, geometry.slot_bytes}, words, start_pos, gates},
          max_message_{max_message} {}

    /// Publishes a copy of one message. `type` is the user's, below 2^24. `too_big`, `full`,
    /// `broken`: nothing was.
    template <std::memory_order order = std::memory_order_release>
    [[nodiscard]] Status try_push(std::span<const std::byte> message,
                                  std::uint32_t type = 0) noexcept {
        if (const Status status = fits(message.size()); !status) [[unlikely]] {
            return status;
        }
        std::byte* const place = this->begin();
        // edge broadcast.overwrite release -> BroadcastBytesSubscriber::try_pop: by each word
        P::copy_in_ordered(place, message.data(), message.size());
        this->abandon();
        finish<order>(message.size(), type);
        return Status::ok;
    }

    /// Gives `bytes` bytes in place, to be filled in and published. What stood there, the oldest
    /// message, is gone from now on. Claiming again without publishing gives the same place.
    [[nodiscard]] Status try_claim(std::uint64_t bytes, std::span<std::byte>& place) noexcept {
        if (const Status status = fits(bytes); !status) [[unlikely]] {
            return status;
        }
        std::byte* slot = this->slots().slot(this->position());
        if (!this->claims()) {
            this->claim();
            slot = this->begin();
            this->keep_behind();
        }
        claimed_bytes_ = bytes;
        place = {stage_.place(slot, max_message_), bytes};
        return Status::ok;
    }

    /// Publishes the first `bytes` bytes of the claimed place. Only after a successful try_claim,
    /// and not more than it gave.
    template <std::memory_order order = std::memory_order_release>
    void publish(std::uint64_t bytes, std::uint32_t type = 0) noexcept {
        SHUNT_CHECK(this->claims() && bytes <= claimed_bytes_,
                    "publish() without try_claim(), or of more than it gave");
        stage_.template put_back<P>(this->slots().slot(this->position()), bytes);
        this->abandon();
        finish<order>(bytes, type);
    }

    /// Greatest message.
    [[nodiscard]] std::uint64_t max_message() const noexcept { return max_message_; }

private:
    [[nodiscard]] Status fits(std::uint64_t bytes) noexcept {
        return bytes > max_message_ ? Status{Status::too_big} : this->room();
    }
    template <std::memory_order order>
    void finish(std::uint64_t bytes, std::uint32_t type) noexcept {
        const FrameHeader header{static_cast<std::uint32_t>(bytes), 0, type & kMaxFrameType};
        // edge broadcast.overwrite release -> BroadcastBytesSubscriber::measure: not before the
        // stamp that says so
        P::store(this->slots().header(this->position()), header.word(), std::memory_order_release);
        this->template end<order>();
    }

    std::uint64_t max_message_;
    std::uint64_t claimed_bytes_ = 0;
    Stage stage_;
};

/// A subscriber to byte messages. `lapped`, `empty` as BroadcastSubscriber. `broken`: the next
/// message has a length that no publisher writes.
template <class P = DefaultPolicy>
class BroadcastBytesSubscriber : public LogReader<0, P> {
    using Reader = LogReader<0, P>;

public:
    /// `memory` of LogBytesShape::of(), for messages of up to `max_message` bytes; never written.
    BroadcastBytesSubscriber(std::byte* memory, const LogGeometry& geometry,
                             std::uint64_t max_message, const layout::PublisherWords& words,
                             layout::SubscriberWords& own, std::uint64_t start_pos,
                             std::uint64_t begin = from::oldest, resume how = resume::oldest,
                             policy which = policy::lossy, const GatePlace& gate = {}) noexcept
        : Reader{{memory, geometry.capacity, geometry.slot_bytes},
                 words,
                 own,
                 start_pos,
                 begin,
                 how,
                 which,
                 gate},
          max_message_{max_message} {}

    /// Copies the next message out; `size` is its length. `too_small`: `size` says what it takes,
    /// and it stays. Where it is not ok, `to` may hold parts of several.
    [[nodiscard]] Status try_pop(std::span<std::byte> to, std::size_t& size) noexcept {
        if (const Status status = measure(); !status) {
            return status;
        }
        if (found_.length > to.size()) {
            size = found_.length;
            return Status::too_small;
        }
        // edge broadcast.overwrite acquire <- BroadcastBytesPublisher::try_push: by each word
        P::copy_out_ordered(to.data(), this->slots().slot(this->next_position()), found_.length);
        if (const Status status = this->whole(); !status) [[unlikely]] {
            return status;
        }
        size = found_.length;
        type_ = found_.type;
        this->received();
        return Status::ok;
    }

    /// Shows the next message in place, to be used only as still_valid() and release() say: the
    /// publisher may overwrite it at any time.
    [[nodiscard]] Status try_peek(BytesView& view) noexcept {
        if (const Status status = measure(); !status) {
            return status;
        }
        this->show();
        view = {{stage_.template shown<P>(this->slots().slot(this->next_position()), found_.length),
                 found_.length},
                found_.type,
                this->next_position()};
        return Status::ok;
    }
    /// Done with it. `ok`: it was valid throughout, and counts as received. Else it counts as lost.
    [[nodiscard]] Status release() noexcept {
        const Status status = this->give_back();
        if (status) [[likely]] {
            type_ = found_.type;
        }
        return status;
    }

    /// Type of the message that was delivered last.
    [[nodiscard]] std::uint32_t type() const noexcept { return type_; }
    /// Greatest message.
    [[nodiscard]] std::uint64_t max_message() const noexcept { return max_message_; }

private:
    // ok: found_ is the header of the message of next_position(), which is there.
    [[nodiscard]] Status measure() noexcept {
        if (const Status status = this->look(); !status) {
            return status;
        }
        // edge broadcast.overwrite acquire <- BroadcastBytesPublisher::finish: that of a later
        // message shows its stamp
        found_ = FrameHeader::of(
            P::load_peer(this->slots().header(this->next_position()), std::memory_order_acquire));
        if (const Status status = this->whole(); !status) [[unlikely]] {
            return status;
        }
        return found_.flags == 0 && found_.length <= max_message_ ? Status{Status::ok}
                                                                  : this->break_down();
    }

    std::uint64_t max_message_;
    FrameHeader found_{};  // of the message that was measured last
    std::uint32_t type_ = 0;
    Stage stage_;
};

}  // namespace shunt::ring
