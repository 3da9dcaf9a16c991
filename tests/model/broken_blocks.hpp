// SPDX-License-Identifier: MIT
//
// As broken_mpmc.hpp, for the owner-word ring with blocks.
#pragma once

#include "model/broken_mpmc.hpp"

#include <shunt/core/ring/block_word.hpp>

#include <atomic>
#include <cstdint>
#include <utility>

namespace shunt::model {

[[nodiscard]] inline bool is_held(std::uint64_t word) {
    return ring::HolderWord::is_held(word);
}

/// READY before the payload is there.
struct PublishesABlockBeforeItCopies : PublishesBeforeItCopies<Place::slot_word> {
    template <class Word>
    static bool compare_exchange(std::atomic<Word>& word, Word& expected, Word desired,
                                 std::memory_order order) {
        const bool swapped = ModelPolicy::compare_exchange(word, expected, desired, order);
        if (swapped && at(Place::slot_word, &word) && state_of(desired) == ring::SlotState::ready) {
            Explorer::now().scratch<KeptCopies>().finish();
        }
        return swapped;
    }
};

/// A block is given back before its message has been copied out.
struct GivesBackBeforeItCopies : FreesBeforeItCopies<Place::other> {
    template <class Word>
    static void store(std::atomic<Word>& word, Word value, std::memory_order order) {
        ModelPolicy::store(word, value, order);
        Kept& kept = Explorer::now().scratch<Kept>();
        if (at(Place::holder, &word) && !is_held(value) && kept.n != 0) {
            ModelPolicy::copy_out(kept.to, kept.from, kept.n);
            kept.n = 0;
        }
    }
};

/// A consumer gives its block back, and then its slot.
struct GivesTheBlockBackFirst : ModelPolicy {
    struct Kept {
        Position* block;
        std::uint64_t word;
    };
    template <class Word>
    static void store(std::atomic<Word>& word, Word value, std::memory_order order) {
        if constexpr (sizeof(Word) == 8) {
            Kept& kept = Explorer::now().scratch<Kept>();
            if (at(Place::holder, &word) && is_held(value)) {
                kept = {&word, value};
                return;
            }
            if (at(Place::slot_word, &word) && kept.block != nullptr) {
                ModelPolicy::store(*kept.block, ring::HolderWord::freed(kept.word), order);
            }
            if (at(Place::holder, &word) && std::exchange(kept.block, nullptr) != nullptr) {
                return;
            }
        }
        ModelPolicy::store(word, value, order);
    }
};

/// A consumer does not take its block into its own name.
struct MovesNoBlock : ModelPolicy {
    template <class Word>
    static void store(std::atomic<Word>& word, Word value, std::memory_order order) {
        if (!at(Place::holder, &word) || !is_held(value)) {
            ModelPolicy::store(word, value, order);
        }
    }
};

/// Recovery does not look whether a slot names the block that it gives back.
struct AsksNoSlot : ModelPolicy {
    template <class Word>
    static Word load_peer(const std::atomic<Word>& word, std::memory_order order) {
        const Word found = ModelPolicy::load_peer(word, order);
        bool& looks = Explorer::now().scratch<bool>();
        looks = looks || (at(Place::holder, &word) && is_held(found));
        return looks && at(Place::slot_word, &word) ? Word{0} : found;
    }
    template <class Word>
    static void store(std::atomic<Word>& word, Word value, std::memory_order order) {
        Explorer::now().scratch<bool>() = false;
        ModelPolicy::store(word, value, order);
    }
    template <class Word>
    static bool compare_exchange(std::atomic<Word>& word, Word& expected, Word desired,
                                 std::memory_order order) {
        Explorer::now().scratch<bool>() = false;
        return ModelPolicy::compare_exchange(word, expected, desired, order);
    }
};

/// Two producers may take the same block; slots they have by a CAS.
struct TakesBlocksWithoutCas : ModelPolicy {
    template <class Word>
    static bool compare_exchange(std::atomic<Word>& word, Word& expected, Word desired,
                                 std::memory_order order) {
        return at(Place::holder, &word)
                   ? TakesWithoutCas::compare_exchange(word, expected, desired, order)
                   : ModelPolicy::compare_exchange(word, expected, desired, order);
    }
};

/// Two producers may publish in the same slot.
struct PublishesWithoutCas : ModelPolicy {
    template <class Word>
    static bool compare_exchange(std::atomic<Word>& word, Word& expected, Word desired,
                                 std::memory_order order) {
        return at(Place::slot_word, &word) && state_of(desired) == ring::SlotState::ready
                   ? TakesWithoutCas::compare_exchange(word, expected, desired, order)
                   : ModelPolicy::compare_exchange(word, expected, desired, order);
    }
};

/// What is dropped is dropped with its block in the name of who filled it.
struct DropsWithoutTheBlock : ModelPolicy {
    template <class Word>
    static bool compare_exchange(std::atomic<Word>& word, Word& expected, Word desired,
                                 std::memory_order order) {
        const bool moves = at(Place::holder, &word) && is_held(expected) && is_held(desired);
        return moves || ModelPolicy::compare_exchange(word, expected, desired, order);
    }
};

/// A block is taken in its old version, so its word comes again.
struct CountsNoTaking : ModelPolicy {
    template <class Word>
    static bool compare_exchange(std::atomic<Word>& word, Word& expected, Word desired,
                                 std::memory_order order) {
        const bool takes = at(Place::holder, &word) && !is_held(expected) && is_held(desired);
        const auto unit = static_cast<Word>(takes ? ring::HolderWord::kVersionUnit : 0);
        return ModelPolicy::compare_exchange(word, expected, desired - unit, order);
    }
};

/// The first draft's word, which has no room for a block beside its owner: a death loses it.
struct LosesTheBlock : Puts<LosesTheBlock, ring::SlotState::taken, ring::SlotState::orphan> {
    static std::uint64_t instead(std::uint64_t, std::uint64_t desired) {
        ring::BlockWord word = ring::BlockWord::of(desired);
        word.block = word.block == 0 ? 1 : 0;
        return word.word();
    }
};

/// A slot is given back in the lap that it was of.
struct FreesABlocksOldLap : ModelPolicy {
    template <class Word>
    static void store(std::atomic<Word>& word, Word value, std::memory_order order) {
        const bool frees = at(Place::slot_word, &word) && state_of(value) == ring::SlotState::free;
        const auto lap = static_cast<Word>(std::uint64_t{1} << ring::BlockWord::kLapShift);
        ModelPolicy::store(word, value - (frees ? lap : Word{0}), order);
    }
};

}  // namespace shunt::model
