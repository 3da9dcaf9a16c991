// SPDX-License-Identifier: MIT
//
// Both sides of the bytes ring against a peer that lies in every word, by the bytes of a fuzzer.
#include "fuzz/fuzz.hpp"
#include "fuzz/hostile_bytes.hpp"

namespace shunt::fuzz {
namespace {

template <class Side>
void attack(Choices& choices) {
    Findings findings;
    Attack<Side> attack{choices, findings};
    while (!choices.exhausted()) {
        attack.operate();
        require(findings.found == 0, findings.first.c_str());
    }
}

}  // namespace

void one_input(std::span<const std::byte> input) {
    Choices choices{input};
    if (choices.one_in(2)) {
        attack<BytesProducerSide>(choices);
    } else {
        attack<BytesConsumerSide>(choices);
    }
}

}  // namespace shunt::fuzz
