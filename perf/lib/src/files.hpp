// SPDX-License-Identifier: MIT
//
// Small text files of /proc and /sys. A file that is not there is an empty text: kernels, VMs and
// containers differ in what they show, and a missing fact is reported as null.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace shunt::perf {

[[nodiscard]] std::string read_text(const std::filesystem::path& path);  // without its last newline
[[nodiscard]] std::optional<int> read_int(const std::filesystem::path& path);

/// The first value of `key` in /proc/cpuinfo, or of a text in its form.
[[nodiscard]] std::string cpuinfo_field(std::string_view key);
[[nodiscard]] std::string field_of(std::string_view text, std::string_view key);

}  // namespace shunt::perf
