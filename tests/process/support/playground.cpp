// SPDX-License-Identifier: MIT
#include "process/support/playground.hpp"

#include <shunt/allocators/file.hpp>
#include <shunt/allocators/hugetlbfs.hpp>
#include <shunt/core/config.hpp>

#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
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

}  // namespace

Playground::Playground() {
    ::setenv("SHUNT_DIR", path().c_str(), 1);
}

std::string Playground::file_of(const std::string& channel) const {
    return scratch_ / (channel + ".shunt");
}

std::vector<std::string> Playground::files() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(path())) {
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

FileId id_of(int descriptor) {
    struct stat facts {};
    if (::fstat(descriptor, &facts) != 0) {
        throw std::system_error(errno, std::system_category(), "fstat");
    }
    return {facts.st_dev, facts.st_ino};
}

std::uint64_t locks_on(FileId file) {
    const auto text = read_text("/proc/locks");
    char device[32];
    std::snprintf(device, sizeof(device), " %02x:%02x:", major(file.device), minor(file.device));
    const std::string mark = device + std::to_string(file.inode) + " ";
    std::uint64_t count = 0;
    for (std::size_t at = text ? text->find(mark) : std::string::npos; at != std::string::npos;
         at = text->find(mark, at + 1)) {
        ++count;
    }
    return count;
}

}  // namespace shunt::process_test
