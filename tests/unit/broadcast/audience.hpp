// SPDX-License-Identifier: MIT
//
// What tests of the broadcast ports share.
#pragma once

#include "unit/spsc/company.hpp"

#include <shunt/broadcast.hpp>

#include <cstdint>
#include <vector>

namespace shunt::broadcast {

using namespace std::chrono_literals;
using Number = std::uint64_t;
using Numbers = std::vector<Number>;
using channel::caught;
using channel::is_error;
using channel::kName;
using spsc::Caller;
using spsc::die;
using spsc::eventually;
using spsc::lives_and_dies;
using spsc::value;
using std::chrono::steady_clock;

/// Sixteen messages on base pages.
[[nodiscard]] inline Options small() {
    Options options;
    options.capacity = 16;
    options.pages = pages::base;
    return options;
}

[[nodiscard]] inline Options beginning(std::uint64_t from) {
    Options options;
    options.from = from;
    return options;
}

/// The messages `first` to `end` - 1, numbered.
inline void publish(Publisher<Number>& publisher, Number first, Number end) {
    for (Number n = first; n < end; ++n) {
        ASSERT_TRUE(publisher.publish(n));
    }
}

/// Everything that there is, up to a loss or an end.
[[nodiscard]] inline Numbers all_of(Subscriber<Number>& subscriber) {
    Numbers all;
    for (Number out = 0; subscriber.try_pop(out);) {
        all.push_back(out);
    }
    return all;
}

class BroadcastPorts : public channel::OwnDirectory {};

}  // namespace shunt::broadcast
