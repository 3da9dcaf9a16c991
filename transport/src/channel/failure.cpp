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

std::string_view cure_of(int error) {
    switch (error) {
        case EMFILE:
            return "close what this process need not have open, or raise its limit (ulimit -n, "
                   "LimitNOFILE= of the service)";
        case ENFILE:
            return "the host has too many files open: end what leaks them, or raise sysctl "
                   "fs.file-max";
        case ENOMEM:
        case ENOLCK:
            return "the kernel is out of memory: free some, or raise the limit of the memory "
                   "cgroup";
        case ENOSYS:
        case EOPNOTSUPP:
        case EINVAL:
            return "this kernel or file system cannot do it: shunt needs Linux 5.14 or later, and "
                   "SHUNT_DIR on tmpfs";
        case ENOENT:
            return "mount /proc, or look who removes files there";
        default:
            return "try again; if it stays so, dmesg may say more";
    }
}

}  // namespace

void detail::fail_explained(const Error& error, const std::string& asked, std::string_view what) {
    std::string text = error.what();
    if (text.find(what) == std::string::npos) {
        text = asked + ": " + text;
    }
    if (error.code().category() != error_category() && text.find("; ") == std::string::npos) {
        text += "; ";
        text += cure_of(error.code().value());
    }
    throw Error(error.code(), text);
}

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
