// SPDX-License-Identifier: MIT
//
// Where channels have their names: the grammar of a name, the directory that holds NAME.shunt, and
// the folder on a hugetlbfs mount that holds the slots files of that directory. Every directory is
// verified before use: ours, no symlink, nobody else may write it. What the files mean is the
// business of participant.hpp.
#pragma once

#include <shunt/allocators/file.hpp>

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace shunt::channel {

using Incarnation = std::array<std::uint8_t, 16>;

/// [A-Za-z0-9][A-Za-z0-9_.-]{0,119}
[[nodiscard]] bool valid_name(std::string_view name) noexcept;
/// Throws Errc::bad_argument that says what is wrong with the name.
void check_name(std::string_view name);

/// "NAME.shunt"
[[nodiscard]] std::string channel_file(std::string_view name);
/// ".NAME.<incarnation>.new": of a replacer, until it renames over the name.
[[nodiscard]] std::string temporary_file(std::string_view name, const Incarnation& incarnation);
/// "<incarnation>.slots"
[[nodiscard]] std::string slots_file(const Incarnation& incarnation);
/// The NAME of ".NAME.<incarnation>.new"; empty for any other file.
[[nodiscard]] std::string_view name_of_temporary(std::string_view file) noexcept;
/// True of "<incarnation>.slots".
[[nodiscard]] bool is_slots_file(std::string_view file) noexcept;
/// "<device>-<inode>": what the folder of the slots of `directory` is called.
[[nodiscard]] std::string slots_folder_name(dev_t device, ino_t inode);
/// 32 lower-case hexadecimal digits.
[[nodiscard]] std::string to_hex(const Incarnation& incarnation);
/// The NAME of "NAME.shunt"; empty for any other file.
[[nodiscard]] std::string_view name_of(std::string_view file) noexcept;

/// An open, verified directory and what is done to the files in it. File names are plain: without
/// '/'. Safe against others replacing the path: everything goes through the descriptor.
class Folder {
public:
    enum class Missing : std::uint32_t { create, fail };

    /// Opens `path`, whose parents exist; makes it with mode 0700 where it is missing and `missing`
    /// says so. Throws Errc::unsafe_directory (of somebody else, a symlink, no directory, writable
    /// by others), no_permission, not_found, else the errno.
    [[nodiscard]] static Folder open(const std::string& path, Missing missing);
    /// The same for the sub-directory `name`.
    [[nodiscard]] Folder open_folder(const std::string& name, Missing missing) const;

    /// Absolute, without symlinks, as the kernel names it.
    [[nodiscard]] const std::string& path() const noexcept { return path_; }
    [[nodiscard]] int descriptor() const noexcept { return descriptor_.get(); }
    [[nodiscard]] dev_t device() const noexcept { return device_; }
    [[nodiscard]] ino_t inode() const noexcept { return inode_; }
    [[nodiscard]] bool is_tmpfs() const noexcept { return is_tmpfs_; }

    /// A new empty file without a name, read-write, mode 0600; gone when closed unless linked.
    [[nodiscard]] FileHandle create_unnamed() const;
    /// Gives an unnamed file its name. False: there is such a name already.
    [[nodiscard]] bool link(const FileHandle& unnamed, const std::string& file) const;
    /// Opens a file, for reading and writing or for reading only. Empty: no such file. Throws
    /// Errc::foreign where it is no regular file (a symlink is not followed), no_permission.
    [[nodiscard]] FileHandle open_file(const std::string& file, bool writable = true) const;
    /// rename(2) over `to`, atomically.
    void replace(const std::string& from, const std::string& to) const;
    /// False: no such file.
    bool unlink(const std::string& file) const;
    /// Names of everything in it but "." and "..", sorted.
    [[nodiscard]] std::vector<std::string> files() const;

private:
    Folder(FileHandle descriptor, const std::string& asked);

    FileHandle descriptor_;
    std::string path_;
    dev_t device_ = 0;
    ino_t inode_ = 0;
    bool is_tmpfs_ = false;
};

/// $SHUNT_DIR, or /dev/shm/shunt-<uid> where that is not set or empty.
[[nodiscard]] std::string directory_path();

/// The directory of directory_path(), made where it is missing.
[[nodiscard]] Folder open_directory();

/// The folder of a hugetlbfs mount that belongs to us: "shunt-<uid>".
[[nodiscard]] std::string slots_root_name();

/// <mount>/shunt-<uid>/<device>-<inode of `directory`>/, made where it is missing. In it an empty
/// file says to which directory it belongs (hugetlbfs holds neither text nor symlinks): "dir=" and
/// the path, '/' as %2F and '%' as %25. There may be several where one directory was seen under
/// several paths; the folder is in use while any of them leads to that device and inode.
[[nodiscard]] Folder open_slots_folder(const Folder& directory, const std::string& mount,
                                       Folder::Missing missing);

/// The path that a "dir=" file stands for; empty for any other file.
[[nodiscard]] std::string directory_of_link(std::string_view file);
/// And back.
[[nodiscard]] std::string link_of_directory(std::string_view path);

}  // namespace shunt::channel
