// SPDX-License-Identifier: MIT
//
// Where huge pages are to be had: the hugetlbfs mounts that this process can write, and what is
// left in the kernel's pools. Reads /proc and /sys only; mounts nothing and reserves nothing.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace shunt {

/// One pool of huge pages, as /sys/kernel/mm/hugepages tells it.
struct HugePool {
    std::uint64_t page_bytes = 0;
    std::uint64_t total_pages = 0;     // nr_hugepages: in the pool, used or not
    std::uint64_t free_pages = 0;      // not used, but perhaps promised to somebody
    std::uint64_t reserved_pages = 0;  // free and promised
    std::uint64_t spare_pages = 0;     // that the kernel may still add by itself (overcommit)

    /// Pages that a new mapping can get.
    [[nodiscard]] std::uint64_t available_pages() const noexcept {
        return (free_pages > reserved_pages ? free_pages - reserved_pages : 0) + spare_pages;
    }
};

/// The pool of that page size, or nothing where this kernel has none.
[[nodiscard]] std::optional<HugePool> huge_pool(std::uint64_t page_bytes);

/// The command that makes the pool hold `missing_pages` more than now.
[[nodiscard]] std::string huge_pool_cure(std::uint64_t page_bytes, std::uint64_t missing_pages);

struct HugeMount {
    std::string path;
    std::uint64_t page_bytes = 0;  // 0: the kernel did not say
    int error = 0;                 // why not: the errno of statfs(2)
};

/// Every hugetlbfs mount that this process sees, in the order of /proc/self/mountinfo, the page
/// size asked from the file system itself. One that lies under another mount is not seen.
[[nodiscard]] std::vector<HugeMount> huge_mounts();

/// The first mount with pages of `page_bytes` in which this process can use the folder `folder`:
/// one that is there and that it can write, or one that it can make. Throws Errc::no_huge_pages
/// where there is no such mount, Errc::no_permission where none is writable or may be looked at,
/// the errno where one could not be looked at; the text has the cure. Whether the pool has pages
/// left is asked by taking them (memory.hpp).
[[nodiscard]] HugeMount find_huge_mount(std::uint64_t page_bytes, std::string_view folder);

}  // namespace shunt
