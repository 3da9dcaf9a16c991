// SPDX-License-Identifier: MIT
//
// The options that channels of a crowd have in common.
#pragma once

#include <shunt/channel/options.hpp>

namespace shunt::bench {

[[nodiscard]] inline Options crowd_options(shunt::pages pages, shunt::wait wait) noexcept {
    Options options;
    options.pages = pages;
    options.wait = wait;
    options.wake = wait == shunt::wait::park || wait == shunt::wait::adaptive
                       ? shunt::wake::wakeable
                       : shunt::wake::polling;
    options.linger = shunt::linger::none;
    return options;
}

}  // namespace shunt::bench
