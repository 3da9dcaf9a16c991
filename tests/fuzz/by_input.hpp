// SPDX-License-Identifier: MIT
//
// One side of a ring against a peer that lies in every word, by the bytes of a fuzzer.
#pragma once

#include "fuzz/fuzz.hpp"
#include "fuzz/hostile.hpp"

namespace shunt::fuzz {

template <class Side>
void attack(Choices& choices) {
    Findings findings;
    Attack<Side> attack{choices, findings};
    while (!choices.exhausted()) {
        attack.operate();
        require(findings.found == 0, findings.first.c_str());
    }
}

}  // namespace shunt::fuzz
