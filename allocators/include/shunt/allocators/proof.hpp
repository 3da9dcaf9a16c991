// SPDX-License-Identifier: MIT
//
// What the kernel says about memory: the size of its pages, how many of them this process has in
// its page tables, and on which NUMA nodes they lie. Nothing here is remembered or believed; every
// call reads /proc/self/smaps and asks move_pages(2), without moving anything.
#pragma once

#include <shunt/allocators/mapping.hpp>
#include <shunt/allocators/numa.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace shunt {

/// A page that this process never touched is not resident to it, even where another process has it:
/// prefault (prepare.hpp) before asking.
struct MemoryProof {
    std::uint64_t page_bytes = 0;                      // KernelPageSize of the mapping
    std::uint64_t pages = 0;                           // that the range has
    std::uint64_t resident_pages = 0;                  // in this process's page tables
    std::uint64_t locked_bytes = 0;                    // counted as mlocked; huge pages never are
    std::uint64_t transparent_bytes = 0;               // of it at least, in transparent huge pages
    std::vector<std::pair<int, std::uint64_t>> nodes;  // node, resident pages on it; ascending
    std::string no_nodes;  // why `nodes` is empty: what move_pages said; else empty

    /// The node on which every resident page lies; -1 where they are mixed, none, or unknown.
    [[nodiscard]] int node() const noexcept { return nodes.size() == 1 ? nodes.front().first : -1; }
};

/// Proof for `size` bytes from `begin`. Blocks for some 0.3 ms, in which the kernel writes down all
/// mappings of this process, and about 0.1 us a page. Throws Errc::bad_argument where part of the
/// range is not mapped or has pages of another size, the errno where /proc cannot be read.
[[nodiscard]] MemoryProof prove_memory(const std::byte* begin, std::uint64_t size,
                                       NumaKernel& kernel = this_kernel());
[[nodiscard]] MemoryProof prove_memory(const Mapping& mapping, NumaKernel& kernel = this_kernel());

}  // namespace shunt
