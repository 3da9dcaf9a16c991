// SPDX-License-Identifier: MIT
//
// What the contenders with many producers or consumers share: the sizes that are compiled for
// them, and their one place in the memory of a task.
#pragma once

#include "bench/lib/src/payload.hpp"
#include "bench/lib/src/task.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

namespace shunt::bench {

inline constexpr std::array<std::size_t, 6> kManySizes{8, 24, 56, 64, 248, 1024};
[[nodiscard]] constexpr bool is_many_size(std::size_t bytes) noexcept {
    return std::find(kManySizes.begin(), kManySizes.end(), bytes) != kManySizes.end();
}

/// Calls `use.template operator()<N>()` for the task's size, which is one of them.
template <class Use>
void with_many_size(const Task& task, Use&& use) {
    (void)with_typed_size(task.size, [&]<std::size_t N>() {
        if constexpr (is_many_size(N)) {
            use.template operator()<N>();
        }
    });
}

/// Throws Failure for a task that none of them can do.
inline void check_many(const Task& task) {
    if (!is_many_size(task.size)) {
        throw Failure(Exit::usage,
                      fmt::format("messages of {} bytes are not compiled for {}; sizes are {}",
                                  task.size, to_string(task.kind), fmt::join(kManySizes, ", ")));
    }
}

void run_shunt_many(Stage& stage);
void run_shunt_blocks(Stage& stage);
void run_shunt_lanes(Stage& stage);
void run_shunt_broadcast(Stage& stage);

}  // namespace shunt::bench
