// SPDX-License-Identifier: MIT
#include <shunt/channel/directory.hpp>

#include <shunt/core/error.hpp>

#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <system_error>
#include <utility>

namespace shunt::channel {
namespace {

constexpr std::size_t kNameLimit = 120;
constexpr std::size_t kFileNameLimit = 255;
constexpr std::string_view kSuffix = ".shunt";
constexpr std::string_view kTemporarySuffix = ".new";
constexpr std::string_view kSlotsSuffix = ".slots";
constexpr std::size_t kHexDigits = 2 * sizeof(Incarnation);
constexpr std::string_view kLinkPrefix = "dir=";
constexpr const char* kOther = "; or set SHUNT_DIR to a directory of your own";

constexpr bool is_alnum(char c) noexcept {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

constexpr bool is_hex(std::string_view text) noexcept {
    return text.size() == kHexDigits && std::all_of(text.begin(), text.end(), [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
           });
}

constexpr bool is_name_char(char c) noexcept {
    return is_alnum(c) || c == '_' || c == '.' || c == '-';
}

// The Error for an errno: one of our words where there is one.
[[noreturn]] void refuse(int error, const std::string& asked, const std::string& cure) {
    const std::error_code code{error, std::generic_category()};
    const std::string text = asked + ": " + code.message() + cure;
    switch (error) {
        case EACCES:
        case EPERM:
        case EROFS:
            throw Error{Errc::no_permission, text};
        case ENOENT:
            throw Error{Errc::not_found, text};
        case ENOSPC:
        case EDQUOT:
            throw Error{Errc::no_space, text};
        case EMFILE:
        case ENFILE:
        case ENOMEM:
        case EIO:  // another directory is no cure
            throw Error{code, asked + ": " + code.message()};
        default:
            throw Error{code, text};
    }
}

std::string proc_path(const FileHandle& file) {
    return "/proc/self/fd/" + std::to_string(file.get());
}

std::string octal(mode_t mode) {
    std::string digits;
    for (const unsigned shift : {9u, 6u, 3u, 0u}) {
        digits += static_cast<char>('0' + ((mode >> shift) & 7u));
    }
    return digits;
}

// Why O_DIRECTORY | O_NOFOLLOW found something else at that place.
[[noreturn]] void refuse_no_directory(int at, const std::string& name, const std::string& shown) {
    struct stat facts {};
    const bool symlink =
        ::fstatat(at, name.c_str(), &facts, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(facts.st_mode);
    throw Error{Errc::unsafe_directory,
                "directory " + shown + " is " +
                    (symlink ? "a symlink, which shunt does not follow: name the directory that it "
                               "leads to"
                             : "not a directory: remove it") +
                    kOther};
}

void verify_ours(const FileHandle& directory, const std::string& shown) {
    struct stat facts {};
    if (::fstat(directory.get(), &facts) != 0) {
        refuse(errno, "directory " + shown, "");
    }
    if (facts.st_uid != ::geteuid()) {
        throw Error{Errc::unsafe_directory, "directory " + shown + " belongs to user " +
                                                std::to_string(facts.st_uid) + " and not to user " +
                                                std::to_string(::geteuid()) +
                                                ": have its owner or root remove it" + kOther};
    }
    if ((facts.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
        throw Error{Errc::unsafe_directory,
                    "directory " + shown + " has mode " + octal(facts.st_mode) +
                        ", so others may write it: chmod 700 " + shown + kOther};
    }
}

// Opens the directory `name` in `at`, makes it where that is asked for, verifies it. `shown` is
// what to call it.
FileHandle open_verified(int at, const std::string& name, const std::string& shown,
                         Folder::Missing missing) {
    constexpr int kFlags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
    FileHandle directory = FileHandle::open(name.c_str(), kFlags, 0, at);
    // Again where a collector takes away what was just made.
    while (!directory && errno == ENOENT && missing == Folder::Missing::create) {
        if (::mkdirat(at, name.c_str(), S_IRWXU) != 0 && errno != EEXIST) {
            const int error = errno;
            refuse(error, "cannot make directory " + shown,
                   error == ENOENT ? " (its parent is missing): mkdir -p its parent" : kOther);
        }
        directory = FileHandle::open(name.c_str(), kFlags, 0, at);
    }
    if (!directory) {
        const int error = errno;
        if (error == ENOTDIR || error == ELOOP) {
            refuse_no_directory(at, name, shown);
        }
        // Somebody else's may be closed to us: then say whose it is.
        if (const FileHandle seen = FileHandle::open(name.c_str(), kFlags | O_PATH, 0, at)) {
            verify_ours(seen, shown);
        }
        refuse(error, "cannot open directory " + shown, kOther);
    }
    verify_ours(directory, shown);
    return directory;
}

}  // namespace

bool valid_name(std::string_view name) noexcept {
    return !name.empty() && name.size() <= kNameLimit && is_alnum(name.front()) &&
           std::all_of(name.begin(), name.end(), is_name_char);
}

void check_name(std::string_view name) {
    if (valid_name(name)) {
        return;
    }
    std::string reason;
    if (name.empty()) {
        reason = "is empty";
    } else if (name.size() > kNameLimit) {
        reason = "has " + std::to_string(name.size()) + " characters";
    } else if (name.find('/') != std::string_view::npos) {
        reason = "has a '/'";
    } else if (std::all_of(name.begin(), name.end(), is_name_char)) {
        reason = std::string{"begins with '"} + name.front() + "'";
    } else {
        const auto bad = std::find_if_not(name.begin(), name.end(), is_name_char);
        const auto code = static_cast<unsigned char>(*bad);
        reason = code > ' ' && code < 127 ? std::string{"has a '"} + *bad + "'"
                                          : "has the byte " + std::to_string(code);
    }
    throw Error{Errc::bad_argument,
                "channel name '" + std::string{name.substr(0, kNameLimit)} + "' " + reason +
                    ": a name has 1 to 120 characters from A-Z a-z 0-9 _ . - and begins with a "
                    "letter or digit"};
}

std::string to_hex(const Incarnation& incarnation) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string text;
    for (const std::uint8_t byte : incarnation) {
        text += kDigits[byte >> 4];
        text += kDigits[byte & 15];
    }
    return text;
}

std::string channel_file(std::string_view name) {
    return std::string{name} + std::string{kSuffix};
}

std::string temporary_file(std::string_view name, const Incarnation& incarnation) {
    return "." + std::string{name} + "." + to_hex(incarnation) + std::string{kTemporarySuffix};
}

std::string slots_file(const Incarnation& incarnation) {
    return to_hex(incarnation) + std::string{kSlotsSuffix};
}

std::string_view name_of(std::string_view file) noexcept {
    if (!file.ends_with(kSuffix)) {
        return {};
    }
    file.remove_suffix(kSuffix.size());
    return valid_name(file) ? file : std::string_view{};
}

std::string_view name_of_temporary(std::string_view file) noexcept {
    if (!file.starts_with('.') || !file.ends_with(kTemporarySuffix) ||
        file.size() <= kTemporarySuffix.size()) {
        return {};
    }
    file.remove_prefix(1);
    file.remove_suffix(kTemporarySuffix.size());
    if (file.size() <= kHexDigits || !is_hex(file.substr(file.size() - kHexDigits))) {
        return {};
    }
    file.remove_suffix(kHexDigits);
    if (!file.ends_with('.')) {
        return {};
    }
    file.remove_suffix(1);
    return valid_name(file) ? file : std::string_view{};
}

bool is_slots_file(std::string_view file) noexcept {
    return file.ends_with(kSlotsSuffix) &&
           is_hex(file.substr(0, file.size() - kSlotsSuffix.size()));
}

std::string slots_folder_name(dev_t device, ino_t inode) {
    return std::to_string(device) + "-" + std::to_string(inode);
}

Folder::Folder(FileHandle descriptor, const std::string& asked)
    : descriptor_{std::move(descriptor)} {
    std::error_code error;
    path_ = std::filesystem::read_symlink(proc_path(descriptor_), error).string();
    if (error) {
        throw Error{error, "cannot find the full path of " + asked + ": " + error.message() +
                               "; is /proc mounted?"};
    }
    struct stat facts {};
    struct statfs system {};
    if (::fstat(descriptor_.get(), &facts) != 0 || ::fstatfs(descriptor_.get(), &system) != 0) {
        refuse(errno, "directory " + asked, "");
    }
    device_ = facts.st_dev;
    inode_ = facts.st_ino;
    is_tmpfs_ = system.f_type == TMPFS_MAGIC;
}

Folder Folder::open(const std::string& path, Missing missing) {
    std::string plain = path;  // with a '/' at its end a symlink would be followed
    while (plain.size() > 1 && plain.back() == '/') {
        plain.pop_back();
    }
    return {open_verified(AT_FDCWD, plain, plain, missing), plain};
}

Folder Folder::open_folder(const std::string& name, Missing missing) const {
    const std::string shown = path_ + "/" + name;
    return {open_verified(descriptor_.get(), name, shown, missing), shown};
}

FileHandle Folder::create_unnamed() const {
    FileHandle file =
        FileHandle::open(".", O_TMPFILE | O_RDWR, S_IRUSR | S_IWUSR, descriptor_.get());
    if (!file) {
        const int error = errno;
        const bool unable = error == EOPNOTSUPP || error == EISDIR;
        refuse(error, "cannot make an unnamed file (O_TMPFILE) in " + path_,
               unable ? "; its file system cannot: set SHUNT_DIR to a directory on tmpfs" : kOther);
    }
    return file;
}

bool Folder::link(const FileHandle& unnamed, const std::string& file) const {
    // AT_EMPTY_PATH needs no /proc, but before Linux 6.10 a capability.
    if (::linkat(AT_FDCWD, proc_path(unnamed).c_str(), descriptor_.get(), file.c_str(),
                 AT_SYMLINK_FOLLOW) == 0 ||
        (errno != EEXIST &&
         ::linkat(unnamed.get(), "", descriptor_.get(), file.c_str(), AT_EMPTY_PATH) == 0)) {
        return true;
    }
    if (errno != EEXIST) {
        refuse(errno, "cannot give a new file the name " + path_ + "/" + file, kOther);
    }
    return false;
}

FileHandle Folder::open_file(const std::string& file, bool writable) const {
    const std::string shown = path_ + "/" + file;
    const std::string foreign = " is no regular file: not a channel; remove it";
    // O_NONBLOCK: a fifo in its place must not hold us up.
    const int flags = (writable ? O_RDWR : O_RDONLY) | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY;
    FileHandle handle = FileHandle::open(file.c_str(), flags, 0, descriptor_.get());
    if (!handle) {
        const int error = errno;
        if (error == ENOENT) {
            return {};
        }
        if (error == ELOOP || error == EISDIR || error == ENXIO) {
            throw Error{Errc::foreign, shown + foreign};
        }
        refuse(error, "cannot open " + shown, "; its owner can: chmod u+rw it, or remove it");
    }
    struct stat facts {};
    if (::fstat(handle.get(), &facts) != 0) {
        refuse(errno, "cannot tell what " + shown + " is", "");
    }
    if (!S_ISREG(facts.st_mode)) {
        throw Error{Errc::foreign, shown + foreign};
    }
    return handle;
}

void Folder::replace(const std::string& from, const std::string& to) const {
    if (::renameat(descriptor_.get(), from.c_str(), descriptor_.get(), to.c_str()) != 0) {
        refuse(errno, "cannot rename " + from + " to " + to + " in " + path_, "");
    }
}

bool Folder::unlink(const std::string& file) const {
    if (::unlinkat(descriptor_.get(), file.c_str(), 0) == 0) {
        return true;
    }
    if (errno != ENOENT) {
        refuse(errno, "cannot remove " + path_ + "/" + file, "");
    }
    return false;
}

std::vector<std::string> Folder::files() const {
    FileHandle again = FileHandle::open(".", O_RDONLY | O_DIRECTORY, 0, descriptor_.get());
    const std::unique_ptr<DIR, int (*)(DIR*)> stream{again ? ::fdopendir(again.get()) : nullptr,
                                                     ::closedir};
    if (stream == nullptr) {
        refuse(errno, "cannot list " + path_, "");
    }
    again.release();  // the stream closes it
    std::vector<std::string> names;
    errno = 0;
    while (const dirent* entry = ::readdir(stream.get())) {
        if (const std::string_view name{entry->d_name}; name != "." && name != "..") {
            names.emplace_back(name);
        }
        errno = 0;
    }
    if (errno != 0) {
        refuse(errno, "cannot list " + path_, "");
    }
    std::sort(names.begin(), names.end());
    return names;
}

std::string slots_root_name() {
    return "shunt-" + std::to_string(::geteuid());
}

std::string directory_path() {
    const char* const chosen = ::secure_getenv("SHUNT_DIR");
    return chosen != nullptr && *chosen != '\0' ? std::string{chosen}
                                                : "/dev/shm/" + slots_root_name();
}

Folder open_directory() {
    return Folder::open(directory_path(), Folder::Missing::create);
}

std::string link_of_directory(std::string_view path) {
    std::string name{kLinkPrefix};
    for (const char c : path) {
        if (c == '/') {
            name += "%2F";
        } else if (c == '%') {
            name += "%25";
        } else {
            name += c;
        }
    }
    return name;
}

std::string directory_of_link(std::string_view file) {
    if (!file.starts_with(kLinkPrefix)) {
        return {};
    }
    file.remove_prefix(kLinkPrefix.size());
    std::string path;
    while (!file.empty()) {
        const bool slash = file.starts_with("%2F");
        const bool escaped = slash || file.starts_with("%25");
        path += slash ? '/' : file.front();
        file.remove_prefix(escaped ? 3 : 1);
    }
    return path;
}

Folder open_slots_folder(const Folder& directory, const std::string& mount,
                         Folder::Missing missing) {
    const Folder root = Folder::open(mount + "/" + slots_root_name(), missing);
    const std::string name = slots_folder_name(directory.device(), directory.inode());
    if (missing == Folder::Missing::fail) {
        return root.open_folder(name, missing);
    }
    const std::string link = link_of_directory(directory.path());
    if (link.size() > kFileNameLimit) {
        throw Error{Errc::bad_argument, "the path " + directory.path() +
                                            " is too long to have its slots on huge pages: set "
                                            "SHUNT_DIR to a shorter one, or use base pages"};
    }
    for (;;) {
        Folder folder = root.open_folder(name, missing);
        if (FileHandle::open(link.c_str(), O_CREAT | O_RDONLY | O_NOFOLLOW, S_IRUSR | S_IWUSR,
                             folder.descriptor())) {
            return folder;
        }
        struct stat facts {};
        const int error = errno;
        const bool removed = error == ENOENT && ::fstat(folder.descriptor(), &facts) == 0 &&
                             facts.st_nlink == 0;  // a collector found it without its link
        if (!removed) {
            refuse(error, "cannot make " + folder.path() + "/" + link, "");
        }
    }
}

}  // namespace shunt::channel
