// SPDX-License-Identifier: MIT
//
// Options as they are written on the command line, for documents and texts.
#pragma once

#include <shunt_bench/config.hpp>

#include <shunt/channel/options.hpp>

#include <optional>
#include <string_view>

namespace shunt::bench {

/// Of --pages.
[[nodiscard]] std::string_view to_word(shunt::pages pages) noexcept;
/// Of --wait.
[[nodiscard]] std::string_view to_word(shunt::wait wait,
                                       std::optional<shunt::events> loop = {}) noexcept;
/// Of --cold; of no "no".
[[nodiscard]] std::string_view to_word(Cold cold) noexcept;
/// Of --policy.
[[nodiscard]] std::string_view to_word(shunt::policy policy) noexcept;

}  // namespace shunt::bench
