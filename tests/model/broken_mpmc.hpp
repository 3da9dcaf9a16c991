// SPDX-License-Identifier: MIT
//
// As broken.hpp, for the owner-word ring.
#pragma once

#include "model/broken.hpp"

namespace shunt::model {

/// A claim and a taking look, and then store: two may have the same.
struct TakesWithoutCas : ModelPolicy {
    template <class Word>
    static bool compare_exchange(std::atomic<Word>& word, Word& expected, Word desired,
                                 std::memory_order) {
        const Word found = ModelPolicy::load(word, std::memory_order_acquire);
        if (found != expected) {
            expected = found;
            return false;
        }
        ModelPolicy::store(word, desired, std::memory_order_seq_cst);
        return true;
    }
};

/// A pop by copy copies behind the CAS that frees the slot.
struct CopiesBehindTheCas : FreesBeforeItCopies<Place::slot_word> {
    static void copy_out_racing(std::byte* to, const std::byte* from, std::size_t n) {
        copy_out(to, from, n);
    }
    template <std::size_t N>
    static void copy_out_racing(std::byte* to, const std::byte* from) {
        copy_out(to, from, N);
    }
    template <class Word>
    static bool compare_exchange(std::atomic<Word>& word, Word& expected, Word desired,
                                 std::memory_order order) {
        const bool swapped = ModelPolicy::compare_exchange(word, expected, desired, order);
        Kept& kept = Explorer::now().scratch<Kept>();
        if (swapped && kept.n != 0) {
            ModelPolicy::copy_out(kept.to, kept.from, kept.n);
        }
        kept.n = 0;
        return swapped;
    }
};

/// A pop by copy delivers what it copied, whoever freed the slot.
struct BelievesEveryCopy : ModelPolicy {
    template <class Word>
    static bool compare_exchange(std::atomic<Word>& word, Word& expected, Word desired,
                                 std::memory_order order) {
        const bool swapped = ModelPolicy::compare_exchange(word, expected, desired, order);
        return swapped || (at(Place::slot_word, &word) && (desired & 7) == 0);
    }
};

/// Producers' hints are one position beyond the truth.
struct HintsTooFar : ModelPolicy {
    template <class Word>
    static void store(std::atomic<Word>& word, Word value, std::memory_order order) {
        ModelPolicy::store(word, value + (at(Place::write_hint, &word) ? 1 : 0), order);
    }
};

/// A slot is given back in the lap that it was of.
struct FreesTheOldLap : ModelPolicy {
    template <class Word>
    static void store(std::atomic<Word>& word, Word value, std::memory_order order) {
        const bool frees = at(Place::slot_word, &word) && (value & 7) == 0;
        ModelPolicy::store(word, value - (frees ? Word{1} << 24 : 0), order);
    }
};

/// What a dead consumer had taken is made READY again, behind read_hint.
struct PutsOrphansBack : ModelPolicy {
    template <class Word>
    static bool compare_exchange(std::atomic<Word>& word, Word& expected, Word desired,
                                 std::memory_order order) {
        const bool orphan = at(Place::slot_word, &word) && (desired & 7) == 5;
        return ModelPolicy::compare_exchange(word, expected, orphan ? desired - 3 : desired, order);
    }
};

/// Nobody is told of orphans.
struct TellsOfNoOrphan : ModelPolicy {
    template <class Word>
    static Word fetch_add(std::atomic<Word>& word, Word value, std::memory_order order) {
        return ModelPolicy::fetch_add(word, at(Place::epoch, &word) ? Word{0} : value, order);
    }
};

}  // namespace shunt::model
