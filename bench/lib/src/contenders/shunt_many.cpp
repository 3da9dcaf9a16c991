// SPDX-License-Identifier: MIT
//
// The mpmc ports, of structs or of bytes, one message a call, by copy or in place.
#include "bench/lib/src/contenders/many.hpp"
#include "bench/lib/src/contenders/shunt_mpmc.hpp"

#include <shunt/mpmc.hpp>

namespace shunt::bench {

namespace {

template <std::size_t N>
using ManyEnds = ShuntEnds<mpmc::Producer<Message<N>>, mpmc::Consumer<Message<N>>>;
using ManyBytesEnds = ShuntEnds<mpmc::BytesProducer, mpmc::BytesConsumer>;

}  // namespace

void run_shunt_many(Stage& stage) {
    run_mpmc<ManyEnds, ManyBytesEnds>(stage);
}

}  // namespace shunt::bench
