// SPDX-License-Identifier: MIT
//
// Both sides of the bytes ring against a peer that lies in every word, by the bytes of a fuzzer.
#include "fuzz/by_input.hpp"
#include "fuzz/hostile_bytes.hpp"

namespace shunt::fuzz {

void one_input(std::span<const std::byte> input) {
    Choices choices{input};
    if (choices.one_in(2)) {
        attack<BytesProducerSide>(choices);
    } else {
        attack<BytesConsumerSide>(choices);
    }
}

}  // namespace shunt::fuzz
