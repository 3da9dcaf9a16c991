// SPDX-License-Identifier: MIT
//
// The owner-word ring of messages of one type: what writes them into claims, and reads them out of
// what was taken; in slots, and for blocks.hpp in blocks.
#pragma once

#include <shunt/core/bytes.hpp>
#include <shunt/core/layout/mpmc.hpp>
#include <shunt/core/policy.hpp>
#include <shunt/core/ring/mpmc_consumer.hpp>
#include <shunt/core/ring/mpmc_producer.hpp>
#include <shunt/core/status.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace shunt::ring {

/// What producers of messages of type T have in common, wherever those lie. `Claims`: MpmcClaims,
/// or BlockClaims.
template <class T, class Claims, class P>
class MpmcFixedProducer : public Claims {
public:
    using Claims::Claims;

    /// Copies one message into the ring. `full`: nothing was written.
    template <std::memory_order order = std::memory_order_release>
    [[nodiscard]] Status try_push(const T& message) noexcept {
        T* const place = try_claim();
        if (place == nullptr) {
            return Status::full;
        }
        P::template copy_in<sizeof(T)>(bytes_of(*place), bytes_of(message));
        return this->template push_claimed<order>();
    }

    /// The place of the next message, this producer's alone until it publishes or abandons it;
    /// null: full. Claiming again without either gives the same place. Consumers wait for it, so
    /// fill it soon; for a block nobody does.
    [[nodiscard]] T* try_claim() noexcept {
        std::byte* const slot = this->claimed();
        return slot == nullptr ? nullptr : object_at<T>(slot + MpmcShape<T>::kPlaceOffset);
    }

    /// Publishes the claimed place. Only after a successful try_claim. Of a block: a Status, and
    /// `full` means that others were faster; it stays claimed, to be published later.
    template <std::memory_order order = std::memory_order_release>
    auto publish() noexcept {
        return this->template give_ready<order>();
    }
};

/// One producer of several, of messages of type T.
template <class T, class P = DefaultPolicy>
class MpmcProducer : public MpmcFixedProducer<T, MpmcClaims<MpmcShape<T>::kSlotBytes, P>, P> {
public:
    /// `memory` and `capacity` as mpmc_geometry gave them. `me` is in no slot: it is new.
    MpmcProducer(std::byte* memory, std::uint64_t capacity, layout::MpmcWords& words,
                 SlotOwner me) noexcept
        : MpmcProducer::MpmcFixedProducer{{memory, capacity}, words, me} {}
};

/// What consumers of messages of type T have in common, wherever those lie.
template <class T, class Slots, class P>
class MpmcFixedConsumer : public MpmcTakings<Slots, P> {
    using Shape = MpmcShape<T>;
    using Takings = MpmcTakings<Slots, P>;

public:
    using Takings::Takings;

    /// Copies the next message out and releases it; what try_peek showed stays shown. `empty`,
    /// `busy`, `gap`: `message` is untouched; busy_owner() and last_gap() say more. A gap is told
    /// once, to one consumer. If this consumer dies meanwhile, another gets the message, flagged.
    template <std::memory_order order = std::memory_order_release>
    [[nodiscard]] Status try_pop(T& message) noexcept {
        if (const Status status = take_in_place<order>(); !status) {
            return status;
        }
        P::template copy_out<sizeof(T)>(bytes_of(message), this->taken() + Shape::kPlaceOffset);
        this->template free_taken<order>();
        return Status::ok;
    }

    /// try_pop by one CAS, which frees the slot when the message has been copied: no name of ours
    /// is ever in it. If this consumer dies before that, another gets the message, new; behind it
    /// the message is gone. Where it is not ok, `message` may hold parts of what others popped.
    template <std::memory_order order = std::memory_order_release>
    [[nodiscard]] Status try_pop_copy(T& message) noexcept requires(!Slots::kOutOfLine) {
        const Status status = this->template take<order>(Copies{*this, message});
        if (status) {
            this->template tell_of_freed<order>();
        }
        return status;
    }

    /// Shows the next message in place: it is this consumer's until release(). As try_pop else.
    /// Looking again without releasing shows the same. If this consumer dies, another gets it,
    /// flagged.
    template <std::memory_order order = std::memory_order_release>
    [[nodiscard]] Status try_peek(const T*& message) noexcept {
        if (!this->holds()) {
            if (const Status status = take_in_place<order>(); !status) {
                return status;
            }
            this->show();
        }
        message = object_at<const T>(this->shown() + Shape::kPlaceOffset);
        return Status::ok;
    }

private:
    struct Holds {
        MpmcFixedConsumer& in;
        Status operator()(std::uint64_t position, std::uint64_t taken,
                          std::uint64_t found) const noexcept {
            return in.hold(position, taken, found);
        }
    };
    struct Copies {
        MpmcFixedConsumer& in;
        T& message;
        Status operator()(std::uint64_t position, std::uint64_t taken,
                          std::uint64_t found) const noexcept {
            P::template copy_out_racing<sizeof(T)>(bytes_of(message),
                                                   in.slots().slot(position) + Shape::kPlaceOffset);
            return in.take_away(position, taken, found);
        }
    };

    template <std::memory_order order>
    [[nodiscard]] Status take_in_place() noexcept {
        return this->template take<order>(Holds{*this});
    }
};

/// One consumer of several, of messages of type T.
template <class T, class P = DefaultPolicy>
class MpmcConsumer : public MpmcFixedConsumer<T, MpmcSlotsOf<MpmcShape<T>::kSlotBytes>, P> {
public:
    /// `memory` and `capacity` as mpmc_geometry gave them. `me` is in no slot: it is new.
    MpmcConsumer(std::byte* memory, std::uint64_t capacity, layout::MpmcWords& words,
                 SlotOwner me) noexcept
        : MpmcConsumer::MpmcFixedConsumer{{memory, capacity}, words, me} {}
};

}  // namespace shunt::ring
