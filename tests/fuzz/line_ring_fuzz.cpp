// SPDX-License-Identifier: MIT
//
// Both sides of the line ring against a peer that lies in every word, by the bytes of a fuzzer.
#include "fuzz/by_input.hpp"
#include "fuzz/hostile_line.hpp"

namespace shunt::fuzz {

void one_input(std::span<const std::byte> input) {
    Choices choices{input};
    switch (choices.below(8)) {
        case 0:
            return attack<LineProducerSide<Element<8>>>(choices);
        case 1:
            return attack<LineConsumerSide<Element<8>>>(choices);
        case 2:
            return attack<LineProducerSide<Element<24>>>(choices);
        case 3:
            return attack<LineConsumerSide<Element<24>>>(choices);
        case 4:
            return attack<LineProducerSide<Element<56>>>(choices);
        case 5:
            return attack<LineConsumerSide<Element<56>>>(choices);
        case 6:
            return attack<LineProducerSide<Element<200>>>(choices);
        default:
            return attack<LineConsumerSide<Element<200>>>(choices);
    }
}

}  // namespace shunt::fuzz
