// SPDX-License-Identifier: MIT
//
// As broken.hpp, for the owner-word ring.
#pragma once

#include "model/broken.hpp"

#include <shunt/core/ring/owner_word.hpp>

#include <atomic>
#include <cstdint>
#include <utility>

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

/// Hints of one side are one position beyond the truth.
template <Place kHint>
struct HintsTooFar : ModelPolicy {
    template <class Word>
    static void store(std::atomic<Word>& word, Word value, std::memory_order order) {
        ModelPolicy::store(word, value + (at(kHint, &word) ? 1 : 0), order);
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

[[nodiscard]] inline ring::SlotState state_of(std::uint64_t word) {
    return ring::OwnerWord::of(word).state;
}

/// CASes of slot words from state `kFrom` to `kTo` put `Broken::instead(found, desired)` there.
template <class Broken, ring::SlotState kFrom, ring::SlotState kTo>
struct Puts : ModelPolicy {
    template <class Word>
    static bool compare_exchange(std::atomic<Word>& word, Word& expected, Word desired,
                                 std::memory_order order) {
        if constexpr (sizeof(Word) == 8) {
            if (at(Place::slot_word, &word) && state_of(expected) == kFrom &&
                state_of(desired) == kTo) {
                desired = Broken::instead(expected, desired);
            }
        }
        return ModelPolicy::compare_exchange(word, expected, desired, order);
    }
};

/// What a dead consumer had taken is dropped, whatever the policy.
struct DropsUntold : Puts<DropsUntold, ring::SlotState::taken, ring::SlotState::orphan> {
    static std::uint64_t instead(std::uint64_t found, std::uint64_t) {
        return ring::OwnerWord::freed(found);
    }
};

/// What a dead producer had claimed is free again, and no gap.
struct FreesClaims : Puts<FreesClaims, ring::SlotState::claimed, ring::SlotState::voided> {
    static std::uint64_t instead(std::uint64_t found, std::uint64_t) {
        return ring::OwnerWord::freed(found);
    }
};

/// An heir does not count the death.
struct InheritsUncounted
    : Puts<InheritsUncounted, ring::SlotState::orphan, ring::SlotState::taken> {
    static std::uint64_t instead(std::uint64_t, std::uint64_t desired) {
        return desired - ring::OwnerWord::kTryUnit;
    }
};

/// The first draft: a flag says that somebody died with it, and nothing how often.
struct FlagsWithoutCounting
    : Puts<FlagsWithoutCounting, ring::SlotState::orphan, ring::SlotState::taken> {
    static std::uint64_t instead(std::uint64_t, std::uint64_t desired) {
        return (desired & ~ring::OwnerWord::kTriesMask) | ring::OwnerWord::kTryUnit;
    }
};

/// The first draft: who makes an orphan sets a flag, and the first reader of it clears it.
struct OrphanFlag : ModelPolicy {
    struct Kept {
        std::uint64_t times;  // that it cleared it
        bool makes;
    };
    template <class Word>
    static Word load_peer(const std::atomic<Word>& word, std::memory_order order) {
        const Word flag = ModelPolicy::load_peer(word, order);
        if (!at(Place::epoch, &word)) {
            return flag;
        }
        std::uint64_t& times = Explorer::now().scratch<Kept>().times;
        if (flag != 0) {
            ModelPolicy::store(Explorer::now().word_of(Place::epoch), std::uint64_t{0},
                               std::memory_order_seq_cst);
            ++times;
        }
        return static_cast<Word>(~times);  // what a new consumer has seen, as long as it is 0
    }
    template <class Word>
    static Word fetch_add(std::atomic<Word>& word, Word value, std::memory_order order) {
        if (!at(Place::epoch, &word)) {
            return ModelPolicy::fetch_add(word, value, order);
        }
        if (std::exchange(Explorer::now().scratch<Kept>().makes, false)) {
            ModelPolicy::store(word, Word{1}, std::memory_order_seq_cst);
        }
        return 0;
    }
    template <class Word>
    static bool compare_exchange(std::atomic<Word>& word, Word& expected, Word desired,
                                 std::memory_order order) {
        const bool swapped = ModelPolicy::compare_exchange(word, expected, desired, order);
        Explorer::now().scratch<Kept>().makes |=
            swapped && at(Place::slot_word, &word) && state_of(desired) == ring::SlotState::orphan;
        return swapped;
    }
};

/// A consumer has seen an epoch as soon as it has found one of its orphans.
template <std::uint32_t kSlots>
struct SeesAfterTheFirst : ModelPolicy {
    struct Kept {
        std::uint64_t noted;  // as of here, one more than the epoch
        std::uint64_t seen;   // what the ring believes it has seen, inverted: at first nothing
        std::uint32_t words;  // looked at since
        bool looks;
    };
    template <class Word>
    static Word load_peer(const std::atomic<Word>& word, std::memory_order order) {
        const Word epoch = ModelPolicy::load_peer(word, order);
        Kept& kept = Explorer::now().scratch<Kept>();
        if (!at(Place::epoch, &word)) {
            kept.words += at(Place::slot_word, &word) ? 1u : 0u;
            return epoch;
        }
        kept.seen = kept.looks && kept.words >= kSlots ? ~(kept.noted - 1) : kept.seen;
        kept.looks = (kept.looks && kept.words < kSlots) || kept.noted != std::uint64_t{epoch} + 1;
        kept.noted = std::uint64_t{epoch} + 1;
        kept.words = 0;
        return kept.looks ? epoch : static_cast<Word>(~kept.seen);
    }
    template <class Word>
    static bool compare_exchange(std::atomic<Word>& word, Word& expected, Word desired,
                                 std::memory_order order) {
        const bool inherits =
            at(Place::slot_word, &word) && state_of(expected) == ring::SlotState::orphan;
        const bool swapped = ModelPolicy::compare_exchange(word, expected, desired, order);
        Kept& kept = Explorer::now().scratch<Kept>();
        kept.looks = kept.looks && !(inherits && swapped);
        return swapped;
    }
};

/// Recovery tells of orphans before it makes them.
struct TellsOfOrphansFirst : ModelPolicy {
    template <class Word>
    static bool compare_exchange(std::atomic<Word>& word, Word& expected, Word desired,
                                 std::memory_order order) {
        if (at(Place::slot_word, &word) && state_of(desired) == ring::SlotState::orphan) {
            Explorer::now().scratch<bool>() = true;
            ModelPolicy::fetch_add(Explorer::now().word_of(Place::epoch), std::uint64_t{1}, order);
        }
        return ModelPolicy::compare_exchange(word, expected, desired, order);
    }
    template <class Word>
    static Word fetch_add(std::atomic<Word>& word, Word value, std::memory_order order) {
        if (at(Place::epoch, &word) && std::exchange(Explorer::now().scratch<bool>(), false)) {
            return 0;
        }
        return ModelPolicy::fetch_add(word, value, order);
    }
};

/// Two consumers that go over the same gap both tell of it.
struct GapsWithoutCas : ModelPolicy {
    template <class Word>
    static bool compare_exchange(std::atomic<Word>& word, Word& expected, Word desired,
                                 std::memory_order order) {
        const bool gap =
            at(Place::slot_word, &word) && state_of(expected) == ring::SlotState::voided;
        return ModelPolicy::compare_exchange(word, expected, desired, order) || gap;
    }
};

/// A claim that is given up is free again in its lap, as if nobody had gone beyond it.
struct AbandonsToFree : ModelPolicy {
    template <class Word>
    static void store(std::atomic<Word>& word, Word value, std::memory_order order) {
        const bool gives_up =
            at(Place::slot_word, &word) && state_of(value) == ring::SlotState::voided;
        ModelPolicy::store(word, gives_up ? Word{value >> 24 << 24} : value, order);
    }
};

/// A consumer takes a claim for a slot that nobody has claimed. Producers are threads before it.
template <int kFirstConsumer>
struct EmptyOverClaims : ModelPolicy {
    template <class Word>
    static Word load_peer(const std::atomic<Word>& word, std::memory_order order) {
        const Word found = ModelPolicy::load_peer(word, order);
        const bool claim = Explorer::now().thread() >= kFirstConsumer &&
                           at(Place::slot_word, &word) &&
                           state_of(found) == ring::SlotState::claimed;
        return claim ? static_cast<Word>(std::uint64_t{found} >> 24 << 24) : found;
    }
};

/// A producer finds the ring full by the consumers' hint, which may be behind.
template <int kFirstConsumer, std::uint64_t kSlots, std::uint64_t kSlotBytes>
struct FullByHint : ModelPolicy {
    template <class Word>
    static Word load_peer(const std::atomic<Word>& word, std::memory_order order) {
        const Word found = ModelPolicy::load_peer(word, order);
        if (Explorer::now().thread() >= kFirstConsumer || !at(Place::slot_word, &word) ||
            state_of(found) != ring::SlotState::free) {
            return found;
        }
        const std::uint64_t hint =
            ModelPolicy::load_peer(Explorer::now().word_of(Place::read_hint), order);
        const auto* const first = bytes_of(Explorer::now().word_of(Place::slot_word));
        const auto slot = static_cast<std::uint64_t>(bytes_of(word) - first) / kSlotBytes;
        const bool full = (std::uint64_t{found} >> 24) * kSlots + slot >= hint + kSlots;
        return full ? static_cast<Word>(found - (std::uint64_t{1} << 24)) : found;
    }
};

/// As x86 does it to a publish or a release that is not seq_cst; a CAS empties the store buffer.
struct BuffersTheWord : BuffersThePublish<Place::slot_word> {
    template <class Word>
    static bool compare_exchange(std::atomic<Word>& word, Word& expected, Word desired,
                                 std::memory_order order) {
        finish();
        return ModelPolicy::compare_exchange(word, expected, desired, order);
    }
};

/// As LooksBeforeItArms, whose look is at the hints alone: this one's is at a slot.
struct LooksAtASlotBeforeItArms : ModelPolicy {
    struct Kept {
        std::atomic<std::uint32_t>* word;
        std::uint32_t bits;
    };
    template <class Word>
    static Word fetch_or(std::atomic<Word>& word, Word bits, std::memory_order) {
        Explorer::now().scratch<Kept>() = {&word, bits};
        return 0;
    }
    template <class Word>
    static Word fetch_and(std::atomic<Word>& word, Word bits, std::memory_order order) {
        Explorer::now().scratch<Kept>().word = nullptr;
        return ModelPolicy::fetch_and(word, bits, order);
    }
    template <class Word>
    static Word load_peer(const std::atomic<Word>& word, std::memory_order order) {
        const Word found = ModelPolicy::load_peer(word, order);
        Kept& kept = Explorer::now().scratch<Kept>();
        if (at(Place::slot_word, &word) && kept.word != nullptr) {
            ModelPolicy::fetch_or(*std::exchange(kept.word, nullptr), kept.bits, order);
        }
        return found;
    }
};

/// Who frees a slot does not look whether another has gone beyond it.
struct FreesWithoutALookBeyond : ModelPolicy {
    template <class Word>
    static void store(std::atomic<Word>& word, Word value, std::memory_order order) {
        ModelPolicy::store(word, value, order);
        Explorer::now().scratch<bool>() =
            at(Place::slot_word, &word) && state_of(value) == ring::SlotState::free;
    }
    template <class Word>
    static Word load_peer(const std::atomic<Word>& word, std::memory_order order) {
        const bool freed = std::exchange(Explorer::now().scratch<bool>(), false);
        const Word found = ModelPolicy::load_peer(word, order);
        return freed && at(Place::slot_word, &word) ? Word{0} : found;
    }
};

}  // namespace shunt::model
