// SPDX-License-Identifier: MIT
#include "process/support/playground.hpp"

#include <shunt/allocators/file.hpp>
#include <shunt/allocators/hugetlbfs.hpp>
#include <shunt/channel/directory.hpp>
#include <shunt/core/config.hpp>

#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <string_view>
#include <system_error>

namespace shunt::process_test {
namespace {

namespace fs = std::filesystem;

constexpr const char* kMount = "/mnt";  // every Linux has it; only our namespace sees ours
constexpr std::uint64_t kPagesForUs = 8;

std::string reason(const char* what) {
    return std::string{what} + ": " + std::system_category().message(errno);
}

std::string mount_huge_pages() {
    const auto pool = huge_pool(kHugePageBytes);
    if (!pool || pool->available_pages() < kPagesForUs) {
        return "fewer than " + std::to_string(kPagesForUs) + " free 2 MiB pages in the pool";
    }
    if (::unshare(CLONE_NEWNS) != 0) {
        return "unshare(CLONE_NEWNS) is not permitted to this user";
    }
    if (::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) {
        return reason("making mounts private");
    }
    for (const HugeMount& mount : huge_mounts()) {
        if (::mount("none", mount.path.c_str(), "tmpfs", 0, "size=64k") != 0) {
            return reason("hiding another hugetlbfs");
        }
    }
    if (::mount("none", kMount, "hugetlbfs", 0, "pagesize=2M,mode=1777") != 0) {
        return reason("mounting hugetlbfs");
    }
    return {};
}

// Where the slots of its channels lie, as far as they lie on a mount that is not the test's own.
std::vector<std::string> slots_folders_of(const std::string& path) {
    std::vector<std::string> folders;
    struct stat status {};
    if (::stat(path.c_str(), &status) == 0) {
        const std::string name = "/" + channel::slots_root_name() + "/" +
                                 std::to_string(status.st_dev) + "-" +
                                 std::to_string(status.st_ino);
        for (const HugeMount& mount : huge_mounts()) {
            folders.push_back(mount.path + name);
        }
    }
    return folders;
}

// Waits until the pipe's other end says so or is gone with all who held it, then removes `path`.
[[noreturn]] void guard(const std::string& path, int parent) {
    ::setsid();  // what ends the test by its group or terminal does not end us
    for (int descriptor = 0; descriptor < 3; ++descriptor) {
        ::close(descriptor);  // whoever reads the test's output must not wait for us
    }
    char byte = 0;
    while (::read(parent, &byte, 1) < 0 && errno == EINTR) {
    }
    std::error_code ignored;
    for (const std::string& folder : slots_folders_of(path)) {
        fs::remove_all(folder, ignored);
    }
    fs::remove_all(path, ignored);
    ::_exit(0);
}

}  // namespace

Playground::Playground() {
    const bool memory = ::access("/dev/shm", W_OK) == 0;
    path_ = (memory ? "/dev/shm" : fs::temp_directory_path().string()) + "/shunt-play-XXXXXX";
    if (::mkdtemp(path_.data()) == nullptr) {
        throw std::system_error(errno, std::system_category(), "mkdtemp " + path_);
    }
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) {
        throw std::system_error(errno, std::system_category(), "pipe");
    }
    guardian_ = ::fork();
    if (guardian_ == 0) {
        ::close(ends[1]);
        guard(path_, ends[0]);
    }
    ::close(ends[0]);
    alive_ = ends[1];
    ::setenv("SHUNT_DIR", path_.c_str(), 1);
}

Playground::~Playground() {
    (void)!::write(alive_, "x", 1);
    ::close(alive_);
    while (guardian_ > 0 && ::waitpid(guardian_, nullptr, 0) < 0 && errno == EINTR) {
    }
}

std::string Playground::file_of(const std::string& channel) const {
    return path_ + "/" + channel + ".shunt";
}

std::vector<std::string> Playground::files() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(path_)) {
        names.push_back(entry.path().filename().string());
    }
    std::sort(names.begin(), names.end());
    return names;
}

const std::string& own_huge_pages() {
    static const std::string why_not = mount_huge_pages();
    return why_not;
}

std::vector<std::string> slots_files() {
    std::vector<std::string> paths;
    if (own_huge_pages().empty()) {
        for (const auto& entry : fs::recursive_directory_iterator(kMount)) {
            if (entry.path().extension() == ".slots") {
                paths.push_back(entry.path().string());
            }
        }
    }
    return paths;
}

std::uint64_t locks_on(std::uint64_t inode) {
    const auto text = read_text("/proc/locks");
    const std::string mark = ":" + std::to_string(inode) + " ";
    std::uint64_t count = 0;
    for (std::size_t at = text ? text->find(mark) : std::string::npos; at != std::string::npos;
         at = text->find(mark, at + 1)) {
        ++count;
    }
    return count;
}

}  // namespace shunt::process_test
