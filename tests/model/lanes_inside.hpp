// SPDX-License-Identifier: MIT
//
// What the merge of lanes goes by, written down: it keeps its lanes in vectors, so its own bytes do
// not say it. And its turns, so short that a few messages see every one of them end.
#pragma once

#include "unit/core/line_rig.hpp"

#include <shunt/core/ring/mpsc.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <new>
#include <span>
#include <vector>

namespace shunt::model {

/// Fills what will be the frames of later calls.
[[gnu::noinline]] inline void scribble_below(int with) {
    std::byte below[4096];
    std::memset(below, with, sizeof below);
    asm volatile("" : : "r"(+below) : "memory");
}
template <class T, class Make>
[[gnu::noinline]] void make_at(std::byte* at, Make& make) {
    new (at) T(make());
}

/// Which bytes of a T are values: those that are the same whatever lay there before it was made,
/// and where what it is a copy of was.
template <class T, class Make>
[[nodiscard]] std::array<std::byte, sizeof(T)> values_of(Make&& make) {
    alignas(T) std::byte made[2][sizeof(T)];
    for (const int i : {0, 1}) {
        std::byte* at = made[i];
        std::memset(at, -i, sizeof(T));
        asm volatile("" : "+r"(at) : : "memory");  // what lay there is no dead store
        scribble_below(-i);
        make_at<T>(at, make);
        asm volatile("" : : "r"(at) : "memory");
    }
    std::array<std::byte, sizeof(T)> values;
    for (std::size_t i = 0; i < sizeof(T); ++i) {
        values[i] = made[0][i] == made[1][i] ? std::byte{0xFF} : std::byte{0};
    }
    return values;
}

/// Those of the ring of a lane.
template <class T, class P>
using RingValues = std::array<std::byte, sizeof(ring::SpscConsumer<T, P>)>;
template <class T, class P>
[[nodiscard]] RingValues<T, P> ring_values() {
    using Alike = ring::SpscConsumer<T, DefaultPolicy>;
    static_assert(sizeof(Alike) == sizeof(ring::SpscConsumer<T, P>));
    test::LineRig<T, test::ArrayPages> lane{1};
    return values_of<Alike>([&] { return lane.consumer(); });
}

/// What a dead thread leaves, which has memory of its own. It lies in the program, so that this can
/// be given back where the thread died, or its run ended, at any access of a constructor or a call:
/// its vectors are whole at each.
template <class T>
class Left {
public:
    template <class Make>
    void make(Make&& make) {
        discard();
        new (bytes_) T(make());
    }
    void discard() {
        it()->~T();
        std::memset(bytes_, 0, sizeof bytes_);  // vectors without memory
    }
    T* operator->() { return it(); }

private:
    T* it() {
        void* const at = bytes_;
        return std::launder(static_cast<T*>(at));
    }
    alignas(T) std::byte bytes_[sizeof(T)]{};
};

/// A merge's state, as far as what it does next depends on it.
class Written {
public:
    [[nodiscard]] std::span<const std::byte> bytes() const { return {bytes_.data(), size_}; }
    void add(std::uint64_t value) { add({static_cast<const std::byte*>(address(&value)), 8}); }
    void add(std::span<const std::byte> what, std::span<const std::byte> values = {}) {
        for (std::size_t i = 0; i < what.size(); ++i) {
            bytes_.at(size_++) = values.empty() ? what[i] : what[i] & values[i];
        }
    }

private:
    static const void* address(const void* at) { return at; }

    std::array<std::byte, 1024> bytes_;
    std::size_t size_ = 0;
};

/// Turns of `Turn` messages. A friend of the merge.
template <std::uint64_t Turn>
struct TurnsOf {
    static constexpr std::uint64_t kTurn = Turn;
    static constexpr std::uint32_t kQuietLooks = 1;
    static constexpr int kIdleLooks = 1;
    static constexpr std::uint32_t kRoundsPerLook = 2;

    template <class Merge>
    static void write_down(const Merge& merge, std::span<const std::byte> values, Written& to) {
        to.add(merge.current_->index);
        const std::uint64_t at = merge.current_->ring.read_position();
        to.add((std::max(merge.turn_end_, at) - at) << 32 | merge.rounds_);
        to.add(merge.due_);
        to.add(merge.at_ << 32 | merge.idle_at_);
        for (const auto* const list : {&merge.active_, &merge.idle_}) {
            to.add(list->size());
            for (const auto* const lane : *list) {
                to.add(lane->index);
            }
        }
        for (const auto& lane : merge.lanes_) {
            const void* const ring = &lane.ring;
            to.add({static_cast<const std::byte*>(ring), sizeof lane.ring}, values);
            to.add(lane.freed_told << 1 | (lane.quiet >= kQuietLooks ? 1u : 0u));
        }
    }

    // For seeded bugs.

    /// Lanes that had messages and are idle are in no list any more.
    template <class Merge>
    static void forget_the_retired(Merge& merge) {
        std::erase_if(merge.idle_, [](const auto* lane) { return lane->quiet > kQuietLooks; });
    }
    /// What is in hand keeps no turn.
    template <class Merge>
    static void forget_the_hand(Merge& merge) {
        merge.turn_end_ = 0;
    }
};

}  // namespace shunt::model
