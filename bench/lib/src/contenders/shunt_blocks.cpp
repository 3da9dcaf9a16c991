// SPDX-License-Identifier: MIT
//
// The ports of an mpmc channel with blocks, of structs or of bytes, one message a call, by copy or
// in place.
#include "bench/lib/src/contenders/many.hpp"
#include "bench/lib/src/contenders/shunt_bytes_links.hpp"
#include "bench/lib/src/contenders/shunt_links.hpp"

#include <shunt/mpmc.hpp>

namespace shunt::bench {

namespace {

template <std::size_t N>
using BlockEnds = ShuntEnds<mpmc::BlockProducer<Message<N>>, mpmc::BlockConsumer<Message<N>>>;
using BlockBytesEnds = ShuntEnds<mpmc::BlockBytesProducer, mpmc::BlockBytesConsumer>;

template <class Ends, class InPlace, class Push>
void run(Stage& stage) {
    Ends ends(stage);
    if (stage.task().in_place) {
        InPlace link(ends, stage.task());
        run_link(link, stage);
    } else {
        Push link(ends, stage.task());
        run_link(link, stage);
    }
}

template <bool Parks>
void run_parking(Stage& stage) {
    if (stage.task().bytes) {
        return run<BlockBytesEnds, BytesInPlaceLink<BlockBytesEnds, Parks>,
                   BytesPushLink<BlockBytesEnds, Parks>>(stage);
    }
    with_many_size(stage.task(), [&]<std::size_t N>() {
        run<BlockEnds<N>, InPlaceLink<BlockEnds<N>, N, Parks>,
            PushLink<BlockEnds<N>, N, false, Parks>>(stage);
    });
}

}  // namespace

void run_shunt_blocks(Stage& stage) {
    waits_by_itself(stage.task()) ? run_parking<true>(stage) : run_parking<false>(stage);
}

}  // namespace shunt::bench
