// SPDX-License-Identifier: MIT
//
// What tests of the mpmc ports share: channels of few slots, and consumers' accounts.
#pragma once

#include "unit/spsc/company.hpp"

#include <shunt/mpmc.hpp>

#include <cstdint>
#include <string>
#include <vector>

namespace shunt::mpmc {

using namespace std::chrono_literals;
using Number = std::uint64_t;
using channel::kName;
using spsc::Caller;
using spsc::die;
using spsc::eventually;
using spsc::lives_and_dies;
using spsc::value;
using std::chrono::steady_clock;

/// A channel of four slots on base pages.
[[nodiscard]] inline Options small() {
    Options options;
    options.capacity = 4;
    options.pages = pages::base;
    return options;
}

/// The same for a consumer that pops so.
[[nodiscard]] inline Options popping(pop how) {
    Options options = small();
    options.pop = how;
    return options;
}
[[nodiscard]] inline std::string name_of(pop how) {
    return how == pop::copy ? "Copy" : "InPlace";
}

/// Everything that try_pop gives until it gives nothing.
[[nodiscard]] inline std::vector<Number> all_of(Consumer<Number>& consumer) {
    std::vector<Number> all;
    Number out = 0;
    while (consumer.try_pop(out)) {
        all.push_back(out);
    }
    return all;
}

class MpmcPorts : public channel::OwnDirectory {};

}  // namespace shunt::mpmc
