// SPDX-License-Identifier: MIT
//
// Parts of the text that a document is shown as.
#pragma once

#include <nlohmann/json.hpp>

#include <string>
#include <string_view>

namespace shunt::bench {

/// Some digits and, for what is large, a unit; a dash for null.
[[nodiscard]] std::string number(const nlohmann::json& value);
/// A rate with its unit, ready for "messages/s" behind it; a dash for null.
[[nodiscard]] std::string rate(const nlohmann::json& value);
/// One line of a table of percentiles.
void latency_row(std::string& out, std::string_view name, const nlohmann::json& ns,
                 const std::string& than);

/// The lines that belong to the row above: whether it missed its rate, how late its sender was, the
/// last of a burst, the call that woke, the first messages. None where there are none.
void pace_rows(std::string& out, const nlohmann::json& row);
/// ", one each 15 ns" or ", 1.25 M messages/s"; empty where nothing is due.
[[nodiscard]] std::string pace_words(const nlohmann::json& point);

/// A table for each size of a sweep, each behind an empty line.
void sweep_tables(std::string& out, const nlohmann::json& document);

}  // namespace shunt::bench
