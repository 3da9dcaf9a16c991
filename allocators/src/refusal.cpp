// SPDX-License-Identifier: MIT
#include "refusal.hpp"

#include <shunt/allocators/hugetlbfs.hpp>
#include <shunt/core/config.hpp>
#include <shunt/core/error.hpp>

#include <sys/vfs.h>

#include <cerrno>
#include <filesystem>
#include <optional>

#include "text.hpp"

namespace shunt::detail {
namespace {

// The directory that the file is or was in: "/dev/shm/shunt-0".
std::string place_of(const FileHandle& file) {
    std::error_code ignored;
    const auto link =
        std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(file.get()), ignored);
    return ignored ? std::string{"its file system"} : link.parent_path().string();
}

std::string address_space_text(std::string_view call) {
    const rlim_t limit = soft_limit(RLIMIT_AS);
    if (limit != RLIM_INFINITY) {
        return std::string{call} + " was refused with " + size_text(status_bytes("VmSize:")) +
               " mapped and RLIMIT_AS at " + size_text(limit) +
               ": raise it (ulimit -v unlimited, LimitAS= of the service) or ask for less";
    }
    return std::string{call} +
           " was refused for want of memory: raise the limit of the memory (or hugetlb) cgroup or "
           "vm.max_map_count, whichever was reached, or ask for less";
}

[[noreturn]] void refuse_huge(const Wanted& wanted, std::string_view call) {
    const std::uint64_t pages = wanted.bytes / wanted.page_bytes;
    const std::optional<HugePool> pool = huge_pool(wanted.page_bytes);
    if (pool && pool->available_pages() < pages) {
        throw Error{Errc::no_huge_pages,
                    wanted.text() + ", " + std::to_string(pool->free_pages) + " of " +
                        std::to_string(pool->total_pages) + " in the pool are free and " +
                        std::to_string(pool->reserved_pages) + " of these are promised: as root, " +
                        huge_pool_cure(wanted.page_bytes, pages - pool->available_pages()) +
                        (wanted.page_bytes == kGiganticPageBytes
                             ? " (soon after the boot, or hugepagesz=1G hugepages=N for the kernel)"
                             : "") +
                        "; or ask for less, or for base pages"};
    }
    struct statfs system {};
    if (::fstatfs(wanted.file.get(), &system) == 0 && system.f_blocks != 0 &&
        static_cast<std::uint64_t>(system.f_bavail) < pages) {
        throw Error{Errc::no_huge_pages,
                    wanted.text() + ", " + std::to_string(system.f_bavail) + " of the " +
                        std::to_string(system.f_blocks) + " that the mount at " +
                        place_of(wanted.file) +
                        " may have are free: as root, mount -o remount,size=... with more"};
    }
    throw Error{Errc::limit, wanted.text() + ", " + address_space_text(call)};
}

[[noreturn]] void refuse_space(const Wanted& wanted) {
    struct statfs system {};
    std::string free = "none";
    if (::fstatfs(wanted.file.get(), &system) == 0) {
        free = size_text(static_cast<std::uint64_t>(system.f_bavail) *
                         static_cast<std::uint64_t>(system.f_bsize));
    }
    throw Error{Errc::no_space, wanted.text() + ", " + free + " free at " + place_of(wanted.file) +
                                    ": remove channels that nobody uses, enlarge the file system "
                                    "(tmpfs: mount -o remount,size=...), set SHUNT_DIR to a larger "
                                    "one, or ask for less"};
}

}  // namespace

std::string Wanted::text() const {
    const std::string pages =
        transparent ? std::to_string(bytes / kHugePageBytes) + " x 2 MiB transparent huge pages"
                    : pages_text(bytes / page_bytes, page_bytes);
    return "wanted " + pages + (nodes != nullptr ? nodes->text() : "") + " (" + size_text(bytes) +
           ") for " + std::string{what};
}

void refuse_memory(const Wanted& wanted, int error, std::string_view call) {
    const std::string text = wanted.text() + ", " + std::string{call} + " was refused";
    switch (error) {
        case ENOMEM:
        case ENOSPC:
        case EDQUOT:
            if (wanted.huge()) {
                refuse_huge(wanted, call);
            }
            if (error != ENOMEM) {
                refuse_space(wanted);
            }
            throw Error{Errc::limit, wanted.text() + ", " + address_space_text(call)};
        case EFBIG:
            throw Error{Errc::limit, text +
                                         " because the file system has no files so large: ask "
                                         "for less, or set SHUNT_DIR to another one"};
        case EAGAIN:
            throw Error{Errc::limit, text +
                                         " because this process locks all it maps (mlockall) "
                                         "and RLIMIT_MEMLOCK is too small: raise it (ulimit -l, "
                                         "LimitMEMLOCK= of the service)"};
        case EPERM:
        case EACCES:
            throw Error{Errc::no_permission, text + " on a file at " + place_of(wanted.file) +
                                                 ": it must be ours, open for reading and writing "
                                                 "and not sealed"};
        case EOPNOTSUPP:
        case ENODEV:
            throw system_error(error, text + " at " + place_of(wanted.file) +
                                          ", whose file system cannot do it; set SHUNT_DIR to a "
                                          "directory on tmpfs");
        case EINVAL:
            throw system_error(error, text + "; shunt needs Linux 5.14 or later");
        default:
            throw system_error(error, text);
    }
}

}  // namespace shunt::detail
