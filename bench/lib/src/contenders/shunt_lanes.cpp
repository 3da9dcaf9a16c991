// SPDX-License-Identifier: MIT
//
// The mpsc ports, one producer that sends and others that do not, one message a call, by copy or in
// place.
#include "bench/lib/src/contenders/many.hpp"
#include "bench/lib/src/contenders/shunt_links.hpp"

#include <shunt/mpsc.hpp>

namespace shunt::bench {

namespace {

template <std::size_t N>
using LaneEnds = ShuntEnds<mpsc::Producer<Message<N>>, mpsc::Consumer<Message<N>>>;

template <std::size_t N, bool Parks>
void run(Stage& stage) {
    LaneEnds<N> ends(stage);
    if (stage.task().in_place) {
        InPlaceLink<LaneEnds<N>, N, Parks> link(ends, stage.task());
        run_link(link, stage);
    } else {
        PushLink<LaneEnds<N>, N, false, Parks> link(ends, stage.task());
        run_link(link, stage);
    }
}

}  // namespace

void run_shunt_lanes(Stage& stage) {
    with_many_size(stage.task(), [&]<std::size_t N>() {
        waits_by_itself(stage.task()) ? run<N, true>(stage) : run<N, false>(stage);
    });
}

}  // namespace shunt::bench
