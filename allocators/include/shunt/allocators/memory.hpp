// SPDX-License-Identifier: MIT
//
// Making memory: a new file's bytes, all of them there before anybody sees them. What cannot be had
// is an error now and never a SIGBUS later.
#pragma once

#include <shunt/allocators/file.hpp>
#include <shunt/allocators/mapping.hpp>
#include <shunt/allocators/numa.hpp>
#include <shunt/core/config.hpp>

#include <cstdint>
#include <string_view>

namespace shunt {

/// In which pages and where.
struct MemoryPlan {
    /// kBasePageBytes: the kernel's base page; more: `file` is on a hugetlbfs mount of that size.
    std::uint64_t page_bytes = kBasePageBytes;
    /// Base pages of a tmpfs, gathered into huge ones of 2 MiB by the kernel.
    bool transparent = false;
    NodePlan nodes{};
};

/// Gives a new, empty file (O_TMPFILE, opened O_RDWR) `bytes` zero bytes, rounded up to whole
/// pages, and maps them: mmap, mbind, fallocate, MADV_POPULATE_WRITE, MADV_COLLAPSE, then proof
/// from smaps and move_pages that pages and nodes are as planned.
///
/// Throws Error whose text says what was wanted, what there is, and the cure: Errc::no_huge_pages
/// (pool empty, none on the node, no transparent ones), no_space (file system or node full), limit
/// (RLIMIT_FSIZE, RLIMIT_AS, memory cgroup), no_permission, bad_argument (no bytes, or not a page
/// size), else the errno. After an error the file is to be closed; being unnamed it is gone then.
/// `what` names the memory in the text.
[[nodiscard]] Mapping make_memory(const FileHandle& file, std::uint64_t bytes,
                                  const MemoryPlan& plan, std::string_view what,
                                  NumaKernel& kernel = this_kernel());

/// The same of `page_bytes`, wherever the kernel puts it.
[[nodiscard]] inline Mapping make_memory(const FileHandle& file, std::uint64_t bytes,
                                         std::uint64_t page_bytes, std::string_view what) {
    return make_memory(file, bytes, MemoryPlan{.page_bytes = page_bytes}, what);
}

}  // namespace shunt
