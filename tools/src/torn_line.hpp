// SPDX-License-Identifier: MIT
//
// A file of lines whose writer may have been killed in the middle of one.
#pragma once

#include <cstdint>
#include <string>

namespace shunt::tools {

/// Bytes behind the last line's end of the file. Throws Failure.
[[nodiscard]] std::uint64_t torn_line_bytes(const std::string& path);
/// Cuts what stands behind the last line's end off the file; returns how many bytes. Throws
/// Failure.
std::uint64_t cut_torn_line(const std::string& path);

}  // namespace shunt::tools
