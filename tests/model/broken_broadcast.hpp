// SPDX-License-Identifier: MIT
//
// As broken.hpp, for the broadcast log.
#pragma once

#include "model/broadcast_rig.hpp"
#include "model/broken.hpp"

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace shunt::model {

[[nodiscard]] inline bool writing(std::uint64_t stamp) {
    return stamp % 2 == 1;
}

/// A message can be read before it is there: it is written behind the store that tells of it.
template <Place kTells = Place::stamp>
struct ReadableBeforeItIsWritten : ModelPolicy {
    static void copy_in_ordered(std::byte* to, const std::byte* from, std::size_t n) {
        Explorer::now().scratch<KeptCopies>().in(to, from, n);
    }
    template <std::size_t N>
    static void copy_in_ordered(std::byte* to, const std::byte* from) {
        copy_in_ordered(to, from, N);
    }
    template <class Word>
    static void store(std::atomic<Word>& word, Word value, std::memory_order order) {
        ModelPolicy::store(word, value, order);
        if (at(kTells, &word) && (kTells != Place::stamp || !writing(value))) {
            Explorer::now().scratch<KeptCopies>().finish();
        }
    }
};

/// A slot is written over and its old stamp stands: there is no stamp "writing".
struct WritesUnderTheOldStamp : ModelPolicy {
    template <class Word>
    static void store(std::atomic<Word>& word, Word value, std::memory_order order) {
        if (!at(Place::stamp, &word) || !writing(value)) {
            ModelPolicy::store(word, value, order);
        }
    }
};

/// The stamp "writing" leaves the store buffer behind the first word of what follows it, unless a
/// fence stands between (`kFence`), or a word's store is a release (`kOrdered`).
template <bool kFence, bool kOrdered>
struct BuffersTheFirstStamp : PutsOff {
    template <class Word>
    static void store(std::atomic<Word>& word, Word value, std::memory_order order) {
        finish();
        if (at(Place::stamp, &word) && writing(value)) {
            Explorer::now().scratch<Kept>() = {&word, value};
        } else {
            ModelPolicy::store(word, value, order);
        }
    }
    static void fence(std::memory_order) {
        if (kFence) {
            finish();
        }
    }
    static void copy_in(std::byte* to, const std::byte* from, std::size_t n) {
        const std::size_t first = std::min<std::size_t>(n, 8);
        ModelPolicy::copy_in(to, from, first);
        finish();
        ModelPolicy::copy_in(to + first, from + first, n - first);
    }
    static void copy_in_ordered(std::byte* to, const std::byte* from, std::size_t n) {
        if (kOrdered) {
            finish();
        }
        copy_in(to, from, n);
    }
    template <std::size_t N>
    static void copy_in_ordered(std::byte* to, const std::byte* from) {
        copy_in_ordered(to, from, N);
    }
};

/// The last word that a subscriber reads of a message is read behind the look at the stamp that
/// follows it, unless a fence stands between, or the word's load is an acquire.
template <bool kFence, bool kOrdered>
struct ReadsTheLastWordLate : ModelPolicy {
    struct Kept {
        std::byte* to;
        const std::byte* from;
    };
    static void finish() {
        Kept& kept = Explorer::now().scratch<Kept>();
        if (kept.to != nullptr) {
            ModelPolicy::copy_out(kept.to, kept.from, 8);
            kept.to = nullptr;
        }
    }
    template <class Word>
    static Word load_peer(const std::atomic<Word>& word, std::memory_order order) {
        const Word value = ModelPolicy::load_peer(word, order);
        finish();
        return value;
    }
    static void fence(std::memory_order) {
        if (kFence) {
            finish();
        }
    }
    static void copy_out(std::byte* to, const std::byte* from, std::size_t n) {
        finish();
        ModelPolicy::copy_out(to, from, n - 8);
        Explorer::now().scratch<Kept>() = {to + n - 8, from + n - 8};
    }
    static void copy_out_ordered(std::byte* to, const std::byte* from, std::size_t n) {
        copy_out(to, from, n);
        if (kOrdered) {
            finish();
        }
    }
    template <std::size_t N>
    static void copy_out_ordered(std::byte* to, const std::byte* from) {
        copy_out_ordered(to, from, N);
    }
};

/// A subscriber looks at the stamp once, and believes the copy.
struct LooksOnce : ModelPolicy {
    struct Seen {
        std::uint64_t stamp;
        bool copied;
    };
    template <class Word>
    static Word load_peer(const std::atomic<Word>& word, std::memory_order order) {
        Seen& seen = Explorer::now().scratch<Seen>();
        if (std::exchange(seen.copied, false)) {
            return static_cast<Word>(seen.stamp);
        }
        const Word value = ModelPolicy::load_peer(word, order);
        seen.stamp = value;
        return value;
    }
    static void copy_out_ordered(std::byte* to, const std::byte* from, std::size_t n) {
        ModelPolicy::copy_out_ordered(to, from, n);
        Explorer::now().scratch<Seen>().copied = true;
    }
    template <std::size_t N>
    static void copy_out_ordered(std::byte* to, const std::byte* from) {
        copy_out_ordered(to, from, N);
    }
};

/// The look at write_pos is as old as the one before it: nothing orders it behind the stamp.
struct RemembersTheNewest : ModelPolicy {
    struct Seen {
        std::uint64_t value;
        bool any;
    };
    template <class Word>
    static Word load_peer(const std::atomic<Word>& word, std::memory_order order) {
        Seen& seen = Explorer::now().scratch<Seen>();
        const Word value = ModelPolicy::load_peer(word, order);
        if (!at(Place::write_pos, &word)) {
            return value;
        }
        const Word old = seen.any ? static_cast<Word>(seen.value) : value;
        seen = {value, true};
        return old;
    }
};

/// What is newest is taken to be one further on than it is.
struct OvershootsTheNewest : ModelPolicy {
    template <class Word>
    static Word load_peer(const std::atomic<Word>& word, std::memory_order order) {
        const Word value = ModelPolicy::load_peer(word, order);
        return at(Place::write_pos, &word) && value != 0 ? value + 1 : value;
    }
};

/// A publisher's constructor that does not look at the slot where it goes on: what its predecessor
/// had published there, and not counted, is published again.
struct ResumesWithoutALook : ModelPolicy {
    template <class Word>
    static Word load(const std::atomic<Word>& word, std::memory_order order) {
        const Word value = ModelPolicy::load(word, order);
        return at(Place::stamp, &word) ? Word{0} : value;
    }
};

/// It looks, and goes on behind that message, and leaves write_pos as it was.
struct ResumesWithoutRepair : ModelPolicy {
    struct Made {
        bool looked;  // this life's constructor has looked at the stamp
        bool begun;   // and its first message has begun
    };
    template <class Word>
    static Word load(const std::atomic<Word>& word, std::memory_order order) {
        const Word value = ModelPolicy::load(word, order);
        Explorer::now().scratch<Made>().looked |= at(Place::stamp, &word);
        return value;
    }
    template <class Word>
    static void store(std::atomic<Word>& word, Word value, std::memory_order order) {
        Made& made = Explorer::now().scratch<Made>();
        made.begun |= at(Place::stamp, &word);
        if (!at(Place::write_pos, &word) || !made.looked || made.begun) {
            ModelPolicy::store(word, value, order);
        }
    }
};

/// write_pos is told before the message can be read.
struct CountsBeforeItIsReadable : PutsOff {
    template <class Word>
    static void store(std::atomic<Word>& word, Word value, std::memory_order order) {
        if (at(Place::stamp, &word) && !writing(value)) {
            Explorer::now().scratch<Kept>() = {&word, value};
            return;
        }
        ModelPolicy::store(word, value, order);
        if (at(Place::write_pos, &word)) {
            finish();
        }
    }
};

/// write_pos is told late, behind the stamp of the next message that is begun.
struct CountsLate : PutsOff {
    template <class Word>
    static void store(std::atomic<Word>& word, Word value, std::memory_order order) {
        if (at(Place::write_pos, &word)) {
            Explorer::now().scratch<Kept>() = {&word, value};
            return;
        }
        ModelPolicy::store(word, value, order);
        finish();
    }
};

/// Byte messages: the length is told behind the stamp, or behind write_pos.
template <Place kTells = Place::stamp>
struct TellsTheLengthLate : PutsOff {
    template <class Word>
    static void store(std::atomic<Word>& word, Word value, std::memory_order order) {
        if (at(Place::frames, &word)) {
            Explorer::now().scratch<Kept>() = {&word, value};
            return;
        }
        ModelPolicy::store(word, value, order);
        if (at(kTells, &word)) {
            finish();
        }
    }
};

/// Byte messages: the length is told before the stamp "writing".
struct TellsTheLengthEarly : ModelPolicy {
    template <class Word>
    static void store(std::atomic<Word>& word, Word value, std::memory_order order) {
        if constexpr (sizeof(Word) == 8) {
            if (at(Place::stamp, &word) && writing(value)) {
                const auto length = head_of(test::message<Whole>((value - 1) / 2));
                ModelPolicy::store(*(&word - 1), static_cast<Word>(length), order);
            }
        }
        ModelPolicy::store(word, value, order);
    }
};

/// As x86 does it to a publish that is only a release: stamp and write_pos leave the store buffer
/// behind the load of sleepers.
struct BuffersTheMessage : ModelPolicy {
    struct Kept {
        std::array<Position*, 2> words;
        std::array<std::uint64_t, 2> values;
        std::size_t count;
    };
    static void finish() {
        Kept& kept = Explorer::now().scratch<Kept>();
        for (std::size_t i = 0; i < kept.count; ++i) {
            ModelPolicy::store(*kept.words[i], kept.values[i], std::memory_order_seq_cst);
        }
        kept.count = 0;
    }
    template <class Word>
    static void store(std::atomic<Word>& word, Word value, std::memory_order order) {
        if (at(Place::write_pos, &word) || (at(Place::stamp, &word) && !writing(value))) {
            Kept& kept = Explorer::now().scratch<Kept>();
            kept.words[kept.count] = &word;
            kept.values[kept.count++] = value;
            return;
        }
        finish();
        ModelPolicy::store(word, value, order);
    }
    template <class Word>
    static Word load_peer(const std::atomic<Word>& word, std::memory_order order) {
        const Word value = ModelPolicy::load_peer(word, order);
        finish();
        return value;
    }
};

}  // namespace shunt::model
