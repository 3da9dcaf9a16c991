// SPDX-License-Identifier: MIT
//
// Policies of the owner-word ring with one bug each, for threads: some let another thread go first
// where the bug makes a gap, now and then.
#pragma once

#include "contest.hpp"
#include "dawdling.hpp"

#include <shunt/core/bytes.hpp>
#include <shunt/core/policy.hpp>
#include <shunt/core/ring/owner_word.hpp>

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace shunt::linear {

using ring::OwnerWord;
using ring::SlotState;
using Word = std::atomic<std::uint64_t>;
inline constexpr auto kPlace = static_cast<std::ptrdiff_t>(ring::MpmcShape<Numbered>::kPlaceOffset);

inline bool is_slot(const Word& word) {
    const auto* const words = bytes_of(*Ground::words);
    const auto* const at = bytes_of(word);
    return at < words || at >= words + sizeof(layout::MpmcWords);
}
inline std::int64_t slot_of(const Word& word) {
    return (bytes_of(word) - Ground::slots) / static_cast<std::int64_t>(Ground::kSlotBytes);
}
inline SlotState state_of(std::uint64_t word) {
    return OwnerWord::of(word).state;
}
/// A claim, a taking look, and then store.
struct LooksAndStores : DefaultPolicy {
    static bool compare_exchange(Word& word, std::uint64_t& expected, std::uint64_t desired,
                                 std::memory_order) noexcept {
        const std::uint64_t found = word.load(std::memory_order_seq_cst);
        if (found != expected) {
            expected = found;
            return false;
        }
        others_first();
        word.store(desired, std::memory_order_seq_cst);
        return true;
    }
};

/// READY before the message is there.
struct PublishesFirst : DefaultPolicy {
    inline static thread_local std::byte* to_ = nullptr;
    inline static thread_local Numbered message_{0};

    template <std::size_t N>
    static void copy_in(std::byte* to, const std::byte* from) noexcept {
        to_ = to;
        DefaultPolicy::copy_in<N>(bytes_of(message_), from);
    }
    static void store(Word& word, std::uint64_t value, std::memory_order order) noexcept {
        word.store(value, order);
        if (is_slot(word) && state_of(value) == SlotState::ready) {
            others_first();
            DefaultPolicy::copy_in<sizeof(Numbered)>(to_, bytes_of(message_));
        }
    }
};

/// FREE before the message has been copied out, and not again behind that.
struct FreesFirst : DefaultPolicy {
    template <std::size_t N>
    static void copy_out(std::byte* to, const std::byte* from) noexcept {
        Word& word = *object_at<Word>(const_cast<std::byte*>(from - kPlace));
        word.store(OwnerWord::freed(word.load(std::memory_order_acquire)),
                   std::memory_order_release);
        others_first();
        DefaultPolicy::copy_out<N>(to, from);
    }
    static void store(Word& word, std::uint64_t value, std::memory_order order) noexcept {
        if (!is_slot(word)) {
            word.store(value, order);
        }
    }
};

/// A slot whose message is being read is taken for a free one.
struct ClaimsWhatIsHeld : DefaultPolicy {
    static std::uint64_t load_peer(const Word& word, std::memory_order order) noexcept {
        const std::uint64_t found = word.load(order);
        return is_slot(word) && state_of(found) == SlotState::taken ? OwnerWord::freed(found)
                                                                    : found;
    }
    static bool compare_exchange(Word& word, std::uint64_t& expected, std::uint64_t desired,
                                 std::memory_order order) noexcept {
        std::uint64_t found =
            word.load(order == std::memory_order_acq_rel ? std::memory_order_acquire
                                                         : std::memory_order_seq_cst);
        if (state_of(found) == SlotState::taken && OwnerWord::freed(found) == expected) {
            return word.compare_exchange_strong(found, desired, order);
        }
        return word.compare_exchange_strong(expected, desired, order);
    }
};

/// A claim lets another go first.
struct ClaimsSlowly : DefaultPolicy {
    static bool compare_exchange(Word& word, std::uint64_t& expected, std::uint64_t desired,
                                 std::memory_order order) noexcept {
        const bool swapped = word.compare_exchange_strong(expected, desired, order);
        others_first();
        return swapped;
    }
};

/// A consumer takes a claim for a slot that nobody has claimed.
struct EmptyOverClaims : DefaultPolicy {
    static std::uint64_t load_peer(const Word& word, std::memory_order order) noexcept {
        const std::uint64_t found = word.load(order);
        return is_slot(word) && state_of(found) == SlotState::claimed ? found >> 24 << 24 : found;
    }
};

/// A consumer passes over a claim to the message behind it.
struct PassesOverClaims : DefaultPolicy {
    static std::uint64_t load_peer(const Word& word, std::memory_order order) noexcept {
        const std::uint64_t found = word.load(order);
        return is_slot(word) && state_of(found) == SlotState::claimed
                   ? OwnerWord::in_state(found, SlotState::taken)
                   : found;
    }
};

/// A producer finds the ring full by the consumers' hint, which may be behind.
template <std::uint64_t kSlots>
struct FullByHint : DefaultPolicy {
    static std::uint64_t load_peer(const Word& word, std::memory_order order) noexcept {
        const std::uint64_t found = word.load(order);
        if (!is_slot(word) || state_of(found) != SlotState::free) {
            return found;
        }
        const std::uint64_t hint = Ground::words->read_hint.load(std::memory_order_acquire);
        const auto laps = static_cast<std::int64_t>(((found >> 24) - hint / kSlots) << 24) >> 24;
        const std::int64_t beyond = laps * static_cast<std::int64_t>(kSlots) + slot_of(word) -
                                    static_cast<std::int64_t>(hint % kSlots);
        if (beyond < static_cast<std::int64_t>(kSlots)) {
            return found;
        }
        // Still in use from the lap before: a free word one would swap for, and fail, for ever.
        OwnerWord lie = OwnerWord::of(found - (std::uint64_t{1} << 24));
        lie.state = SlotState::taken;
        return lie.word();
    }
};

}  // namespace shunt::linear
