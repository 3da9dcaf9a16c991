// SPDX-License-Identifier: MIT
//
// The memory of an owner-word ring (mpmc_rig.hpp) as the explorer sees it, and what may lie there
// before anybody begins.
#pragma once

#include "model/explorer.hpp"

#include <shunt/core/bytes.hpp>
#include <shunt/core/ring/owner_word.hpp>

#include <atomic>
#include <cstdint>
#include <cstring>
#include <vector>

namespace shunt::model {

/// What the memory of a ring holds.
template <class Rig>
void add_ring(std::vector<Region>& all, Rig& rig) {
    const auto word = [&](std::atomic<std::uint64_t>& at, Place place) {
        all.push_back({{static_cast<std::byte*>(static_cast<void*>(&at)), 8}, place});
    };
    for (std::uint64_t i = 0; i < rig.capacity(); ++i) {
        word(rig.slots().word(i), Place::slot_word);
        all.push_back(
            {{rig.slots().slot(i) + Rig::Shape::kPlaceOffset, Rig::kPlaceBytes}, Place::payload});
    }
    word(rig.words->write_hint, Place::write_hint);
    word(rig.words->read_hint, Place::read_hint);
    word(rig.words->orphan_epoch, Place::epoch);
}

/// The first message, in the hands of so many that died of it, the last of them `dead`; recovered.
template <class T, class Rig>
void put_orphan(Rig& rig, const T& message, std::uint32_t tries, ring::SlotOwner dead) {
    std::memcpy(rig.slots().slot(0) + Rig::Shape::kPlaceOffset, &message, sizeof message);
    const ring::OwnerWord word{rig.start / rig.capacity(), tries, dead, ring::SlotState::orphan};
    rig.slots().word(0).store(word.word(), std::memory_order_relaxed);
    rig.words->write_hint.store(rig.start + 1, std::memory_order_relaxed);
    rig.words->read_hint.store(rig.start + 1, std::memory_order_relaxed);
    rig.words->orphan_epoch.store(1, std::memory_order_relaxed);
}

}  // namespace shunt::model
