// SPDX-License-Identifier: MIT
//
// A producer and a consumer, as a program outside the tree would have them: links the library.
#include <shunt/spsc.hpp>

#include <cstdint>
#include <cstdio>
#include <exception>

struct Tick {
    std::uint64_t id;
    double price;
};
SHUNT_TYPE(Tick, "package.Tick/1");

int main() try {
    constexpr std::uint64_t kTicks = 100;
    shunt::spsc::Producer<Tick> out("package.ticks", {.capacity = kTicks});
    for (std::uint64_t id = 0; id < kTicks; ++id) {
        if (!out.try_push({id, 0.5 * static_cast<double>(id)})) {
            return 1;
        }
    }
    shunt::spsc::Consumer<Tick> in("package.ticks");
    out.close();
    std::uint64_t read = 0;
    for (const Tick& tick : in) {
        if (tick.id != read++ || tick.price != 0.5 * static_cast<double>(tick.id)) {
            return 2;
        }
    }
    return read == kTicks ? 0 : 3;
} catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 4;
}
