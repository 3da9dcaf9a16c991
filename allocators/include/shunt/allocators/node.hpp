// SPDX-License-Identifier: MIT
//
// What may be asked of a channel's NUMA node beside a node's number.
#pragma once

#include <cstdint>

namespace shunt::node {

inline constexpr std::int32_t any = -1;         // wherever the kernel puts it
inline constexpr std::int32_t automatic = -2;   // the node of .cpu, else of the creating thread
inline constexpr std::int32_t interleave = -3;  // page by page over all nodes that we may use

}  // namespace shunt::node
