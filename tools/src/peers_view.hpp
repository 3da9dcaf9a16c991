// SPDX-License-Identifier: MIT
//
// What shunt-peers has measured, for people.
#pragma once

#include <nlohmann/json.hpp>

#include <string>

namespace shunt::tools {

/// Who is absent and why, a line each.
[[nodiscard]] std::string absent_text(const nlohmann::json& absent);

/// For each size who polls and who blocks apart, and who does so in threads, the quickest first;
/// what is absent; warnings.
[[nodiscard]] std::string peers_text(const nlohmann::json& document);

}  // namespace shunt::tools
