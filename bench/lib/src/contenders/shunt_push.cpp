// SPDX-License-Identifier: MIT
//
// The spsc ports, one message a call.
#include "bench/lib/src/contenders/shunt_links.hpp"
#include "bench/lib/src/contenders/shunt_typed.hpp"

namespace shunt::bench {

void run_shunt_push(Stage& stage) {
    with_size_and_wait(stage.task(), [&]<std::size_t N, bool Parks>() {
        if constexpr (Parks) {
            run_typed<N, PushLink<Ends<N>, N, false, true>>(stage);
        } else {
            with_memory<N>(stage.task().fields, [&]<bool InMemory>() {
                run_typed<N, PushLink<Ends<N>, N, InMemory, false>>(stage);
            });
        }
    });
}

}  // namespace shunt::bench
