// SPDX-License-Identifier: MIT
//
// Publishes a thousand ticks and leaves; receiver.cpp gets them all, started before or after.
#include <shunt/spsc.hpp>

#include <cstdint>

struct Tick { std::uint64_t id; double bid, ask; };
SHUNT_TYPE(Tick, "md.Tick/1");

int main() {
    shunt::spsc::Producer<Tick> out("md.ticks");
    for (Tick tick{1, 100.25, 100.5}; tick.id <= 1000; ++tick.id) {
        if (!out.push(tick)) {
            return 1;
        }
    }
}
