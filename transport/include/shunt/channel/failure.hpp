// SPDX-License-Identifier: MIT
//
// The texts of the cold path's errors: what was asked, what happened, what to do. Nothing else.
#pragma once

#include <shunt/core/error.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace shunt::channel {

namespace detail {
[[noreturn]] void fail_explained(const Error& error, const std::string& asked,
                                 std::string_view what);
}

/// Throws Error. `asked` is what this library was doing ("cannot make channel 'x' in /dev/shm/y"),
/// `happened` what came of it, `cure` what the reader of the message can do.
[[noreturn]] void fail(Errc code, std::string_view asked, std::string_view happened,
                       std::string_view cure);

/// The same for a system call that failed. ENOSPC and EDQUOT become Errc::no_space, EACCES, EPERM
/// and EROFS Errc::no_permission, each with its cure; anything else keeps its errno as the code.
[[noreturn]] void fail_errno(int error, std::string_view asked, std::string_view call);

/// What `act` returns. An Error of it that does not name `what` gets `asked` in front, and one
/// whose code is an errno a cure, where it has none: of a call deep down that knew neither.
template <class Act>
auto explaining(const std::string& asked, std::string_view what, Act&& act) {
    try {
        return act();
    } catch (const Error& error) {
        detail::fail_explained(error, asked, what);
    }
}

/// 'text' in quotes.
[[nodiscard]] std::string quoted(std::string_view text);

/// "4 KiB", "2 MiB", "100 bytes".
[[nodiscard]] std::string bytes_text(std::uint64_t bytes);

}  // namespace shunt::channel
