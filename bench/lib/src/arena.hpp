// SPDX-License-Identifier: MIT
//
// The rivals' memory: as much as the neediest of them asks for, from the file systems that a
// channel's slots would come from, and in the same pages. Children inherit it.
#pragma once

#include <shunt/allocators/mapping.hpp>
#include <shunt/channel/options.hpp>

#include <cstddef>
#include <cstdint>
#include <string>

namespace shunt::bench {

class Arena {
public:
    /// `slots_bytes`: what a channel of the same geometry has in slots, which decides the pages
    /// under pages::prefer_huge. Made and touched on `cpu`. Throws Error as a channel would.
    Arena(std::uint64_t bytes, shunt::pages pages, std::uint64_t slots_bytes, int cpu);

    [[nodiscard]] std::byte* memory() const noexcept { return mapping_.bytes(); }
    [[nodiscard]] std::uint64_t bytes() const noexcept { return mapping_.size(); }
    /// Proven from smaps and move_pages.
    [[nodiscard]] std::uint64_t page_bytes() const noexcept { return page_bytes_; }
    [[nodiscard]] int node() const noexcept { return node_; }

private:
    Mapping mapping_;
    std::uint64_t page_bytes_ = 0;
    int node_ = -1;
};

}  // namespace shunt::bench
