// SPDX-License-Identifier: MIT
//
// A sweep: one option at several values, each of which every repeat holds, between floors of its
// own. Sizes are no sweep: each of them is measured at each value.
#pragma once

#include "bench/lib/src/task.hpp"

#include <shunt_bench/config.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace shunt::bench {

/// What differs from point to point.
enum class Swept : std::uint32_t { nothing, pages, wait, capacity };

[[nodiscard]] Swept swept_by(const Config& config) noexcept;
/// Its option, without the dashes.
[[nodiscard]] std::string_view to_string(Swept swept) noexcept;

/// A configuration for each value, in the order given, without a sweep; that one where nothing is
/// swept. Throws Failure for what is no sweep, or none of this mode.
[[nodiscard]] std::vector<Config> swept_configs(const Config& config, Mode mode);

/// The value that a task has of it, as it was asked for: "2m", "park", "1024".
[[nodiscard]] std::string sweep_value(Swept swept, const Task& task);
/// ", pages 2m"; empty where nothing is swept.
[[nodiscard]] std::string sweep_words(Swept swept, const Task& task);

}  // namespace shunt::bench
