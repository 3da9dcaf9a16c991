// SPDX-License-Identifier: MIT
//
// Documents of measurements as one page: tables, charts, the machine, the commands, and the
// documents themselves to be had from it. It needs nothing from outside and runs no script.
#pragma once

#include "report_input.hpp"

#include <span>
#include <string>

namespace shunt::tools {

/// HTML that is also XML. Throws Failure where a document is damaged.
[[nodiscard]] std::string report_page(const std::string& title,
                                      std::span<const Measured> documents);

}  // namespace shunt::tools
