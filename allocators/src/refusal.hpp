// SPDX-License-Identifier: MIT
//
// What it means when the kernel refuses memory, and what to do about it: an errno becomes an Error
// with what was wanted, what there is, and the cure. Private to this folder.
#pragma once

#include <shunt/allocators/file.hpp>
#include <shunt/allocators/mapping.hpp>
#include <shunt/allocators/memory.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace shunt::detail {

/// The memory that somebody asked for.
struct Wanted {
    const FileHandle& file;
    std::uint64_t bytes;       // whole pages
    std::uint64_t page_bytes;  // of the file system
    std::string_view what;
    std::uint64_t alignment = 0;  // of the address, beyond a page's; 0: none
    bool transparent = false;
    const NodePlan* nodes = nullptr;  // null: anywhere

    [[nodiscard]] bool huge() const noexcept { return page_bytes > base_page_bytes(); }
    [[nodiscard]] bool placed() const noexcept {
        return nodes != nullptr && nodes->mode != NodePlan::Mode::anywhere;
    }
    /// "wanted 64 x 2 MiB pages on node 0 (128 MiB) for slots of 'md.ticks'"
    [[nodiscard]] std::string text() const;
};

/// Throws the Error for `error`, which `call` ("mmap", "fallocate", "madvise") gave.
[[noreturn]] void refuse_memory(const Wanted& wanted, int error, std::string_view call);

/// Every page into this process's page tables (prepare.hpp): 0, or the errno of madvise.
[[nodiscard]] int populate(const Mapping& mapping);

/// mmap, MAP_SHARED and MADV_DONTFORK, from byte 0. Asks nothing about the file's size.
[[nodiscard]] Mapping map_shared(const Wanted& wanted, Access access);

}  // namespace shunt::detail
