// SPDX-License-Identifier: MIT
//
// A directory on tmpfs for one test. It goes with the test, and so do slots on hugetlbfs of the
// channels that were in it; where the test is killed, the next one that makes a directory removes
// both.
#pragma once

#include "unit/allocators/sandbox.hpp"

#include <shunt/allocators/file.hpp>
#include <shunt/allocators/hugetlbfs.hpp>
#include <shunt/channel/directory.hpp>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>
#include <utility>

namespace shunt::sandbox {

class Scratch {
public:
    Scratch() {
        // Nobody looks for the abandoned between the birth of a directory and its lock.
        const FileHandle turn = locked(kTmpfs, LOCK_EX);
        must(static_cast<bool>(turn), "lock of a tmpfs");
        remove_abandoned();
        root_ = std::string{kTmpfs} + "/" + kPrefix + "XXXXXX";
        must(::mkdtemp(root_.data()) != nullptr, "mkdtemp " + root_);
        life_ = locked(root_, LOCK_EX);
        must(static_cast<bool>(life_), "lock of " + root_);
        path_ = root_ + "/own";
        must(::mkdir(path_.c_str(), 0700) == 0, "mkdir " + path_);
        must(::chmod(root_.c_str(), 0711) == 0, "chmod " + root_);  // own's mode decides
    }
    Scratch(const Scratch&) = delete;
    Scratch& operator=(const Scratch&) = delete;
    ~Scratch() {
        std::error_code ignored;
        std::filesystem::remove_all(root_, ignored);
        remove_orphaned_slots();
    }

    /// Mode 0700, empty. The descriptor that says that we live leads elsewhere.
    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] std::string operator/(const std::string& name) const {
        return path_ + "/" + name;
    }

private:
    static constexpr const char* kTmpfs = "/dev/shm";
    static constexpr const char* kPrefix = "shunt-test-";

    // With an flock(2), which ends with the last process that has the descriptor. Empty: no.
    static FileHandle locked(const std::string& directory, int how) {
        FileHandle handle = FileHandle::open(directory.c_str(), O_RDONLY | O_DIRECTORY);
        return handle && ::flock(handle.get(), how) == 0 ? std::move(handle) : FileHandle{};
    }
    static void remove_abandoned() {
        std::error_code ignored;
        for (const auto& entry : std::filesystem::directory_iterator{kTmpfs, ignored}) {
            if (entry.path().filename().string().starts_with(kPrefix) &&
                locked(entry.path(), LOCK_EX | LOCK_NB)) {
                std::filesystem::remove_all(entry.path(), ignored);
            }
        }
        remove_orphaned_slots();
    }
    static void remove_orphaned_slots() {
        std::error_code ignored;
        for (const HugeMount& mount : huge_mounts()) {
            const std::string ours = mount.path + "/" + channel::slots_root_name();
            for (const auto& folder : std::filesystem::directory_iterator{ours, ignored}) {
                if (is_orphan(folder.path())) {
                    std::filesystem::remove_all(folder.path(), ignored);
                }
            }
        }
    }
    // Slots of a test's directory that is gone.
    static bool is_orphan(const std::filesystem::path& folder) {
        const std::string tests = std::string{kTmpfs} + "/" + kPrefix;
        std::error_code ignored;
        for (const auto& file : std::filesystem::directory_iterator{folder, ignored}) {
            const std::string of = channel::directory_of_link(file.path().filename().string());
            if (of.starts_with(tests) && ::access(of.c_str(), F_OK) != 0 && errno == ENOENT) {
                return true;
            }
        }
        return false;
    }

    std::string root_;
    std::string path_;
    FileHandle life_;
};

}  // namespace shunt::sandbox
