// SPDX-License-Identifier: MIT
//
// The spsc ports, one message a call, in place.
#include "bench/lib/src/contenders/shunt_links.hpp"
#include "bench/lib/src/contenders/shunt_typed.hpp"

namespace shunt::bench {

void run_shunt_in_place(Stage& stage) {
    with_size_and_wait(stage.task(), [&]<std::size_t N, bool Parks>() {
        run_typed<N, InPlaceLink<Ends<N>, N, Parks>>(stage);
    });
}

}  // namespace shunt::bench
