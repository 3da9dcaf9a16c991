// SPDX-License-Identifier: MIT
//
// Making memory: a new file's bytes, all of them there before anybody sees them. What cannot be had
// is an error now and never a SIGBUS later.
#pragma once

#include <shunt/allocators/file.hpp>
#include <shunt/allocators/mapping.hpp>

#include <cstdint>
#include <string_view>

namespace shunt {

/// Gives a new, empty file (O_TMPFILE, opened O_RDWR) `bytes` zero bytes, rounded up to whole
/// pages, and maps them: mmap, fallocate, MADV_POPULATE_WRITE, then proof from smaps that the pages
/// have `page_bytes`. kBasePageBytes means the kernel's base page; more means that `file` is on a
/// hugetlbfs mount of that size.
///
/// Throws Error whose text says what was wanted, what there is, and the cure: Errc::no_huge_pages
/// (pool empty), no_space (file system full), limit (RLIMIT_FSIZE, RLIMIT_AS, memory cgroup),
/// no_permission, bad_argument (no bytes, or not a page size), else the errno. After an error the
/// file is to be closed; being unnamed it is gone then. `what` names the memory in the text.
[[nodiscard]] Mapping make_memory(const FileHandle& file, std::uint64_t bytes,
                                  std::uint64_t page_bytes, std::string_view what);

}  // namespace shunt
