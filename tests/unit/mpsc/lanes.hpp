// SPDX-License-Identifier: MIT
//
// What tests of the mpsc ports share.
#pragma once

#include "unit/spsc/company.hpp"

#include <shunt/mpsc.hpp>
#include <shunt/spsc.hpp>

#include <cstdint>
#include <vector>

namespace shunt::mpsc {

using namespace std::chrono_literals;
using Number = std::uint64_t;
using channel::caught;
using channel::is_error;
using channel::kName;
using spsc::Caller;
using spsc::die;
using spsc::eventually;
using spsc::lives_and_dies;
using spsc::value;
using std::chrono::steady_clock;

/// Three lanes of one line of seven numbers, on base pages.
[[nodiscard]] inline Options small() {
    Options options;
    options.capacity = 7;
    options.lanes = 3;
    options.pages = pages::base;
    options.seat_timeout = 20ms;
    return options;
}

/// Everything that there is.
[[nodiscard]] inline std::vector<Number> all_of(Consumer<Number>& consumer) {
    std::vector<Number> all;
    Number out = 0;
    while (consumer.ready()) {
        if (consumer.try_pop(out)) {
            all.push_back(out);
        }
    }
    return all;
}

class MpscPorts : public channel::OwnDirectory {};

}  // namespace shunt::mpsc
