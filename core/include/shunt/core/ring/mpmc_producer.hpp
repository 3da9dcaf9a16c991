// SPDX-License-Identifier: MIT
//
// The producing side of the owner-word ring, which knows nothing of what a message is
// (mpmc_fixed.hpp, mpmc_bytes.hpp): how its next free slot is found and made something else, and
// claims of slots. mpmc.hpp has the invariants (M1 to M6) and the edges.
#pragma once

#include <shunt/core/check.hpp>
#include <shunt/core/layout/mpmc.hpp>
#include <shunt/core/policy.hpp>
#include <shunt/core/ring/mpmc_slots.hpp>
#include <shunt/core/status.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace shunt::ring {

/// What all producers have in common, of slots of either kind (mpmc_slots.hpp, block_slots.hpp).
/// `order` is memory_order_seq_cst where a sleeper may have to be woken afterwards.
template <class Slots, class P>
class MpmcTail {
public:
    /// Position of the message that was claimed last; without claims, that was published last.
    [[nodiscard]] std::uint64_t position() const noexcept { return position_; }
    [[nodiscard]] std::uint64_t capacity() const noexcept { return slots_.laps().capacity(); }
    [[nodiscard]] SlotOwner owner() const noexcept { return me_; }

    /// In rings of 64 slots or more: asks for lines ahead of where it writes, and after `full`
    /// tells it for some 20 us more after room came, unless it came a quarter of the ring further
    /// on; writable() is exact. Default: no.
    void for_throughput(bool yes) noexcept { for_throughput_ = yes && capacity() >= kLeast; }

protected:
    using Packed = typename Slots::Packed;

    MpmcTail(const Slots& slots, layout::MpmcWords& words, SlotOwner me) noexcept
        : slots_{slots}, words_{&words}, me_{me} {}

    [[nodiscard]] const Slots& slots() const noexcept { return slots_; }

    /// A slot is free now; looked at as a sleeper does.
    [[nodiscard]] bool any_free() const noexcept {
        std::uint64_t position = first();
        std::uint64_t found = 0;
        return find<std::memory_order_seq_cst>(position, found);
    }

    /// A slot is free, as enter() would find it.
    [[nodiscard]] bool may_enter() noexcept {
        std::uint64_t position = 0;
        std::uint64_t found = 0;
        return begin(position) && next(position, found);
    }

    /// Puts `bits` into the word of the next free slot. False: full.
    template <std::memory_order order>
    [[nodiscard]] bool enter(std::uint64_t bits) noexcept {
        std::uint64_t position = 0;
        std::uint64_t found = 0;
        if (!begin(position)) [[unlikely]] {
            return false;
        }
        do {
            if (!next(position, found)) {
                return false;
            }
            // edge mpmc.free acquire <- MpmcConsumer::release: as in find; nobody has been there
            // since
            // edge mpmc.publish release -> MpmcConsumer::look: where this publishes, the message is
            // complete (and of a claim: nothing, our name is all there is to see). seq_cst where
            // the caller then reads the sleepers (WakeRegion, waker step 2).
        } while (!P::compare_exchange(slots_.word(position), found, found | bits, order));
        alone_ = position == next_;
        if (alone_ && for_throughput_) {
            slots_.template ask_ahead<P>(position);
        }
        entered_ = found | bits;
        position_ = position;
        next_ = position + 1;
        // edge mpmc.hint release -> MpmcProducer::first: what led us here is visible to who starts
        // from it
        P::store(words_->write_hint, next_, std::memory_order_release);
        return true;
    }
    /// The word that enter() made of that slot's.
    [[nodiscard]] std::uint64_t entered() const noexcept { return entered_; }

private:
    // No position before it is free.
    [[nodiscard]] std::uint64_t first() const noexcept {
        // edge mpmc.hint acquire <- MpmcProducer::claim: the words before the hint are as new as it
        return std::max(P::load_peer(words_->write_hint, std::memory_order_acquire), next_);
    }

    // The first position from there on whose slot is free, and its word. False: full, or laps that
    // go all around the circle (MpmcConsumer::look).
    template <std::memory_order order>
    [[nodiscard]] bool find(std::uint64_t& position, std::uint64_t& found) const noexcept {
        for (const std::uint64_t begin = position; position - begin <= slots_.laps().half();) {
            // edge mpmc.free acquire <- MpmcConsumer::release, pass: the message of the lap before
            // has been read. seq_cst where a sleeper looks for room.
            found = P::load_peer(slots_.word(position), order);
            if (found == slots_.laps().free_word(position)) {
                return true;
            }
            const std::int64_t ahead = slots_.laps().ahead(found, position);
            if (ahead < 0) {
                return false;
            }
            const bool free = OwnerWord::of(found).state == SlotState::free;
            position += static_cast<std::uint64_t>(ahead) * capacity() + 1;
            position -= ahead > 0 && free ? capacity() : 0;
        }
        return false;
    }

    // From where to look, unless we rest. Where nobody else claimed when we did last, the hint
    // would lead to the same place: all before it are claimed, by the last of them us.
    [[nodiscard]] bool begin(std::uint64_t& position) noexcept {
        if (rests_ && !rested()) [[unlikely]] {
            return false;
        }
        position = alone_ ? next_ : first();
        return true;
    }
    [[nodiscard]] bool next(std::uint64_t& position, std::uint64_t& found) noexcept {
        if (find<std::memory_order_acquire>(position, found)) {
            return true;
        }
        alone_ = alone_ && !kLapsComeRound;
        rest(position);
        return false;
    }

    // A producer that met a full ring would poll the very line that a consumer frees, and take it
    // away after each of its slots. So it looks a quarter of the ring ahead instead, for a short
    // time: what is free there is so behind it.
    [[gnu::noinline]] void rest(std::uint64_t position) noexcept {
        if (for_throughput_) {
            rests_ = true;
            full_at_ = position;
            rest_began_ = P::ticks();
        }
    }
    [[gnu::noinline]] bool rested() noexcept {
        // relaxed: only when to look again
        const std::uint64_t found =
            P::load_peer(slots_.word(full_at_ + capacity() / 4), std::memory_order_relaxed);
        rests_ = slots_.laps().ahead(found, full_at_ + capacity() / 4) < 0 &&
                 P::ticks() - rest_began_ < kMostRestTicks;
        return !rests_;
    }

    static constexpr std::uint64_t kLeast = 64;             // slots
    static constexpr std::uint64_t kMostRestTicks = 65536;  // some 20 us
    // Where the laps come round in minutes of a fast ring, ours of long ago would lead nowhere.
    static constexpr bool kLapsComeRound = Packed::kLapBits < 40;

    Slots slots_;
    layout::MpmcWords* words_;
    SlotOwner me_;
    bool alone_ = false;         // nobody else had claimed at our last look
    std::uint64_t entered_ = 0;  // the word of what we claimed, or published
    std::uint64_t position_ = 0;
    std::uint64_t next_ = 0;  // one beyond our last: nothing before it is free
    std::uint64_t full_at_ = 0;
    std::uint64_t rest_began_ = 0;  // ticks
    bool for_throughput_ = false;
    bool rests_ = false;  // from a full ring
};

/// One producer of several. One thread at a time; every call is lock-free and real-time safe: it
/// looks at no more words than the ring has, and at two for each position that others claim
/// meanwhile. See may_rest(). `kSlotBytes`: of a slot; 0: given at run time.
template <std::uint64_t kSlotBytes, class P>
class MpmcClaims : public MpmcTail<MpmcSlotsOf<kSlotBytes>, P> {
    using Slots = MpmcSlotsOf<kSlotBytes>;
    using Tail = MpmcTail<Slots, P>;

public:
    static constexpr bool kOutOfLine = false;

    /// Gives the claimed place up: its position becomes a gap, which the consumers are told of.
    template <std::memory_order order = std::memory_order_release>
    void abandon() noexcept {
        give<order>(SlotState::voided);
    }

    [[nodiscard]] bool claims() const noexcept { return claims_; }

    /// True if a push would find room now. Changes nothing. The look of the wake-up protocol.
    [[nodiscard]] bool writable() const noexcept { return claims_ || this->any_free(); }

protected:
    MpmcClaims(const Slots& slots, layout::MpmcWords& words, SlotOwner me) noexcept
        : Tail{slots, words, me}, claimer_{OwnerWord::naming(me, SlotState::claimed)} {}

    // The claimed slot; null: full. Claiming again without giving it gives the same.
    [[nodiscard]] std::byte* claimed() noexcept {
        if (!claims_) {
            claims_ = this->template enter<std::memory_order_acq_rel>(claimer_);
        }
        return claims_ ? this->slots().slot(this->position()) : nullptr;
    }

    template <std::memory_order order>
    void give_ready() noexcept {
        give<order>(SlotState::ready);
    }
    // Behind a claim and a copy.
    template <std::memory_order order>
    [[nodiscard]] Status push_claimed() noexcept {
        give<order>(SlotState::ready);
        return Status::ok;
    }

private:
    template <std::memory_order order>
    void give(SlotState state) noexcept {
        SHUNT_CHECK(claims_, "publish() or abandon() without try_claim()");
        claims_ = false;
        // edge mpmc.publish release -> MpmcConsumer::look: the message is complete. seq_cst where
        // the caller then reads the sleepers (WakeRegion, waker step 2).
        // edge wake.next seq_cst -> MpmcConsumer::tell_of_next: who takes what kept a sleeper from
        // this one sees it
        P::store(this->slots().word(this->position()), OwnerWord::in_state(this->entered(), state),
                 order);
    }

    std::uint64_t claimer_;  // our name, to be put into a FREE word
    bool claims_ = false;
};

}  // namespace shunt::ring
