// SPDX-License-Identifier: MIT
//
// shunt::Error: what the cold path (create, open, join, list) throws. Its text says what was asked,
// what happened and what to do. Its code is an Errc, or the errno of the system call that failed.
#pragma once

#include <string>
#include <system_error>

namespace shunt {

/// Reasons that are ours and not the kernel's.
enum class Errc : int {
    bad_argument = 1,  // an option out of range: capacity, size, name
    not_found,         // no such channel within open_timeout
    already_exists,    // the seat or the name is taken
    timed_out,         // a bounded wait of the cold path ended
    wrong_type,        // element size, alignment or type fingerprint differs
    wrong_geometry,    // another kind, capacity or policy than asked for
    wrong_version,     // layout version or byte order
    foreign,           // not a shunt file, or a copy of one
    truncated,         // shorter than its own header says
    corrupt,           // checksum or a field is impossible
    stale,             // made before the last boot
    no_huge_pages,     // pages::huge_2m, huge_1g or thp cannot be had
    no_space,          // the file system is full
    no_permission,     // the directory or file is not ours to use
    unsafe_directory,  // owner, mode or type of $SHUNT_DIR is not safe
    limit,             // memlock, registry full, ...
    lapped,            // messages were overwritten before they were read
};

inline const std::error_category& error_category() noexcept {
    class Category final : public std::error_category {
    public:
        [[nodiscard]] const char* name() const noexcept override { return "shunt"; }
        [[nodiscard]] std::string message(int code) const override {
            switch (static_cast<Errc>(code)) {
                case Errc::bad_argument:
                    return "bad argument";
                case Errc::not_found:
                    return "not found";
                case Errc::already_exists:
                    return "already taken";
                case Errc::timed_out:
                    return "timed out";
                case Errc::wrong_type:
                    return "wrong element type";
                case Errc::wrong_geometry:
                    return "wrong geometry";
                case Errc::wrong_version:
                    return "wrong layout version";
                case Errc::foreign:
                    return "not a shunt channel";
                case Errc::truncated:
                    return "truncated";
                case Errc::corrupt:
                    return "corrupt";
                case Errc::stale:
                    return "stale";
                case Errc::no_huge_pages:
                    return "no huge pages";
                case Errc::no_space:
                    return "no space";
                case Errc::no_permission:
                    return "no permission";
                case Errc::unsafe_directory:
                    return "unsafe directory";
                case Errc::limit:
                    return "limit reached";
                case Errc::lapped:
                    return "messages lost";
            }
            return "unknown";
        }
    };
    static const Category category;
    return category;
}

inline std::error_code make_error_code(Errc code) noexcept {
    return {static_cast<int>(code), error_category()};
}

/// Thrown by cold-path calls only. `what()` is a full sentence with the cure.
class Error : public std::system_error {
public:
    Error(Errc code, std::string text) : Error(make_error_code(code), std::move(text)) {}
    Error(std::error_code code, std::string text)
        : std::system_error(code), text_(std::move(text)) {}
    [[nodiscard]] const char* what() const noexcept override { return text_.c_str(); }

private:
    std::string text_;
};

}  // namespace shunt

template <>
struct std::is_error_code_enum<shunt::Errc> : std::true_type {};
