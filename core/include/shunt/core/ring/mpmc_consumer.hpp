// SPDX-License-Identifier: MIT
//
// The consuming side of the owner-word ring, which knows nothing of what a message is
// (mpmc_fixed.hpp, mpmc_bytes.hpp). In place, a message is this consumer's until it is released; or
// it is copied first and its slot freed by the one CAS that makes the copy ours. Each call may do
// it either way, and so may each consumer. mpmc.hpp has the invariants (M1 to M6) and the edges.
#pragma once

#include <shunt/core/layout/mpmc.hpp>
#include <shunt/core/policy.hpp>
#include <shunt/core/ring/mpmc_rest.hpp>
#include <shunt/core/ring/mpmc_slots.hpp>
#include <shunt/core/status.hpp>

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace shunt::ring {

/// A position whose message never came.
struct Gap {
    std::uint64_t position = 0;
    SlotOwner owner{};  // who gave it up, or died
};

/// One consumer of several. One thread at a time; every call is lock-free and real-time safe: it
/// looks at no more words than the ring has, twice where orphans are looked for, and at two for
/// each position that others take meanwhile. `order` is memory_order_seq_cst where sleepers may
/// have to be woken afterwards: due() says which. `Slots`: of either kind (mpmc_slots.hpp,
/// block_slots.hpp). Where messages lie in blocks nothing is `busy` and there is no gap; `broken`
/// is a word that no participant writes, and nobody gets beyond it.
template <class SlotsT, class P>
class MpmcTakings {
    using Packed = typename SlotsT::Packed;

public:
    static constexpr bool kOutOfLine = SlotsT::kOutOfLine;

    /// Releases what try_peek showed; nothing without one.
    template <std::memory_order order = std::memory_order_release>
    void release() noexcept {
        if (shows_) {
            shows_ = false;
            free_slot<order>(shown_position_, shown_);
        }
    }

    /// Who is to be woken, if asleep, behind the calls of order seq_cst since this was told last.
    struct Due {
        std::uint64_t room = 0;  // producers, of so many slots or more
        bool next = false;       // another consumer: what comes behind our message is there too
    };
    [[nodiscard]] Due due() noexcept { return std::exchange(due_, Due{}); }

    /// Position of the message that was delivered last.
    [[nodiscard]] std::uint64_t position() const noexcept { return position_; }
    /// True if another consumer died with that message in its hands, and may have acted on it.
    [[nodiscard]] bool redelivered() const noexcept { return (held_ & Packed::kTriesMask) != 0; }
    /// What try_peek showed is not released.
    [[nodiscard]] bool holds() const noexcept { return shows_; }
    /// Whose claim the last `busy` waits for.
    [[nodiscard]] SlotOwner busy_owner() const noexcept { return busy_owner_; }
    /// What the last `gap` told of.
    [[nodiscard]] const Gap& last_gap() const noexcept { return gap_; }
    /// Messages that were given up because as many holders died as can be counted.
    [[nodiscard]] std::uint64_t dead_letters() const noexcept { return dead_letters_; }
    [[nodiscard]] std::uint64_t capacity() const noexcept { return slots_.laps().capacity(); }
    [[nodiscard]] SlotOwner owner() const noexcept { return me_; }

    /// In rings of 64 slots or more: asks for lines ahead of where it takes, and where messages
    /// come one after the other may tell `empty` for some 3 us more after one came, unless one came
    /// an eighth of the ring further on; readable() is exact. Default: no.
    void for_throughput(bool yes) noexcept {
        rest_.allow(yes && capacity() >= MpmcRest<P>::kLeastCapacity);
    }

    /// True if a message or a gap can be had now, or there may be an orphan; false where the next
    /// one is busy. Changes nothing. The look of the wake-up protocol.
    [[nodiscard]] bool readable() const noexcept {
        // edge mpmc.recover acquire <- recover_slots: orphans are to be found
        if (P::load_peer(words_->orphan_epoch, std::memory_order_acquire) != seen_epoch_) {
            return true;
        }
        std::uint64_t position = first();
        std::uint64_t found = 0;
        const SlotState state = look<std::memory_order_seq_cst>(position, found);
        return state == SlotState::ready || state == SlotState::voided;
    }

protected:
    using Slots = SlotsT;

    MpmcTakings(const Slots& slots, layout::MpmcWords& words, SlotOwner me) noexcept
        : slots_{slots}, words_{&words}, me_{me}, taker_{Packed::naming(me, SlotState::taken)} {}

    [[nodiscard]] const Slots& slots() const noexcept { return slots_; }
    /// Where what was delivered last lies, and what a peek shows.
    [[nodiscard]] std::byte* taken() const noexcept { return slots_.place(position_, held_); }
    [[nodiscard]] std::byte* shown() const noexcept {
        return slots_.place(shown_position_, shown_);
    }

    /// What was taken in place is shown until release().
    void show() noexcept {
        shows_ = true;
        shown_ = held_;
        shown_position_ = position_;
    }
    /// Releases what was taken in place and is not shown.
    template <std::memory_order order>
    void free_taken() noexcept {
        free_slot<order>(position_, held_);
    }
    /// What was taken was freed at once.
    template <std::memory_order order>
    void tell_of_freed() noexcept {
        tell_of_freed<order>(position_);
    }

    // The ways to make the message at a position ours, by a CAS from `found`; `taken` is the word
    // whose tries are to be told. `busy`: another was faster.

    /// In place: it bears our name.
    [[nodiscard]] Status hold(std::uint64_t position, std::uint64_t taken,
                              std::uint64_t found) noexcept {
        const std::uint64_t mine = Packed::held(taken, taker_);
        // edge mpmc.publish acquire <- MpmcProducer::give: the message is complete
        // edge wake.beyond seq_cst -> MpmcConsumer::tell_of_quarter: it sees that we are beyond it,
        // or we look for sleepers behind what it freed
        if (!P::compare_exchange(slots_.word(position), found, mine, std::memory_order_seq_cst)) {
            return Status::busy;
        }
        held_ = mine;
        position_ = position;
        return Status::ok;
    }
    /// Behind a copy: frees the slot. Where the word is what it was before the copy, the slot held
    /// this message all the while: it has no value twice (M3).
    [[nodiscard]] Status take_away(std::uint64_t position, std::uint64_t taken,
                                   std::uint64_t found) noexcept {
        // edge mpmc.free release -> MpmcProducer::find, claim: our reads are done
        // edge wake.beyond seq_cst -> MpmcConsumer::tell_of_quarter: as in hold; and where we look
        // for sleepers behind it (WakeRegion, waker step 2)
        if (!P::compare_exchange(slots_.word(position), found, Packed::freed(found),
                                 std::memory_order_seq_cst)) {
            return Status::busy;
        }
        held_ = taken;
        position_ = position;
        return Status::ok;
    }

    /// Makes the next message ours by `seize(position, taken, found)`, one of these ways. What
    /// else than `ok` or `busy` it returns ends the call: the message stays where it is.
    template <std::memory_order order, class Seize>
    [[nodiscard]] Status take(const Seize& seize) noexcept {
        // edge mpmc.recover acquire <- recover_slots: orphans are to be found
        const std::uint64_t epoch = P::load_peer(words_->orphan_epoch, std::memory_order_acquire);
        if (epoch != seen_epoch_) [[unlikely]] {
            if (const Status status = inherit(epoch, seize); status != Status::empty) {
                return status;
            }
        }
        if (rest_.on() && !rest_.over(slots_)) [[unlikely]] {
            tell_of_room();
            return Status::empty;
        }
        // Where nobody else took when we did last, the hint would lead to the same place.
        std::uint64_t position = alone_ ? next_ : first();
        for (;;) {
            std::uint64_t found = 0;
            switch (look<std::memory_order_acquire>(position, found)) {
                case SlotState::ready: {
                    if (!slots_.sound(found)) [[unlikely]] {
                        return Status::broken;
                    }
                    const Status status = seize(position, found, found);
                    if (status) {
                        alone_ = position == next_;
                        if (alone_ && rest_.allowed()) {
                            slots_.template ask_ahead<P>(position);
                        }
                        next_ = position + 1;
                        // edge mpmc.hint release -> MpmcConsumer::first: what led us here is
                        // visible to who starts from it
                        P::store(words_->read_hint, next_, std::memory_order_release);
                        tell_of_next<order>();
                        return status;
                    }
                    if (status != Status::busy) [[unlikely]] {
                        return status;
                    }
                    break;
                }
                case SlotState::voided:
                    if constexpr (kOutOfLine) {
                        return Status::broken;
                    }
                    if (pass(position, found)) {
                        tell_of_room();
                        tell_of_next<order>();
                        return Status::gap;
                    }
                    break;
                case SlotState::claimed:
                    if constexpr (kOutOfLine) {
                        return Status::broken;
                    }
                    busy_owner_ = OwnerWord::of(found).owner;
                    tell_of_room();
                    return Status::busy;
                default:
                    alone_ = alone_ && !kLapsComeRound;
                    tell_of_room();
                    rest_.begin(position);
                    return Status::empty;
            }
        }
    }

private:
    // No position before it is to be taken.
    [[nodiscard]] std::uint64_t first() const noexcept {
        // edge mpmc.hint acquire <- MpmcConsumer::take: the words before the hint are as new as it
        return std::max(P::load_peer(words_->read_hint, std::memory_order_acquire), next_);
    }

    // The first position from there on that nobody has taken: READY, VOID, CLAIMED, or FREE, which
    // is nothing there. And its word. Words whose laps go all around the circle, which no port
    // writes, would lead on for ever; they are nothing.
    template <std::memory_order order>
    [[nodiscard]] SlotState look(std::uint64_t& position, std::uint64_t& found) const noexcept {
        for (const std::uint64_t begin = position; position - begin <= slots_.laps().half();) {
            // edge mpmc.publish acquire <- MpmcProducer::give: the message is complete. seq_cst:
            // the sleeper's look, step 3.
            found = P::load_peer(slots_.word(position), order);
            const std::int64_t ahead = slots_.laps().ahead(found, position);
            if (ahead < 0) {
                return SlotState::free;
            }
            const SlotState state = Packed::of(found).state;
            const bool passed = state == SlotState::taken || state == SlotState::orphan;
            if (ahead == 0 && !passed) {
                return state;
            }
            position += static_cast<std::uint64_t>(ahead) * capacity() + 1;
            position -= ahead > 0 && !passed ? capacity() : 0;
        }
        return SlotState::free;
    }

    // The publisher of what comes behind our message may have met a consumer that could not have it
    // yet, because ours was only claimed; so who takes ours wakes another.
    template <std::memory_order order>
    void tell_of_next() noexcept {
        if constexpr (order == std::memory_order_seq_cst) {
            // edge wake.next seq_cst <- MpmcProducer::give: before the wake-up that met a claim
            const std::uint64_t found = P::load_peer(slots_.word(next_), std::memory_order_seq_cst);
            const SlotState state = Packed::of(found).state;
            due_.next = slots_.laps().ahead(found, next_) == 0 &&
                        (state == SlotState::ready || state == SlotState::voided);
        }
    }

    // `held`: the word that names us there.
    template <std::memory_order order>
    void free_slot(std::uint64_t position, std::uint64_t held) noexcept {
        const std::uint64_t block = slots_.template own<P>(held, me_);
        // edge mpmc.free release -> MpmcProducer::find, claim: our reads are done. seq_cst where
        // the caller then reads the sleepers (WakeRegion, waker step 2).
        P::store(slots_.word(position), Packed::freed(held), order);
        slots_.template give_back<P>(held, block);
        tell_of_freed<order>(position);
    }

    template <std::memory_order order>
    void tell_of_freed(std::uint64_t position) noexcept {
        if constexpr (order == std::memory_order_seq_cst) {
            freed_untold_ = true;
            tell_of_quarter(position);
        }
    }

    // Producers that sleep are told of room in quarters of the ring, and where another has gone
    // beyond the slot that was freed: they may wait for this one alone. That is looked for behind
    // the store: who goes beyond us later, and goes to sleep, tells of room itself.
    void tell_of_quarter(std::uint64_t position) noexcept {
        const std::uint64_t quarter = std::max<std::uint64_t>(1, capacity() / 4);
        if (position % quarter == 0) {
            due_.room += quarter;
            freed_untold_ = false;
            return;
        }
        // edge wake.beyond seq_cst <- MpmcConsumer::hold, take_away: our store, then whether
        // another has gone beyond us
        const std::uint64_t found =
            P::load_peer(slots_.word(position + 1), std::memory_order_seq_cst);
        const std::int64_t ahead = slots_.laps().ahead(found, position + 1);
        const SlotState state = Packed::of(found).state;
        if (ahead > 0 ||
            (ahead == 0 && (state == SlotState::taken || state == SlotState::orphan))) {
            tell_of_room();
        }
    }
    // And before a consumer may go to sleep.
    void tell_of_room() noexcept {
        if (freed_untold_) {
            due_.room += capacity();
            freed_untold_ = false;
        }
    }

    // Every orphan, at its turn. `empty`: none is left of what that epoch stands for.
    template <class Seize>
    [[nodiscard, gnu::noinline]] Status inherit(std::uint64_t epoch, const Seize& seize) noexcept {
        for (std::uint64_t i = 0; i < capacity(); ++i) {
            // edge mpmc.publish acquire <- MpmcProducer::give: by way of its taker and of recovery
            std::uint64_t found = P::load_peer(slots_.word(i), std::memory_order_acquire);
            const Packed orphan = Packed::of(found);
            if (orphan.state != SlotState::orphan) {
                continue;
            }
            const std::uint64_t position = orphan.lap * capacity() + i;
            if constexpr (kOutOfLine) {
                if (orphan.tries == Packed::kMostTries || !slots_.sound(found)) {
                    return Status::broken;  // recovery drops such a one
                }
            }
            if (orphan.tries == Packed::kMostTries) {
                dead_letters_ += drop(found, position) ? 1u : 0u;
            } else if (const Status status = seize(position, found + Packed::kTryUnit, found);
                       status != Status::busy) {
                return status;
            }
        }
        seen_epoch_ = epoch;
        return Status::empty;
    }

    // Over a position that was given up.
    [[nodiscard]] bool pass(std::uint64_t position, std::uint64_t found) noexcept {
        if (!drop(found, position)) {
            return false;
        }
        gap_ = {position, OwnerWord::of(found).owner};
        next_ = position + 1;
        return true;
    }

    [[nodiscard]] bool drop(std::uint64_t found, std::uint64_t position) noexcept {
        // edge mpmc.free release -> MpmcProducer::find, claim: nobody reads this lap's any more
        const bool dropped = P::compare_exchange(slots_.word(position), found, Packed::freed(found),
                                                 std::memory_order_seq_cst);
        freed_untold_ = freed_untold_ || dropped;
        return dropped;
    }

    // Where the laps come round in minutes of a fast ring, ours of long ago would lead nowhere.
    static constexpr bool kLapsComeRound = Packed::kLapBits < 40;

    Slots slots_;
    layout::MpmcWords* words_;
    SlotOwner me_;
    std::uint64_t taker_;     // our name, to be put into the word of what we take
    bool alone_ = false;      // nobody else had taken at our last look
    std::uint64_t held_ = 0;  // the word of what was delivered last
    std::uint64_t position_ = 0;
    bool shows_ = false;  // a peek is not released: the next two are of it
    std::uint64_t shown_ = 0;
    std::uint64_t shown_position_ = 0;
    std::uint64_t next_ = 0;                        // nothing before it is to be taken
    std::uint64_t seen_epoch_ = ~std::uint64_t{0};  // all its orphans were found
    SlotOwner busy_owner_{};
    Gap gap_{};
    std::uint64_t dead_letters_ = 0;
    Due due_{};
    bool freed_untold_ = false;  // freed something, and nobody was told
    MpmcRest<P> rest_;
};

}  // namespace shunt::ring
