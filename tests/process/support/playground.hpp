// SPDX-License-Identifier: MIT
//
// A place for channels that nothing else uses: a $SHUNT_DIR of its own and, where the kernel allows
// it, huge pages of its own in a private mount namespace.
#pragma once

#include "support/scratch.hpp"

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace shunt::process_test {

class Playground {
public:
    /// Makes the directory and sets SHUNT_DIR. Before the first port of this process.
    Playground();

    [[nodiscard]] const std::string& path() const noexcept { return scratch_.path(); }
    [[nodiscard]] std::string file_of(const std::string& channel) const;
    /// All files in it.
    [[nodiscard]] std::vector<std::string> files() const;

private:
    sandbox::Scratch scratch_;
};

/// Moves this process into a mount namespace of its own, whose only hugetlbfs is its own; once.
/// Empty, or why there are no huge pages here. Call it before the first thread is made.
[[nodiscard]] const std::string& own_huge_pages();
/// Slots files on that mount.
[[nodiscard]] std::vector<std::string> slots_files();

/// Which file it is, of all file systems.
struct FileId {
    dev_t device = 0;
    ino_t inode = 0;
};
/// Throws the errno.
[[nodiscard]] FileId id_of(int descriptor);

/// Lines of /proc/locks on this file. Other file systems have files of the same number.
[[nodiscard]] std::uint64_t locks_on(FileId file);

}  // namespace shunt::process_test
