// SPDX-License-Identifier: MIT
#include <shunt/allocators/hugetlbfs.hpp>

#include <shunt/allocators/file.hpp>
#include <shunt/core/config.hpp>
#include <shunt/core/error.hpp>

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <system_error>

#include "text.hpp"

namespace shunt {
namespace {

constexpr std::string_view kPools = "/sys/kernel/mm/hugepages/hugepages-";

std::string pool_folder(std::uint64_t page_bytes) {
    return std::string{kPools} + std::to_string(page_bytes / 1024) + "kB/";
}

std::optional<std::uint64_t> read_count(const std::string& path) {
    const std::optional<std::string> text = read_text(path.c_str());
    std::uint64_t count = 0;
    if (!text ||
        std::from_chars(text->data(), text->data() + text->size(), count).ec != std::errc{}) {
        return std::nullopt;
    }
    return count;
}

// mountinfo writes space, tab, newline and backslash as \ooo.
std::string unescape(std::string_view text) {
    std::string plain;
    for (std::size_t i = 0; i < text.size(); ++i) {
        int code = 0;
        if (text[i] == '\\' && i + 3 < text.size() &&
            std::from_chars(&text[i + 1], &text[i + 1] + 3, code, 8).ptr == &text[i + 1] + 3) {
            plain += static_cast<char>(code);
            i += 3;
        } else {
            plain += text[i];
        }
    }
    return plain;
}

// "36 35 98:0 /root /mount/point options [optional ...] - type source super": the mount point,
// empty for any other type than hugetlbfs.
std::string huge_mount_point(std::string_view line) {
    const std::size_t dash = line.find(" - ");
    if (dash == std::string_view::npos) {
        return {};
    }
    std::string_view tail = line.substr(dash + 3);
    if (detail::next_part(tail, ' ') != "hugetlbfs") {
        return {};
    }
    for (int field = 0; field < 4; ++field) {
        static_cast<void>(detail::next_part(line, ' '));
    }
    return unescape(detail::next_part(line, ' '));
}

bool usable(const std::string& path, int mode) {
    return ::faccessat(AT_FDCWD, path.c_str(), mode, AT_EACCESS) == 0;
}

// The folder is there and we may write it, or we may make it.
bool folder_usable(const std::string& mount, std::string_view folder) {
    const std::string path = mount + "/" + std::string{folder};
    if (usable(path, F_OK)) {
        return usable(path, R_OK | W_OK | X_OK);
    }
    return usable(mount, W_OK | X_OK);
}

std::string size_option(std::uint64_t page_bytes) {
    const auto in = [&](unsigned shift, char unit) {
        return std::to_string(page_bytes >> shift) + unit;
    };
    return page_bytes >> 30 != 0 ? in(30, 'G') : page_bytes >> 20 != 0 ? in(20, 'M') : in(10, 'K');
}

}  // namespace

std::optional<HugePool> huge_pool(std::uint64_t page_bytes) {
    const std::string folder = pool_folder(page_bytes);
    const auto total = read_count(folder + "nr_hugepages");
    const auto free = read_count(folder + "free_hugepages");
    const auto reserved = read_count(folder + "resv_hugepages");
    const auto surplus = read_count(folder + "surplus_hugepages");
    const auto overcommit = read_count(folder + "nr_overcommit_hugepages");
    if (!total || !free || !reserved || !surplus || !overcommit) {
        return std::nullopt;
    }
    const std::uint64_t spare = *overcommit > *surplus ? *overcommit - *surplus : 0;
    return HugePool{page_bytes, *total, *free, *reserved, spare};
}

std::string huge_pool_cure(std::uint64_t page_bytes, std::uint64_t missing_pages) {
    const std::optional<HugePool> pool = huge_pool(page_bytes);
    const std::string count = std::to_string((pool ? pool->total_pages : 0) + missing_pages);
    const std::string size_line = "Hugepagesize:";
    const std::optional<std::string> meminfo = read_text("/proc/meminfo");
    const std::size_t at = meminfo ? meminfo->find(size_line) : std::string::npos;
    if (at != std::string::npos) {
        std::string_view rest{*meminfo};
        rest.remove_prefix(at + size_line.size());
        rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
        std::uint64_t kib = 0;
        std::from_chars(rest.data(), rest.data() + rest.size(), kib);
        if (kib * 1024 == page_bytes) {  // vm.nr_hugepages speaks of the default size only
            return "sysctl vm.nr_hugepages=" + count;
        }
    }
    return "echo " + count + " > " + pool_folder(page_bytes) + "nr_hugepages";
}

std::vector<HugeMount> huge_mounts() {
    std::vector<HugeMount> mounts;
    const std::optional<std::string> text = read_text("/proc/self/mountinfo");
    if (!text) {
        throw detail::system_error(errno, "cannot read /proc/self/mountinfo to find hugetlbfs");
    }
    for (std::string_view rest{*text}; !rest.empty();) {
        const std::string path = huge_mount_point(detail::next_part(rest, '\n'));
        if (path.empty() || std::any_of(mounts.begin(), mounts.end(), [&](const HugeMount& known) {
                return known.path == path;
            })) {
            continue;
        }
        // Another mount may lie over this one: what counts is what the path leads to.
        struct statfs system {};
        const int error = ::statfs(path.c_str(), &system) == 0 ? 0 : errno;
        if (error == 0 && system.f_type == HUGETLBFS_MAGIC) {
            mounts.push_back({path, static_cast<std::uint64_t>(system.f_bsize), 0});
        } else if (error != 0 && error != ENOENT && error != ENOTDIR) {
            mounts.push_back({path, 0, error});
        }
    }
    return mounts;
}

namespace {

[[noreturn]] void refuse_no_pool(const std::string& wanted, std::uint64_t page_bytes) {
    const std::optional<std::string> cpus = read_text("/proc/cpuinfo");
    const bool gigantic = page_bytes == kGiganticPageBytes;
    if (gigantic && cpus && cpus->find("flags") != std::string::npos &&
        cpus->find(" pdpe1gb") == std::string::npos) {
        throw Error{Errc::no_huge_pages,
                    wanted +
                        ", but this cpu has none (no pdpe1gb among the flags of /proc/cpuinfo): "
                        "have the virtual machine show its host's cpu, or use 2 MiB pages"};
    }
    throw Error{Errc::no_huge_pages,
                wanted +
                    ", but this kernel has no such pages (it lists what it has in "
                    "/sys/kernel/mm/hugepages): use another size, or base pages"};
}

[[noreturn]] void refuse_no_mount(const std::string& wanted, std::uint64_t page_bytes) {
    const std::string at = page_bytes == kHugePageBytes
                               ? "/dev/hugepages"
                               : "/dev/hugepages-" + size_option(page_bytes);
    const std::string make = page_bytes == kHugePageBytes ? "" : "mkdir -p " + at + " && ";
    throw Error{Errc::no_huge_pages,
                wanted +
                    ", but no hugetlbfs with such pages is mounted: as root, scripts/setup, or " +
                    make + "mount -t hugetlbfs -o mode=1777,pagesize=" + size_option(page_bytes) +
                    " none " + at};
}

// `unseen` did not tell its page size, so it may be the mount that is wanted.
[[noreturn]] void refuse_unseen(const std::string& wanted, const HugeMount& unseen) {
    const std::string text =
        wanted + ", but the hugetlbfs at " + unseen.path +
        " could not be looked at (statfs: " + std::generic_category().message(unseen.error) + ")";
    if (unseen.error == EACCES || unseen.error == EPERM) {
        throw Error{Errc::no_permission,
                    text + ": as root, let user " + std::to_string(::geteuid()) +
                        " search the directories above it (chmod o+x), or mount one elsewhere"};
    }
    throw Error{{unseen.error, std::generic_category()},
                text + "; mount another one, or use base pages"};
}

}  // namespace

HugeMount find_huge_mount(std::uint64_t page_bytes, std::string_view folder) {
    const std::string wanted = "wanted " + detail::size_text(page_bytes) + " pages";
    if (!huge_pool(page_bytes)) {
        refuse_no_pool(wanted, page_bytes);
    }
    std::string refused;
    std::optional<HugeMount> unseen;
    for (HugeMount& mount : huge_mounts()) {
        if (mount.error != 0 && !unseen) {
            unseen = mount;
        }
        if (mount.page_bytes != page_bytes) {
            continue;
        }
        if (folder_usable(mount.path, folder)) {
            return mount;
        }
        refused += (refused.empty() ? "" : ", ") + mount.path;
    }
    if (refused.empty() && unseen) {
        refuse_unseen(wanted, *unseen);
    }
    if (refused.empty()) {
        refuse_no_mount(wanted, page_bytes);
    }
    const std::string uid = std::to_string(::geteuid());
    throw Error{Errc::no_permission,
                wanted + ", but user " + uid + " cannot write the hugetlbfs at " + refused +
                    ": as root, scripts/setup, or chmod 1777 it, or make " + std::string{folder} +
                    " in it with owner " + uid + " and mode 0700"};
}

}  // namespace shunt
