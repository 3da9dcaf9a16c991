// SPDX-License-Identifier: MIT
//
// NUMA: which nodes there are, what a request for one means on this host, and memory bound to it.
// The kernel is asked through NumaKernel, so that tests can be a host with many nodes. Nothing here
// makes memory (memory.hpp does) or moves pages that are there.
#pragma once

#include <shunt/allocators/node.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace shunt {

/// The kernel, as far as placement asks it.
class NumaKernel {
public:
    virtual ~NumaKernel() = default;
    /// mbind(2) with a mask of nodes, bit by bit: 0, or the errno.
    virtual int bind(std::byte* begin, std::uint64_t bytes, int mode,
                     std::span<const unsigned long> mask);
    /// move_pages(2), which moves nothing: the node of each page, negative where this process does
    /// not have it. 0, or the errno.
    virtual int locate(std::span<const void* const> pages, std::span<int> nodes);
    /// A text file of /proc or /sys; nothing where it cannot be read.
    virtual std::optional<std::string> read(const std::string& path);
};

/// The one that this process runs on.
[[nodiscard]] NumaKernel& this_kernel() noexcept;

/// On which nodes memory is to lie.
struct NodePlan {
    enum class Mode : std::uint32_t { anywhere, bind, interleave };
    Mode mode = Mode::anywhere;
    std::vector<int> nodes;  // ascending; empty: anywhere

    /// " on node 1", " over nodes 0, 1"; empty: anywhere.
    [[nodiscard]] std::string text() const;
};

/// The numbers of a list as the kernel writes it: "0-2,5". What is no number ends it.
[[nodiscard]] std::vector<int> parse_list(std::string_view text);

/// What `wish` (a node's number, or one of node::) means on this host for a thread on `cpu`. Throws
/// Errc::bad_argument (no such node, one without memory, no such cpu, a kernel without nodes) or
/// no_permission (the cpuset does not allow it); the text has the cure.
[[nodiscard]] NodePlan plan_nodes(std::int32_t wish, int cpu, NumaKernel& kernel = this_kernel());

}  // namespace shunt
