// SPDX-License-Identifier: MIT
//
// The words of error texts: sizes, limits, what the kernel said. Private to this folder.
#pragma once

#include <shunt/core/error.hpp>

#include <cstdint>
#include <string>
#include <string_view>

#include <sys/resource.h>

namespace shunt::detail {

/// "4 KiB", "2 MiB", "1.5 GiB", "100 bytes".
[[nodiscard]] std::string size_text(std::uint64_t bytes);

/// "64 x 2 MiB pages"
[[nodiscard]] std::string pages_text(std::uint64_t pages, std::uint64_t page_bytes);

/// Cuts the part before the next `separator` off the front of `rest`, and the separator with it.
[[nodiscard]] std::string_view next_part(std::string_view& rest, char separator);

/// The soft limit, in bytes; RLIM_INFINITY where the kernel does not say.
[[nodiscard]] rlim_t soft_limit(__rlimit_resource resource) noexcept;

/// A "kB" field of /proc/self/status, in bytes; 0 where there is none. `key` is as "VmSize:".
[[nodiscard]] std::uint64_t status_bytes(std::string_view key);

/// An Error whose code is the errno itself: what the kernel said where we have no better word.
[[nodiscard]] Error system_error(int error, const std::string& text);

}  // namespace shunt::detail
