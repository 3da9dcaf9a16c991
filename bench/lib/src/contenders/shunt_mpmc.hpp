// SPDX-License-Identifier: MIT
//
// What runs the ports of an mpmc channel, whose messages lie in its slots or in blocks. Each is
// compiled in a file of its own.
#pragma once

#include "bench/lib/src/contenders/many.hpp"
#include "bench/lib/src/contenders/shunt_bytes_links.hpp"
#include "bench/lib/src/contenders/shunt_links.hpp"

#include <cstddef>

namespace shunt::bench {

template <class Ends, class InPlace, class Push>
void run_ends(Stage& stage) {
    Ends ends(stage);
    if (stage.task().in_place) {
        InPlace link(ends, stage.task());
        run_link(link, stage);
    } else {
        Push link(ends, stage.task());
        run_link(link, stage);
    }
}

template <template <std::size_t> class Ends, class BytesEnds, bool Parks>
void run_mpmc_of(Stage& stage) {
    if (stage.task().bytes) {
        return run_ends<BytesEnds, BytesInPlaceLink<BytesEnds, Parks>,
                        BytesPushLink<BytesEnds, Parks>>(stage);
    }
    with_many_size(stage.task(), [&]<std::size_t N>() {
        run_ends<Ends<N>, InPlaceLink<Ends<N>, N, Parks>, PushLink<Ends<N>, N, false, Parks>>(
            stage);
    });
}

/// `Ends<N>`: a ShuntEnds of structs of N bytes; `BytesEnds`: of byte messages.
template <template <std::size_t> class Ends, class BytesEnds>
void run_mpmc(Stage& stage) {
    waits_by_itself(stage.task()) ? run_mpmc_of<Ends, BytesEnds, true>(stage)
                                  : run_mpmc_of<Ends, BytesEnds, false>(stage);
}

}  // namespace shunt::bench
