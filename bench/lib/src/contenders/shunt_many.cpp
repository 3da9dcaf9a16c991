// SPDX-License-Identifier: MIT
//
// The mpmc ports, of structs or of bytes, one message a call, by copy or in place.
#include "bench/lib/src/contenders/many.hpp"
#include "bench/lib/src/contenders/shunt_bytes_links.hpp"
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

using ManyBytesEnds = ShuntEnds<mpmc::BytesProducer, mpmc::BytesConsumer>;

template <bool Parks>
void run_bytes(Stage& stage) {
    ManyBytesEnds ends(stage);
    if (stage.task().in_place) {
        BytesInPlaceLink<ManyBytesEnds, Parks> link(ends, stage.task());
        run_link(link, stage);
    } else {
        BytesPushLink<ManyBytesEnds, Parks> link(ends, stage.task());
        run_link(link, stage);
    }
}

}  // namespace

void run_shunt_many(Stage& stage) {
    if (stage.task().bytes) {
        return waits_by_itself(stage.task()) ? run_bytes<true>(stage) : run_bytes<false>(stage);
    }
    with_many_size(stage.task(), [&]<std::size_t N>() {
        waits_by_itself(stage.task()) ? run<N, true>(stage) : run<N, false>(stage);
    });
}

}  // namespace shunt::bench
