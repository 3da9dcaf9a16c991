// SPDX-License-Identifier: MIT
//
// Policies and futexes with one bug each: an access that comes too early or too late, or not at
// all. Which access that is says its place (explorer.hpp). What a policy keeps back lies in the
// thread's scratch, so it dies with the thread, as the access would.
#pragma once

#include "model/model_policy.hpp"

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace shunt::model {

using Position = std::atomic<std::uint64_t>;

[[nodiscard]] inline bool at(Place place, const void* word) {
    return Explorer::now().place_of(word) == place;
}

/// Copies that happen only after a store to `kPlace`.
struct KeptCopies {
    struct Copy {
        std::byte* to;
        std::array<std::byte, 128> bytes;
        const std::byte* from;  // null: `bytes` are what is copied
        std::size_t n;
    };
    std::array<Copy, 3> copies;
    std::size_t count;

    void in(std::byte* to, const std::byte* from, std::size_t n) {
        Copy& copy = copies[count++ % copies.size()];
        copy = {to, {}, nullptr, n};
        std::memcpy(copy.bytes.data(), from, n);
    }
    void finish() {
        for (std::size_t i = 0; i < count; ++i) {
            ModelPolicy::copy_in(copies[i].to, copies[i].bytes.data(), copies[i].n);
        }
        count = 0;
    }
};

/// The stamp (or header) is stored before the payload.
template <Place kPlace>
struct PublishesBeforeItCopies : ModelPolicy {
    static void copy_in(std::byte* to, const std::byte* from, std::size_t n) {
        Explorer::now().scratch<KeptCopies>().in(to, from, n);
    }
    template <std::size_t N>
    static void copy_in(std::byte* to, const std::byte* from) {
        copy_in(to, from, N);
    }
    template <class Word>
    static void store(std::atomic<Word>& word, Word value, std::memory_order order) {
        ModelPolicy::store(word, value, order);
        if (at(kPlace, &word) && value != 0) {
            Explorer::now().scratch<KeptCopies>().finish();
        }
    }
};

/// The place is given back before the message has been copied out.
template <Place kPlace>
struct FreesBeforeItCopies : ModelPolicy {
    struct Kept {
        std::byte* to;
        const std::byte* from;
        std::size_t n;
    };
    static void copy_out(std::byte* to, const std::byte* from, std::size_t n) {
        Explorer::now().scratch<Kept>() = {to, from, n};
    }
    template <std::size_t N>
    static void copy_out(std::byte* to, const std::byte* from) {
        copy_out(to, from, N);
    }
    template <class Word>
    static void store(std::atomic<Word>& word, Word value, std::memory_order order) {
        ModelPolicy::store(word, value, order);
        Kept& kept = Explorer::now().scratch<Kept>();
        if (at(kPlace, &word) && kept.n != 0) {
            ModelPolicy::copy_out(kept.to, kept.from, kept.n);
            kept.n = 0;
        }
    }
};

/// One store of a position, put off until finish().
struct PutsOff : ModelPolicy {
    struct Kept {
        Position* word;
        std::uint64_t value;
    };
    static void finish() {
        Kept& kept = Explorer::now().scratch<Kept>();
        if (kept.word != nullptr) {
            ModelPolicy::store(*kept.word, kept.value, std::memory_order_seq_cst);
            kept.word = nullptr;
        }
    }
};

/// The store to `kFirst` happens only after the next store to `kThen`.
template <Place kFirst, Place kThen>
struct Swaps : PutsOff {
    template <class Word>
    static void store(std::atomic<Word>& word, Word value, std::memory_order order) {
        if (at(kFirst, &word)) {
            finish();
            Explorer::now().scratch<Kept>() = {&word, value};
            return;
        }
        ModelPolicy::store(word, value, order);
        if (at(kThen, &word)) {
            finish();
        }
    }
    static void finish() {
        Kept& kept = Explorer::now().scratch<Kept>();
        if (kept.word != nullptr) {
            ModelPolicy::store(*kept.word, kept.value, std::memory_order_seq_cst);
            kept.word = nullptr;
        }
    }
};

/// A store to `kPlace` happens only before the next look at the peer's words.
template <Place kPlace>
struct StoresLate : Swaps<kPlace, kPlace> {
    template <class Word>
    static void store(std::atomic<Word>& word, Word value, std::memory_order order) {
        if (at(kPlace, &word)) {
            Swaps<kPlace, kPlace>::store(word, value, order);
        } else {
            ModelPolicy::store(word, value, order);
        }
    }
    template <class Word>
    static Word load_peer(const std::atomic<Word>& word, std::memory_order order) {
        Swaps<kPlace, kPlace>::finish();
        return ModelPolicy::load_peer(word, order);
    }
};

/// There is no store to `kPlace`.
template <Place kPlace>
struct Omits : ModelPolicy {
    template <class Word>
    static void store(std::atomic<Word>& word, Word value, std::memory_order order) {
        if (!at(kPlace, &word)) {
            ModelPolicy::store(word, value, order);
        }
    }
};

/// Of two stamps of one batch the later one is stored first.
struct StampsBackwards : PutsOff {
    template <class Word>
    static void store(std::atomic<Word>& word, Word value, std::memory_order order) {
        Kept& kept = Explorer::now().scratch<Kept>();
        if (at(Place::stamp, &word) && order != std::memory_order_seq_cst) {
            kept = {&word, value};
            return;
        }
        ModelPolicy::store(word, value, order);
        if (kept.word != nullptr) {
            ModelPolicy::store(*kept.word, kept.value, order);
            kept.word = nullptr;
        }
    }
};

/// The producer believes in one message (or line) of room that is not there.
template <std::uint64_t kToo>
struct BelievesInMoreRoom : ModelPolicy {
    template <class Word>
    static Word load_peer(const std::atomic<Word>& word, std::memory_order order) {
        const Word value = ModelPolicy::load_peer(word, order);
        return at(Place::free_pos, &word) && value != 0 ? static_cast<Word>(value + kToo) : value;
    }
};

/// Bytes ring: the header behind a frame is not cleared, or only after the frame was published.
template <bool kLate>
struct ClearsTheNextHeader : ModelPolicy {
    template <class Word>
    static void store(std::atomic<Word>& word, Word value, std::memory_order order) {
        Position*& kept = Explorer::now().scratch<Position*>();
        if (at(Place::frames, &word) && value == 0) {
            kept = &word;
            return;
        }
        ModelPolicy::store(word, value, order);
        if (kLate && at(Place::last_pos, &word) && kept != nullptr) {
            ModelPolicy::store(*kept, std::uint64_t{0}, std::memory_order_relaxed);
            kept = nullptr;
        }
    }
};

/// Bytes ring: the padding is published before the frame behind it.
struct PublishesPaddingFirst : ModelPolicy {
    struct Kept {
        Position* word;
        std::uint64_t value;
    };
    template <class Word>
    static void store(std::atomic<Word>& word, Word value, std::memory_order order) {
        Kept& kept = Explorer::now().scratch<Kept>();
        if (at(Place::frames, &word) && value != 0 && order == std::memory_order_relaxed) {
            kept = {&word, value};
            return;
        }
        ModelPolicy::store(word, value, order);
        if (kept.word != nullptr) {
            ModelPolicy::store(*kept.word, kept.value, order);
            kept.word = nullptr;
        }
    }
};

/// Bytes ring: last_pos is stored before the header that it leads to.
struct TellsLastPosFirst : ModelPolicy {
    struct Kept {
        std::array<Position*, 3> words;
        std::array<std::uint64_t, 3> values;
        std::size_t count;
    };
    template <class Word>
    static void store(std::atomic<Word>& word, Word value, std::memory_order order) {
        Kept& kept = Explorer::now().scratch<Kept>();
        if (at(Place::frames, &word) && value != 0) {
            kept.words[kept.count] = &word;
            kept.values[kept.count++] = value;
            return;
        }
        ModelPolicy::store(word, value, order);
        for (std::size_t i = 0; at(Place::last_pos, &word) && i < kept.count; ++i) {
            ModelPolicy::store(*kept.words[i], kept.values[i], order);
        }
        kept.count = at(Place::last_pos, &word) ? 0 : kept.count;
    }
};

/// As x86 does it to a publish that is only a release: the store leaves the store buffer after the
/// load of sleepers behind it.
template <Place kPublish>
struct BuffersThePublish : PutsOff {
    template <class Word>
    static void store(std::atomic<Word>& word, Word value, std::memory_order order) {
        finish();
        if (at(kPublish, &word)) {
            Explorer::now().scratch<Kept>() = {&word, value};
        } else {
            ModelPolicy::store(word, value, order);
        }
    }
    template <class Word>
    static Word load_peer(const std::atomic<Word>& word, std::memory_order order) {
        const Word value = ModelPolicy::load_peer(word, order);
        finish();
        return value;
    }
    template <class Word>
    static Word fetch_or(std::atomic<Word>& word, Word bits, std::memory_order order) {
        finish();
        return ModelPolicy::fetch_or(word, bits, order);
    }
    static void copy_in(std::byte* to, const std::byte* from, std::size_t n) {
        finish();
        ModelPolicy::copy_in(to, from, n);
    }
    template <std::size_t N>
    static void copy_in(std::byte* to, const std::byte* from) {
        copy_in(to, from, N);
    }
};

/// A sleeper that sets its bit after the look.
struct LooksBeforeItArms : ModelPolicy {
    struct Kept {
        std::atomic<std::uint32_t>* word;
        std::uint32_t bits;
    };
    template <class Word>
    static Word fetch_or(std::atomic<Word>& word, Word bits, std::memory_order) {
        Explorer::now().scratch<Kept>() = {&word, bits};
        return 0;
    }
    // The look's load, or the futex's.
    template <class Word>
    static Word load_peer(const std::atomic<Word>& word, std::memory_order order) {
        const Word value = ModelPolicy::load_peer(word, order);
        Kept& kept = Explorer::now().scratch<Kept>();
        if (kept.word != nullptr) {
            ModelPolicy::fetch_or(*kept.word, kept.bits, order);
            kept.word = nullptr;
        }
        return value;
    }
};

/// A waker that bumps before it clears the bit. In a region wake_seq lies before sleepers.
struct BumpsBeforeItClears : ModelPolicy {
    template <class Word>
    static Word fetch_or(std::atomic<Word>& word, Word bits, std::memory_order order) {
        Explorer::now().scratch<bool>() = true;  // a sleeper: its next clearing is its own
        return ModelPolicy::fetch_or(word, bits, order);
    }
    template <class Word>
    static Word fetch_and(std::atomic<Word>& word, Word bits, std::memory_order order) {
        bool& sleeper = Explorer::now().scratch<bool>();
        if (!sleeper) {
            ModelPolicy::fetch_add(*(&word - 1), Word{1}, order);
        }
        sleeper = false;
        return ModelPolicy::fetch_and(word, bits, order);
    }
    template <class Word>
    static Word fetch_add(std::atomic<Word>& word, Word, std::memory_order) {
        return word.load(std::memory_order_relaxed);
    }
};

/// A waker that does not bump at all.
struct DoesNotBump : ModelPolicy {
    template <class Word>
    static Word fetch_add(std::atomic<Word>& word, Word, std::memory_order) {
        return word.load(std::memory_order_relaxed);
    }
};

/// A wait that does not compare: as if wake_seq were read only after the look.
struct FutexThatSleepsAnyway : ModelFutex {
    static void wait(const std::atomic<std::uint32_t>& word, std::uint32_t, std::uint32_t bits,
                     std::uint64_t) {
        (void)ModelPolicy::load(word, std::memory_order_seq_cst);
        Explorer::now().sleep_on(&word, bits);
    }
};

/// "Woke nobody: next bit" dropped: every wake call counts as one that woke.
struct FutexThatCountsTheDead : ModelFutex {
    static unsigned wake_all(const std::atomic<std::uint32_t>& word, std::uint32_t bits) {
        (void)ModelFutex::wake_all(word, bits);
        return 1;
    }
};

}  // namespace shunt::model
