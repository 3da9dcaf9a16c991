// SPDX-License-Identifier: MIT
//
// Ports of small messages with one bug each, put into the library's own rings through their Policy:
// so that it is seen that the stepper finds such a bug. What a policy keeps back dies with its
// process, as the access would.
#pragma once

#include "process/support/wares.hpp"

#include <shunt/channel/participant.hpp>
#include <shunt/channel/port.hpp>
#include <shunt/channel/registry.hpp>
#include <shunt/core/ring/spsc.hpp>
#include <shunt/lane/request.hpp>

#include <array>
#include <cstring>
#include <span>
#include <string_view>

namespace shunt::stepper {

using process_test::Small;

/// The payload is copied in only after the stamp was stored.
struct StampBeforePayload : DefaultPolicy {
    struct Copy {
        std::byte* to;
        std::array<std::byte, sizeof(Small)> bytes;
    };
    inline static std::array<Copy, 8> kept;
    inline static std::size_t count = 0;

    template <std::size_t N>
    static void copy_in(std::byte* to, const std::byte* from) noexcept {
        Copy& copy = kept[count++];
        copy.to = to;
        std::memcpy(copy.bytes.data(), from, N);
    }
    template <class Word>
    static void store(std::atomic<Word>& word, Word value, std::memory_order order) noexcept {
        DefaultPolicy::store(word, value, order);
        for (; count != 0; --count) {
            DefaultPolicy::copy_in<sizeof(Small)>(kept[count - 1].to, kept[count - 1].bytes.data());
        }
    }
};

/// Policies of a consumer know its words.
struct KnowsItsWords : DefaultPolicy {
    inline static layout::ConsumerWords* words = nullptr;

    static bool is(const void* word, const std::atomic<std::uint64_t>& which) noexcept {
        return word == &which;
    }
};

/// read_pos is stored only when the next message is looked for.
struct ReadPosLate : KnowsItsWords {
    inline static std::uint64_t kept = 0;

    template <class Word>
    static void store(std::atomic<Word>& word, Word value, std::memory_order order) noexcept {
        if (is(&word, words->read_pos)) {
            kept = value;
        } else {
            DefaultPolicy::store(word, value, order);
        }
    }
    template <class Word>
    static Word load_peer(const std::atomic<Word>& word, std::memory_order order) noexcept {
        if (kept != 0) {
            DefaultPolicy::store(words->read_pos, kept, std::memory_order_release);
        }
        return DefaultPolicy::load_peer(word, order);
    }
};

/// The place is given back before the message was copied out of it.
struct FreeBeforeCopy : KnowsItsWords {
    struct Copy {
        std::byte* to;
        const std::byte* from;
    };
    inline static Copy kept{};

    template <std::size_t N>
    static void copy_out(std::byte* to, const std::byte* from) noexcept {
        kept = {to, from};
    }
    template <class Word>
    static void store(std::atomic<Word>& word, Word value, std::memory_order order) noexcept {
        DefaultPolicy::store(word, value, order);
        if (is(&word, words->read_pos)) {
            DefaultPolicy::store(words->free_pos, value, std::memory_order_seq_cst);
            DefaultPolicy::copy_out<sizeof(Small)>(kept.to, kept.from);
        }
    }
};

/// A look in place is not noted, so nobody can flag what comes again.
struct PeekNotNoted : KnowsItsWords {
    template <class Word>
    static void store(std::atomic<Word>& word, Word value, std::memory_order order) noexcept {
        if (!is(&word, words->peek_pos)) {
            DefaultPolicy::store(word, value, order);
        }
    }
};

/// The library's ring with such a policy on a participant of its own. Wakes nobody.
template <class P>
class BuggyOut {
public:
    BuggyOut(std::string_view name, const Options& options)
        : place_{lane::fixed_request<Small>(layout::Kind::spsc, name, layout::Role::producer,
                                            options)},
          ring_{place_.region(layout::RegionId::slots), place_.header().capacity,
                lane::consumer_words(place_, 0), place_.header().start_pos} {}

    [[nodiscard]] Status try_push(const Small& message) noexcept { return ring_.try_push(message); }
    Status push_until(const Small& message, channel::Deadline) noexcept {
        return try_push(message);
    }
    [[nodiscard]] std::size_t try_push_n(std::span<const Small> messages) noexcept {
        return ring_.try_push_n(messages);
    }
    [[nodiscard]] Small* try_claim() noexcept { return ring_.try_claim(); }
    void publish() noexcept { ring_.publish(); }
    void abandon() noexcept { ring_.abandon(); }
    [[nodiscard]] std::uint64_t position() const noexcept { return ring_.position(); }
    [[nodiscard]] std::uint64_t capacity() const noexcept { return ring_.capacity(); }
    void close() noexcept { place_.close(); }
    [[nodiscard]] const channel::Participant& participant() const noexcept { return place_; }

private:
    channel::Participant place_;
    ring::SpscProducer<Small, P> ring_;
};

template <class P>
class BuggyIn {
public:
    BuggyIn(std::string_view name, const Options& options)
        : place_{lane::fixed_request<Small>(layout::Kind::spsc, name, layout::Role::consumer,
                                            options)},
          ring_{place_.region(layout::RegionId::slots), place_.header().capacity, words(place_),
                place_.header().start_pos, false} {}

    [[nodiscard]] Status try_pop(Small& message) noexcept { return ring_.try_pop(message); }
    Status pop_until(Small& message, channel::Deadline) noexcept {
        const Status status = try_pop(message);
        const bool closed = channel::last_closed(place_.control(), layout::Role::producer) != 0;
        return status == Status::empty && closed && !ring_.readable() ? Status::closed : status;
    }
    [[nodiscard]] std::size_t try_pop_n(std::span<Small> messages) noexcept {
        return ring_.try_pop_n(messages);
    }
    [[nodiscard]] const Small* try_peek() noexcept { return ring_.try_peek(); }
    void release() noexcept { ring_.release(); }
    template <class Visit>
    std::size_t drain(Visit&& visit, std::size_t max) {
        return ring_.drain(visit, max);
    }
    [[nodiscard]] bool redelivered() const noexcept { return ring_.redelivered(); }
    void close() noexcept { place_.close(); }
    [[nodiscard]] const channel::Participant& participant() const noexcept { return place_; }

private:
    static layout::ConsumerWords& words(const channel::Participant& place) noexcept {
        KnowsItsWords::words = &lane::consumer_words(place, 0);
        return *KnowsItsWords::words;
    }

    channel::Participant place_;
    ring::SpscConsumer<Small, P> ring_;
};

}  // namespace shunt::stepper
