// SPDX-License-Identifier: MIT
//
// The texts of the cold path's errors: what was asked, what happened, what to do. Nothing else.
#pragma once

#include <shunt/core/error.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace shunt::channel {

/// Throws Error. `asked` is what this library was doing ("cannot make channel 'x' in /dev/shm/y"),
/// `happened` what came of it, `cure` what the reader of the message can do.
[[noreturn]] void fail(Errc code, std::string_view asked, std::string_view happened,
                       std::string_view cure);

/// The same for a system call that failed. ENOSPC and EDQUOT become Errc::no_space, EACCES, EPERM
/// and EROFS Errc::no_permission, each with its cure; anything else keeps its errno as the code.
[[noreturn]] void fail_errno(int error, std::string_view asked, std::string_view call);

/// 'text' in quotes.
[[nodiscard]] std::string quoted(std::string_view text);

/// "4 KiB", "2 MiB", "100 bytes".
[[nodiscard]] std::string bytes_text(std::uint64_t bytes);

}  // namespace shunt::channel
