// SPDX-License-Identifier: MIT
//
// The producing side of the owner-word ring, which knows nothing of what a message is
// (mpmc_fixed.hpp, mpmc_bytes.hpp). mpmc.hpp has the invariants (M1 to M6) and the edges.
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

/// One producer of several. One thread at a time; every call is lock-free and real-time safe: it
/// looks at no more words than the ring has, and at two for each position that others claim
/// meanwhile. See for_throughput(). `order` is memory_order_seq_cst where a sleeper may have to be
/// woken afterwards. `kSlotBytes`: of a slot; 0: given at run time.
template <std::uint64_t kSlotBytes, class P>
class MpmcClaims {
public:
    /// Gives the claimed place up: its position becomes a gap, which the consumers are told of.
    template <std::memory_order order = std::memory_order_release>
    void abandon() noexcept {
        give<order>(SlotState::voided);
    }

    /// Position of the message that was claimed last.
    [[nodiscard]] std::uint64_t position() const noexcept { return position_; }
    [[nodiscard]] bool claims() const noexcept { return claims_; }
    [[nodiscard]] std::uint64_t capacity() const noexcept { return slots_.laps().capacity(); }
    [[nodiscard]] SlotOwner owner() const noexcept { return me_; }

    /// In rings of 64 slots or more: asks for lines ahead of where it writes, and after `full`
    /// tells it for some 20 us more after room came, unless it came a quarter of the ring further
    /// on; writable() is exact. Default: no.
    void for_throughput(bool yes) noexcept { for_throughput_ = yes && capacity() >= kLeast; }

    /// True if a push would find room now. Changes nothing. The look of the wake-up protocol.
    [[nodiscard]] bool writable() const noexcept {
        std::uint64_t position = first();
        std::uint64_t found = 0;
        return claims_ || find<std::memory_order_seq_cst>(position, found);
    }

protected:
    using Slots = MpmcSlotsOf<kSlotBytes>;

    MpmcClaims(const Slots& slots, layout::MpmcWords& words, SlotOwner me) noexcept
        : slots_{slots},
          words_{&words},
          me_{me},
          claimer_{OwnerWord{0, 0, me, SlotState::claimed}.word()} {}

    // The claimed slot; null: full. Claiming again without giving it gives the same.
    [[nodiscard]] std::byte* claimed() noexcept {
        return claims_ || claim() ? slots_.slot(position_) : nullptr;
    }

    template <std::memory_order order>
    void give(SlotState state) noexcept {
        SHUNT_CHECK(claims_, "publish() or abandon() without try_claim()");
        claims_ = false;
        // edge mpmc.publish release -> MpmcConsumer::look: the message is complete. seq_cst where
        // the caller then reads the sleepers (WakeRegion, waker step 2).
        // edge wake.next seq_cst -> MpmcConsumer::tell_of_next: who takes what kept a sleeper from
        // this one sees it
        P::store(slots_.word(position_), OwnerWord::in_state(claim_, state), order);
    }

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

    // Where nobody else claimed when we did last, the hint would lead to the same place: all before
    // it are claimed, by the last of them us.
    [[nodiscard]] bool claim() noexcept {
        if (rests_ && !rested()) [[unlikely]] {
            return false;
        }
        std::uint64_t position = alone_ ? next_ : first();
        std::uint64_t found = 0;
        do {
            if (!find<std::memory_order_acquire>(position, found)) {
                rest(position);
                return false;
            }
            // edge mpmc.free acquire <- MpmcConsumer::release: as above; nobody has claimed since
            // (and release: nothing, our name is all there is to see)
        } while (!P::compare_exchange(slots_.word(position), found, found | claimer_,
                                      std::memory_order_acq_rel));
        alone_ = position == next_;
        if (alone_ && for_throughput_) {
            slots_.template ask_ahead<P>(position);
        }
        claims_ = true;
        claim_ = found | claimer_;
        position_ = position;
        next_ = position + 1;
        // edge mpmc.hint release -> MpmcProducer::first: what led us here is visible to who starts
        // from it
        P::store(words_->write_hint, next_, std::memory_order_release);
        return true;
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

    Slots slots_;
    layout::MpmcWords* words_;
    SlotOwner me_;
    std::uint64_t claimer_;  // our name, to be put into a FREE word
    bool claims_ = false;
    bool alone_ = false;       // nobody else had claimed at our last look
    std::uint64_t claim_ = 0;  // the word of what we claimed
    std::uint64_t position_ = 0;
    std::uint64_t next_ = 0;  // one beyond our last claim: nothing before it is free
    std::uint64_t full_at_ = 0;
    std::uint64_t rest_began_ = 0;  // ticks
    bool for_throughput_ = false;
    bool rests_ = false;  // from a full ring
};

}  // namespace shunt::ring
