// SPDX-License-Identifier: MIT
//
// What the typed forms share: push and pop, in place, and in batches, a file each so that they
// compile side by side.
#pragma once

#include "bench/lib/src/contenders/shunt_ends.hpp"
#include "bench/lib/src/loops.hpp"

#include <shunt/spsc.hpp>

#include <algorithm>
#include <array>
#include <cstddef>

namespace shunt::bench {

template <std::size_t N>
using Ends = ShuntEnds<spsc::Producer<Message<N>>, spsc::Consumer<Message<N>>>;

template <std::size_t N, class Link>
void run_typed(Stage& stage) {
    Ends<N> ends(stage);
    Link link(ends, stage.task());
    run_link(link, stage);
}

/// Sizes compiled for ports that park: one of each shape. All sizes poll.
inline constexpr std::array<std::size_t, 7> kParkedSizes{8, 32, 56, 64, 256, 1024, 4096};
[[nodiscard]] constexpr bool is_parked_size(std::size_t bytes) noexcept {
    return std::find(kParkedSizes.begin(), kParkedSizes.end(), bytes) != kParkedSizes.end();
}

/// Calls `use.template operator()<N, Parks>()` for the task's size and way of waiting.
template <class Use>
void with_size_and_wait(const Task& task, Use&& use) {
    (void)with_typed_size(task.size, [&]<std::size_t N>() {
        if (waits_by_itself(task)) {
            if constexpr (is_parked_size(N)) {
                use.template operator()<N, true>();
            }
        } else {
            use.template operator()<N, false>();
        }
    });
}

void run_shunt_push(Stage& stage);
void run_shunt_in_place(Stage& stage);
void run_shunt_batch(Stage& stage);

}  // namespace shunt::bench
