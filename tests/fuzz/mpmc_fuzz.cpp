// SPDX-License-Identifier: MIT
//
// Both sides of the owner-word ring, and recovery, among others that lie in every word, by the
// bytes of a fuzzer.
#include "fuzz/by_input.hpp"
#include "fuzz/hostile_crowd_bytes.hpp"

namespace shunt::fuzz {

void one_input(std::span<const std::byte> input) {
    Choices choices{input};
    switch (choices.below(4)) {
        case 0:
            return attack<CrowdSide<CrowdOf<Element<8>>>>(choices);
        case 1:
            return attack<CrowdSide<CrowdOf<Element<56>>>>(choices);
        case 2:
            return attack<CrowdSide<CrowdOf<Element<200>>>>(choices);
        default:
            return attack<CrowdSide<CrowdOfBytes>>(choices);
    }
}

}  // namespace shunt::fuzz
