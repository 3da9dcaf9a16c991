// SPDX-License-Identifier: MIT
//
// A ring's port whose peer lies: every load of a peer's word returns another lie, and every access
// of the port is held against the memory that it may touch. World is what one port may touch and
// what was found; HostilePolicy is the rings' Policy over it. Found is what a test must not find:
// an access outside of the ring, more steps than the call has a right to, a port that forgot that
// its peer is broken.
#pragma once

#include "fuzz/world.hpp"

#include <shunt/core/bytes.hpp>
#include <shunt/core/config.hpp>
#include <shunt/core/policy.hpp>

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>

namespace shunt::fuzz {

/// The rings' Policy. One world at a time.
struct HostilePolicy : DefaultPolicy {
    static inline World* world = nullptr;

    template <class Word>
    static Word load(const std::atomic<Word>& word, std::memory_order order) noexcept {
        // Own words say what was stored there; what a predecessor left may be anything.
        return may_read(word) ? word.load(order) : Word{0};
    }
    template <class Word>
    static void store(std::atomic<Word>& word, Word value, std::memory_order order) noexcept {
        if (is_aligned(word) && world->may_write(object_bytes(word), sizeof(word))) {
            word.store(value, order);
        }
    }
    template <class Word>
    static Word load_peer(const std::atomic<Word>& word, std::memory_order order) noexcept {
        const Word truth = may_read(word) ? word.load(order) : Word{0};
        const bool honest =
            world->lies_left == 0 || World::holds(world->honest, object_bytes(word), sizeof(word));
        return honest ? truth : static_cast<Word>(world->lie(truth, object_bytes(word)));
    }
    // Between a look and the swap the peer may have put there what it showed, or something else.
    template <class Word>
    static bool compare_exchange(std::atomic<Word>& word, Word& expected, Word desired,
                                 std::memory_order order) noexcept {
        if (!is_aligned(word) || !world->may_write(object_bytes(word), sizeof(word))) {
            return false;
        }
        if (world->lies_left != 0 && world->choices.one_in(2)) {
            --world->lies_left;
            word.store(expected,
                       order == std::memory_order_seq_cst ? order : std::memory_order_release);
        }
        return word.compare_exchange_strong(expected, desired, order);
    }
    template <class Word>
    static Word fetch_add(std::atomic<Word>& word, Word value, std::memory_order order) noexcept {
        const bool may = is_aligned(word) && world->may_write(object_bytes(word), sizeof(word));
        return may ? word.fetch_add(value, order) : Word{0};
    }
    template <std::size_t N>
    static void copy_in(std::byte* to, const std::byte* from) noexcept {
        if (world->may_write(to, N)) {
            detail::copy_in<N>(to, from);
        }
    }
    template <std::size_t N>
    static void copy_out(std::byte* to, const std::byte* from) noexcept {
        if (world->may_read(from, N)) {
            detail::copy_out<N>(to, from);
        }
    }
    static void copy_in(std::byte* to, const std::byte* from, std::size_t n) noexcept {
        if (world->may_write(to, n)) {
            detail::copy_in(to, from, n);
        }
    }
    static void copy_out(std::byte* to, const std::byte* from, std::size_t n) noexcept {
        if (world->may_read(from, n)) {
            detail::copy_out(to, from, n);
        }
    }
    template <std::size_t N>
    static void copy_out_racing(std::byte* to, const std::byte* from) noexcept {
        copy_out_racing(to, from, N);
    }
    static void copy_out_racing(std::byte* to, const std::byte* from, std::size_t n) noexcept {
        if (world->may_read(from, n)) {
            detail::copy_racing(to, from, n);
        }
    }
    static void copy_in_ordered(std::byte* to, const std::byte* from, std::size_t n) noexcept {
        if (world->may_write(to, n)) {
            detail::copy_in_ordered(to, from, n);
        }
    }
    static void copy_out_ordered(std::byte* to, const std::byte* from, std::size_t n) noexcept {
        if (world->may_read(from, n)) {
            detail::copy_out_ordered(to, from, n);
        }
    }
    template <std::size_t N>
    static void copy_in_ordered(std::byte* to, const std::byte* from) noexcept {
        copy_in_ordered(to, from, N);
    }
    template <std::size_t N>
    static void copy_out_ordered(std::byte* to, const std::byte* from) noexcept {
        copy_out_ordered(to, from, N);
    }
    // The clock is nobody's lie: it goes on.
    static std::uint64_t ticks() noexcept {
        return world->clock += 1024 + world->choices.below(65536);
    }

private:
    template <class Word>
    static bool is_aligned(const std::atomic<Word>& word) {
        const std::size_t past = std::bit_cast<std::uintptr_t>(&word) % sizeof(word);
        if (past != 0) {
            world->find("a word that is not aligned");
        }
        return past == 0;
    }
    template <class Word>
    static bool may_read(const std::atomic<Word>& word) {
        return is_aligned(word) && world->may_read(object_bytes(word), sizeof(word));
    }
    template <class Word>
    static const std::byte* object_bytes(const std::atomic<Word>& word) noexcept {
        return static_cast<const std::byte*>(static_cast<const void*>(&word));
    }
};

/// One port against a lying peer. `Side` has the port and its verbs:
///   make()             the port, over memory that a predecessor left
///   verb(which, most)  does the verb of that number; says how many messages it moved
///   broken()           what the port says; position() where it stands
template <class Side>
class Attack {
public:
    explicit Attack(Choices& choices, Findings& findings)
        : world_{choices, findings}, side_{world_} {
        begin();
    }

    /// One call of one verb.
    void operate() {
        HostilePolicy::world = &world_;
        Choices& choices = world_.choices;
        if (was_broken_ ? choices.one_in(8) : choices.one_in(4096)) {
            begin();
        }
        ++world_.findings.operations;
        world_.position = side_.position();
        world_.steps = 0;
        world_.stubborn = choices.one_in(16) ? 1 + choices.below(World::kKinds) : 0;
        const std::uint64_t before = side_.position();
        const std::uint64_t asked = choices.below(40);
        const std::uint64_t which = choices.below(Side::kVerbs);
        const std::uint64_t moved = side_.verb(which, asked);
        world_.findings.moved += moved;
        if (world_.steps > Side::kStepsEach * (asked + 2)) {
            world_.find("a call of " + std::to_string(world_.steps) + " steps");
        }
        if (moved > asked) {
            world_.find("more moved than asked for");
        }
        // What was peeked at before may be released yet.
        const bool moves = side_.position() != before && which != Side::kRelease;
        if (was_broken_ && (!side_.broken() || moved != 0 || moves)) {
            world_.find("broken, and goes on");
        }
        if (!was_broken_ && side_.broken()) {
            was_broken_ = true;
            ++world_.findings.broken;
        }
    }

private:
    void begin() {
        HostilePolicy::world = &world_;
        world_.steps = 0;
        side_.make();
        ++world_.findings.ports;
        was_broken_ = side_.broken();
        if (world_.steps > side_.most_steps_to_make()) {
            world_.find("a port that takes " + std::to_string(world_.steps) + " steps to make");
        }
    }

    World world_;
    Side side_;
    bool was_broken_ = false;
};

/// Random bytes into some words of what a predecessor left.
inline void scribble(Choices& choices, std::span<std::byte> memory, std::uint64_t words) {
    for (; words != 0; --words) {
        const std::uint64_t value = choices.one_in(2)   ? choices.word()
                                    : choices.one_in(4) ? choices.below(4096) << 32
                                                        : choices.below(4096);
        const std::size_t at = choices.below(memory.size() / 8) * 8;
        std::memcpy(memory.data() + at, &value, sizeof(value));
    }
}

/// Start positions that matter: 0, near 2^32, near the limit.
[[nodiscard]] inline std::uint64_t some_start(Choices& choices, std::uint64_t step) {
    switch (choices.below(4)) {
        case 0:
            return 0;
        case 1:
            return (std::uint64_t{1} << 32) - step * choices.below(64);
        case 2:
            return kPositionLimit - step * (1 + choices.below(64));
        default:
            return step * choices.below(4096);
    }
}

}  // namespace shunt::fuzz
