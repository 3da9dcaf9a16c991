// SPDX-License-Identifier: MIT
#include "bench/peers/src/descriptors.hpp"
#include "bench/peers/src/link.hpp"
#include "bench/peers/src/peer.hpp"

namespace shunt::peers {
namespace {

class Way : public PipeWay {};

constexpr bench::Contender kContender = by_calls<Way>("pipe");

}  // namespace

const Peer kPipe{.key = "pipe",
                 .what = "anonymous pipe, one each way",
                 .waits = Waits::blocking,
                 .copies = 2,
                 .capacity = "64 KiB",
                 .order = "in order; a writer waits for room",
                 .settings = "the system's own",
                 .version = {},
                 .contender = &kContender,
                 .absent = absence<Way>};

}  // namespace shunt::peers
