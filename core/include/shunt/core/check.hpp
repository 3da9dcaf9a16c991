// SPDX-License-Identifier: MIT
//
// SHUNT_CHECK: for errors of the programmer who calls us, on cold paths, in every build. Never for
// bytes that another process wrote: those are input, and wrong input is a Status or an Error.
#pragma once

#include <cstdlib>

namespace shunt::detail {

// Set by the library to print before aborting; core itself knows no output.
inline void (*check_failed_hook)(const char* what) noexcept = nullptr;

[[noreturn]] inline void check_failed(const char* what) noexcept {
    if (check_failed_hook != nullptr) {
        check_failed_hook(what);
    }
    std::abort();
}

}  // namespace shunt::detail

#define SHUNT_CHECK(condition, what)              \
    do {                                          \
        if (!(condition)) [[unlikely]] {          \
            ::shunt::detail::check_failed(what);  \
        }                                         \
    } while (false)
