// SPDX-License-Identifier: MIT
//
// What no caller of an owner-word ring sees, looked at whenever a word of it changes: M1 to M5 of
// core/ring/mpmc.hpp. Positions are claimed and taken in their order, each once; a holder's word is
// its own while it lives; a word becomes only what its state, lap and tries allow. And for each
// call whether FULL, EMPTY and BUSY were true at any moment of it. Where messages lie in blocks, B1
// to B4 of core/ring/blocks.hpp too: whose a block is, and that what a slot names stays its.
#pragma once

#include "model/explorer.hpp"

#include <shunt/core/ring/blocks.hpp>
#include <shunt/core/ring/mpmc.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <string_view>

namespace shunt::model {

/// Of a rig (mpmc_rig.hpp) whose producers and consumers are named by the indices of their threads.
template <class Rig>
class MpmcWatch {
public:
    static constexpr std::size_t kSlots = 4;
    static constexpr std::size_t kBlocks = 8;
    static constexpr bool kOutOfLine = Rig::Consumer::kOutOfLine;

    /// `counted`: who inherits counts the death. `copies`: a consumer may free what it never had.
    explicit MpmcWatch(const Rig& rig, bool counted = true, bool copies = false)
        : rig_{&rig}, counted_{counted}, copies_{copies} {}

    [[nodiscard]] Region region() {
        return {{static_cast<std::byte*>(static_cast<void*>(&seen_)), sizeof seen_}, Place::other};
    }
    /// The ring is as it stands, and nobody has anything in hand.
    void begin() {
        seen_ = {};
        for (std::size_t i = 0; i < slots(); ++i) {
            seen_.words[i] = packed(i);
        }
        if constexpr (kOutOfLine) {
            for (std::uint32_t b = 0; b < rig_->slots().blocks(); ++b) {
                seen_.blocks[b] = block_word(b);
            }
        }
    }
    /// A call of that thread begins with its next access.
    void call(int thread) {
        seen_.begins |= bit(thread);
        seen_.was_full &= others(thread);
        seen_.was_empty &= others(thread);
        seen_.was_busy &= others(thread);
    }
    void accesses(int thread) {
        if ((seen_.begins & bit(thread)) != 0) {
            seen_.begins &= others(thread);
            note(bit(thread));
        }
    }
    void died(int thread) {
        std::replace(seen_.holders.begin(), seen_.holders.end(), holder(thread), std::uint8_t{0});
        std::replace(seen_.hands.begin(), seen_.hands.end(), holder(thread), std::uint8_t{0});
    }
    /// That thread has written there. What is wrong with it, or nothing.
    [[nodiscard]] std::string_view changed(int thread, const void* at) {
        for (std::size_t i = 0; i < slots(); ++i) {
            if (at == &rig_->slots().word(i)) {
                const std::string_view wrong = change(thread, i);
                seen_.words[i] = packed(i);
                note(static_cast<std::uint8_t>(~seen_.begins));
                return wrong;
            }
        }
        if constexpr (kOutOfLine) {
            for (std::uint32_t b = 0; b < rig_->slots().blocks(); ++b) {
                if (at == &rig_->slots().holder(b)) {
                    const std::string_view wrong = pass_on(thread, b);
                    seen_.blocks[b] = block_word(b);
                    return wrong;
                }
            }
        }
        return {};
    }
    /// True if it was so at a moment of the thread's call.
    [[nodiscard]] bool was_full(int thread) const { return (seen_.was_full & bit(thread)) != 0; }
    [[nodiscard]] bool was_empty(int thread) const { return (seen_.was_empty & bit(thread)) != 0; }
    [[nodiscard]] bool was_busy(int thread) const { return (seen_.was_busy & bit(thread)) != 0; }

private:
    using State = ring::SlotState;
    using Word = typename Rig::Packed;
    // By thread one bit.
    struct Seen {
        std::array<std::uint64_t, kSlots> words;
        std::array<std::uint8_t, kSlots> holders;  // the living one's thread, from 1
        std::array<std::uint64_t, kBlocks> blocks;
        std::array<std::uint8_t, kBlocks> hands;  // of a block that no slot names: as holders
        std::uint8_t begins;
        std::uint8_t was_full;
        std::uint8_t was_empty;
        std::uint8_t was_busy;
    };

    static std::uint8_t bit(int thread) { return static_cast<std::uint8_t>(1u << thread); }
    static std::uint8_t others(int thread) { return static_cast<std::uint8_t>(~bit(thread)); }
    static std::uint8_t holder(int thread) { return static_cast<std::uint8_t>(thread + 1); }
    std::size_t slots() const { return rig_->capacity(); }
    std::uint64_t packed(std::size_t i) const {
        return rig_->slots().word(i).load(std::memory_order_relaxed);
    }
    static bool is_held(State state) { return state == State::taken || state == State::orphan; }

    // The position, from the ring's first, that slot i's word is of; from which it is to be claimed
    // next, to be taken next.
    std::uint64_t position(std::size_t i) const {
        const auto laps =
            static_cast<std::uint64_t>(rig_->slots().laps().ahead(seen_.words[i], rig_->start));
        return laps * slots() + i;
    }
    std::uint64_t tail() const {
        return least([](State state) { return state != State::free; });
    }
    std::uint64_t head() const { return least(&is_held); }
    template <class Passed>
    std::uint64_t least(const Passed& passed) const {
        std::uint64_t found = std::numeric_limits<std::uint64_t>::max();
        for (std::size_t i = 0; i < slots(); ++i) {
            const bool next = passed(Word::of(seen_.words[i]).state);
            found = std::min(found, position(i) + (next ? slots() : 0));
        }
        return found;
    }
    void note(std::uint8_t threads) {
        const std::uint64_t claimed = tail();
        const std::uint64_t taken = head();
        const State next = Word::of(seen_.words[taken % slots()]).state;
        const State room = Word::of(seen_.words[claimed % slots()]).state;
        seen_.was_full |= room != State::free ? threads : std::uint8_t{0};
        seen_.was_empty |= taken == claimed ? threads : std::uint8_t{0};
        seen_.was_busy |= next == State::claimed ? threads : std::uint8_t{0};
    }

    std::string_view change(int thread, std::size_t i) {
        if constexpr (kOutOfLine) {
            return name(thread, i);
        } else {
            return become(thread, i);
        }
    }

    std::uint64_t block_word(std::uint32_t b) const {
        return rig_->slots().holder(b).load(std::memory_order_relaxed);
    }
    // Of the slots as they were before this change: one that names that block, or kSlots.
    std::size_t namer(std::uint32_t b) const {
        for (std::size_t i = 0; i < slots(); ++i) {
            const Word word = Word::of(seen_.words[i]);
            if (word.state != State::free && word.block == b) {
                return i;
            }
        }
        return kSlots;
    }

    // Of a slot whose message lies in a block.
    std::string_view name(int thread, std::size_t i) {
        const Word was = Word::of(seen_.words[i]);
        const Word is = Word::of(packed(i));
        std::uint8_t& hand = seen_.holders[i];
        const bool frees = packed(i) == Word::freed(seen_.words[i]);
        const bool ours = is.owner.index == static_cast<std::uint32_t>(thread);
        const bool same = was.lap == is.lap && was.block == is.block;
        const bool takes =
            is.state == State::taken && ours && same &&
            (!counted_ || is.tries == was.tries + (was.state == State::orphan ? 1u : 0u));
        switch (was.state) {
            case State::free:
                if (is.state != State::ready || is.owner.index != 0 || was.lap != is.lap) {
                    return kForbidden;
                }
                if (position(i) != tail()) {
                    return "a position is published out of order";
                }
                if (namer(is.block) != kSlots || seen_.hands[is.block] != holder(thread)) {
                    return "a block is published by another than its holder";
                }
                return let_go(seen_.hands[is.block]);
            case State::ready:
                hand = holder(thread);
                return position(i) != head() ? "a position is taken out of order"
                       : takes               ? std::string_view{}
                                             : kForbidden;
            case State::taken:
                if (hand != 0 && hand != holder(thread)) {
                    return "a living one's message is taken from it";
                }
                if (frees) {
                    const auto block = ring::HolderWord::of(seen_.blocks[was.block]);
                    seen_.hands[was.block] = hand;
                    return block.owner.index == was.owner.index
                               ? let_go(hand)
                               : "a slot is freed before its block is in the holder's name";
                }
                return same && was.owner == is.owner && is.state == State::orphan && hand == 0
                           ? std::string_view{}
                           : kForbidden;
            case State::orphan:
                hand = holder(thread);
                return takes ? std::string_view{} : kForbidden;
            default:
                return kForbidden;
        }
    }
    // Of a block's word.
    std::string_view pass_on(int thread, std::uint32_t b) {
        using ring::HolderWord;
        const HolderWord was = HolderWord::of(seen_.blocks[b]);
        const HolderWord is = HolderWord::of(block_word(b));
        const std::size_t slot = namer(b);
        if (!was.held) {
            seen_.hands[b] = holder(thread);
            return is.held && (!counted_ || is.version == was.version + 1) && slot == kSlots &&
                           is.owner.index == static_cast<std::uint32_t>(thread)
                       ? std::string_view{}
                       : "a block is taken that is another's";
        }
        if (is.version != was.version) {
            return kForbidden;
        }
        if (!is.held) {
            return slot != kSlots ? "a block is given back that a slot names"
                   : seen_.hands[b] != 0 && seen_.hands[b] != holder(thread)
                       ? "a living one's block is given back"
                       : let_go(seen_.hands[b]);
        }
        const bool rightly = slot != kSlots && Word::of(seen_.words[slot]).state == State::taken &&
                             Word::of(seen_.words[slot]).owner.index == is.owner.index &&
                             (seen_.holders[slot] == 0 || seen_.holders[slot] == holder(thread));
        return rightly ? std::string_view{} : "a block is moved by another than who has its slot";
    }

    std::string_view become(int thread, std::size_t i) {
        const Word was = Word::of(seen_.words[i]);
        const Word is = Word::of(packed(i));
        std::uint8_t& hand = seen_.holders[i];
        const bool frees = packed(i) == Word::freed(seen_.words[i]);
        const bool ours = is.owner.index == static_cast<std::uint32_t>(thread);
        const bool same = was.lap == is.lap && was.owner == is.owner && was.tries == is.tries;
        const bool takes =
            is.state == State::taken && ours && was.lap == is.lap &&
            (!counted_ || is.tries == was.tries + (was.state == State::orphan ? 1u : 0u));
        switch (was.state) {
            case State::free:
                hand = holder(thread);
                return is.state != State::claimed || !ours || was.lap != is.lap ? kForbidden
                       : position(i) != tail() ? "a position is claimed out of order"
                                               : std::string_view{};
            case State::claimed:
                if (hand != 0 && hand != holder(thread)) {
                    return "a living one's claim is taken from it";
                }
                return same && (is.state == State::voided ||
                                (is.state == State::ready && hand != 0))
                           ? let_go(hand)
                           : kForbidden;
            case State::ready:
            case State::voided:
                if (position(i) != head()) {
                    return "a position is taken out of order";
                }
                hand = frees ? 0 : holder(thread);
                return frees || (takes && was.state == State::ready) ? std::string_view{}
                                                                     : kForbidden;
            case State::taken:
                if (hand != 0 && hand != holder(thread)) {
                    return "a living one's message is taken from it";
                }
                return frees || (same && is.state == State::orphan && hand == 0) ? let_go(hand)
                                                                                 : kForbidden;
            case State::orphan:
                hand = frees ? 0 : holder(thread);
                return takes || (frees && (copies_ || was.tries == Word::kMostTries))
                           ? std::string_view{}
                           : kForbidden;
        }
        return kForbidden;
    }
    static std::string_view let_go(std::uint8_t& hand) {
        hand = 0;
        return {};
    }

    static constexpr std::string_view kForbidden = "a word becomes what it may not";

    const Rig* rig_;
    bool counted_;
    bool copies_;
    Seen seen_{};
};

}  // namespace shunt::model
