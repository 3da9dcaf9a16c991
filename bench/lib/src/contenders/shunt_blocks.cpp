// SPDX-License-Identifier: MIT
//
// The ports of an mpmc channel with blocks, of structs or of bytes, one message a call, by copy or
// in place.
#include "bench/lib/src/contenders/many.hpp"
#include "bench/lib/src/contenders/shunt_mpmc.hpp"

#include <shunt/mpmc.hpp>

namespace shunt::bench {

namespace {

template <std::size_t N>
using BlockEnds = ShuntEnds<mpmc::BlockProducer<Message<N>>, mpmc::BlockConsumer<Message<N>>>;
using BlockBytesEnds = ShuntEnds<mpmc::BlockBytesProducer, mpmc::BlockBytesConsumer>;

}  // namespace

void run_shunt_blocks(Stage& stage) {
    run_mpmc<BlockEnds, BlockBytesEnds>(stage);
}

}  // namespace shunt::bench
