// SPDX-License-Identifier: MIT
#include <shunt/channel/failure.hpp>

#include <cerrno>
#include <system_error>

namespace shunt::channel {
namespace {

std::string sentence(std::string_view asked, std::string_view happened, std::string_view cure) {
    std::string text{asked};
    text += ": ";
    text += happened;
    if (!cure.empty()) {
        text += "; ";
        text += cure;
    }
    return text;
}

}  // namespace

void fail(Errc code, std::string_view asked, std::string_view happened, std::string_view cure) {
    throw Error(code, sentence(asked, happened, cure));
}

void fail_errno(int error, std::string_view asked, std::string_view call) {
    const std::string happened = std::string{call} + ": " + std::system_category().message(error);
    switch (error) {
        case ENOSPC:
        case EDQUOT:
            fail(Errc::no_space, asked, happened,
                 "free space there, ask for a smaller capacity, or set SHUNT_DIR to a directory "
                 "with more room");
        case EACCES:
        case EPERM:
        case EROFS:
            fail(Errc::no_permission, asked, happened,
                 "run as the directory's owner, or set SHUNT_DIR to a directory of your own");
        default:
            throw Error(std::error_code(error, std::system_category()),
                        sentence(asked, happened, {}));
    }
}

std::string quoted(std::string_view text) {
    std::string out{"'"};
    out += text;
    out += '\'';
    return out;
}

std::string bytes_text(std::uint64_t bytes) {
    constexpr std::string_view kUnits[] = {" bytes", " KiB", " MiB", " GiB", " TiB"};
    std::size_t unit = 0;
    while (unit + 1 < std::size(kUnits) && bytes >= 1024 && bytes % 1024 == 0) {
        bytes /= 1024;
        ++unit;
    }
    return std::to_string(bytes) + std::string{kUnits[unit]};
}

}  // namespace shunt::channel
