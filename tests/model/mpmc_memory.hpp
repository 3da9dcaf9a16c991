// SPDX-License-Identifier: MIT
//
// The memory of an owner-word ring (mpmc_rig.hpp) as the explorer sees it, and what may lie there
// before anybody begins.
#pragma once

#include "model/explorer.hpp"
#include "model/mpmc_case.hpp"

#include <shunt/core/bytes.hpp>
#include <shunt/core/ring/owner_word.hpp>

#include <atomic>
#include <cstdint>
#include <cstring>
#include <vector>

namespace shunt::model {

/// A ring for the case; one with blocks has some for each thread.
template <class Ring>
[[nodiscard]] Ring ring_of(const MpmcCase& c) {
    const auto threads = static_cast<std::uint64_t>(c.producers + c.consumers);
    if constexpr (Ring::Consumer::kOutOfLine) {
        return Ring{c.slots, c.first_lap, threads};
    } else {
        return Ring{c.slots, c.first_lap};
    }
}

/// What the memory of a ring holds.
template <class Rig>
void add_ring(std::vector<Region>& all, Rig& rig) {
    const auto word = [&](std::atomic<std::uint64_t>& at, Place place) {
        all.push_back({{static_cast<std::byte*>(static_cast<void*>(&at)), 8}, place});
    };
    const auto payload = [&](std::byte* slot) {
        all.push_back({{slot + Rig::Shape::kPlaceOffset, Rig::kPlaceBytes}, Place::payload});
    };
    const auto slots = rig.slots();
    for (std::uint64_t i = 0; i < rig.capacity(); ++i) {
        word(slots.word(i), Place::slot_word);
        if constexpr (!decltype(slots)::kOutOfLine) {
            payload(slots.slot(i));
        }
    }
    if constexpr (decltype(slots)::kOutOfLine) {
        for (std::uint32_t b = 0; b < slots.blocks(); ++b) {
            word(slots.holder(b), Place::holder);
            payload(slots.block(b));
        }
    }
    word(rig.words->write_hint, Place::write_hint);
    word(rig.words->read_hint, Place::read_hint);
    word(rig.words->orphan_epoch, Place::epoch);
}

template <class Rig>
[[nodiscard]] bool any_block_held(const Rig& rig) {
    if constexpr (Rig::Consumer::kOutOfLine) {
        return rig.held() != 0;
    }
    return false;
}
/// A consumer has popped a message and freed its slot, and not given the block back.
template <class Rig>
[[nodiscard]] bool has_freed(const Rig& rig, int thread) {
    if constexpr (Rig::Consumer::kOutOfLine) {
        return rig.has_block(static_cast<std::uint32_t>(thread));
    }
    return false;
}
/// try_pop_copy, where there is such a thing.
template <std::memory_order kOrder, class Consumer, class T>
[[nodiscard]] Status pop_copy(Consumer& consumer, T& message) {
    if constexpr (Consumer::kOutOfLine) {
        return Status::empty;
    } else {
        return consumer.template try_pop_copy<kOrder>(message);
    }
}

/// The first message, in the hands of so many that died of it, the last of them `dead`; recovered.
template <class T, class Rig>
void put_orphan(Rig& rig, const T& message, std::uint32_t tries, ring::SlotOwner dead) {
    typename Rig::Packed word;
    word.lap = rig.start / rig.capacity();
    word.tries = tries;
    word.owner.index = dead.index;
    word.state = ring::SlotState::orphan;
    if constexpr (decltype(rig.slots())::kOutOfLine) {
        rig.slots().holder(0).store(ring::HolderWord{1, dead, true}.word(),
                                    std::memory_order_relaxed);
    } else {
        word.owner.generation = dead.generation;
    }
    std::memcpy(rig.slots().place(0, word.word()) + Rig::Shape::kPlaceOffset, &message,
                sizeof message);
    rig.slots().word(0).store(word.word(), std::memory_order_relaxed);
    rig.words->write_hint.store(rig.start + 1, std::memory_order_relaxed);
    rig.words->read_hint.store(rig.start + 1, std::memory_order_relaxed);
    rig.words->orphan_epoch.store(1, std::memory_order_relaxed);
}

}  // namespace shunt::model
