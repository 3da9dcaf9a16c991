// SPDX-License-Identifier: MIT
#include "process/soak/stream.hpp"

#include <array>

namespace shunt::process_test {

std::span<const Kind> kinds() {
    static const std::array all = {Kind{"spsc", begin_spsc},
                                   Kind{"mpmc", begin_mpmc},
                                   Kind{"mpmc_blocks", begin_mpmc_blocks},
                                   Kind{"mpsc", begin_mpsc},
                                   Kind{"broadcast", begin_broadcast},
                                   Kind{"broadcast_lanes", begin_broadcast_lanes},
                                   Kind{"latest", begin_latest}};
    return all;
}

}  // namespace shunt::process_test
