// SPDX-License-Identifier: MIT
//
// Bytes as people read them: address, sixteen bytes in hexadecimal, the same as text.
#pragma once

#include <cstddef>
#include <span>
#include <string>

namespace shunt::tools {

[[nodiscard]] std::string hex_dump(std::span<const std::byte> bytes);

}  // namespace shunt::tools
