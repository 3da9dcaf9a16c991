// SPDX-License-Identifier: MIT
//
// Prints what publisher.cpp sends. Sleeps while there is nothing; ends when the publisher has left.
#include <shunt/spsc.hpp>

#include <cinttypes>
#include <cstdio>

struct Tick { std::uint64_t id; double bid, ask; };
SHUNT_TYPE(Tick, "md.Tick/1");

int main() {
    shunt::spsc::Consumer<Tick> in("md.ticks");
    for (const Tick& tick : in) {
        std::printf("%" PRIu64 " %.2f %.2f\n", tick.id, tick.bid, tick.ask);
    }
}
