// SPDX-License-Identifier: MIT
//
// A whole run over rows of the caller's choice; the public calls are this with shunt first.
#pragma once

#include "bench/lib/src/plan.hpp"
#include "bench/lib/src/surroundings.hpp"

#include <nlohmann/json.hpp>

#include <vector>

namespace shunt::bench {

[[nodiscard]] nlohmann::json run(const Config& config, Mode mode,
                                 const std::vector<const Contender*>& rows,
                                 const Surroundings& around = {});

}  // namespace shunt::bench
