// SPDX-License-Identifier: MIT
//
// What shunt-peers has measured, for people.
#pragma once

#include <nlohmann/json.hpp>

#include <string>

namespace shunt::tools {

/// For each size who polls and who blocks apart, the quickest first; what is absent; warnings.
[[nodiscard]] std::string peers_text(const nlohmann::json& document);

}  // namespace shunt::tools
