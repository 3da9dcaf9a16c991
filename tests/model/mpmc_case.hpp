// SPDX-License-Identifier: MIT
//
// One configuration of the owner-word ring's program (mpmc_program.hpp).
#pragma once

#include <shunt/core/layout/mpmc.hpp>
#include <shunt/core/ring/mpmc_recover.hpp>

#include <cstdint>

namespace shunt::model {

struct MpmcCase {
    std::uint64_t slots = 2;
    int producers = 1;
    int consumers = 1;
    std::uint64_t messages = 2;  // of each producer
    bool peek = false;
    int copiers = 0;        // so many consumers, from the last on, pop by copy
    bool abandons = false;  // each producer gives its first claim up
    ring::on_orphan policy = ring::on_orphan::inherit;
    std::uint64_t first_lap = 0;
    std::uint64_t generations = layout::kGenerations;  // few: they come round
    bool heirs = true;        // a dead consumer has a successor; else the others have what it left
    bool sweeps = false;      // producers recover the dead too, when they find no room
    std::uint32_t tries = 0;  // of an orphan, the first producer's first message: who dies of it
    bool counted = true;      // deaths with a message in hand are (M3)
    bool watched = true;      // else only what callers see is asserted
};

}  // namespace shunt::model
