// SPDX-License-Identifier: MIT
//
// The mpmc ports, one message a call, by copy or in place.
#include "bench/lib/src/contenders/many.hpp"
#include "bench/lib/src/contenders/shunt_links.hpp"

#include <shunt/mpmc.hpp>

namespace shunt::bench {

namespace {

template <std::size_t N>
using ManyEnds = ShuntEnds<mpmc::Producer<Message<N>>, mpmc::Consumer<Message<N>>>;

template <std::size_t N, bool Parks>
void run(Stage& stage) {
    ManyEnds<N> ends(stage);
    if (stage.task().in_place) {
        InPlaceLink<ManyEnds<N>, N, Parks> link(ends, stage.task());
        run_link(link, stage);
    } else {
        PushLink<ManyEnds<N>, N, false, Parks> link(ends, stage.task());
        run_link(link, stage);
    }
}

}  // namespace

void run_shunt_many(Stage& stage) {
    with_many_size(stage.task(), [&]<std::size_t N>() {
        waits_by_itself(stage.task()) ? run<N, true>(stage) : run<N, false>(stage);
    });
}

}  // namespace shunt::bench
