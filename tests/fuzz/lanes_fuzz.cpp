// SPDX-License-Identifier: MIT
//
// The consumer of lanes, one of whose producers lies in every word, by the bytes of a fuzzer.
#include "fuzz/by_input.hpp"
#include "fuzz/hostile_lanes.hpp"

namespace shunt::fuzz {

void one_input(std::span<const std::byte> input) {
    Choices choices{input};
    switch (choices.below(4)) {
        case 0:
            return attack<LanesConsumerSide<Element<8>>>(choices);
        case 1:
            return attack<LanesConsumerSide<Element<24>>>(choices);
        case 2:
            return attack<LanesConsumerSide<Element<56>>>(choices);
        default:
            return attack<LanesConsumerSide<Element<200>>>(choices);
    }
}

}  // namespace shunt::fuzz
