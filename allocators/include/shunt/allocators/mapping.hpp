// SPDX-License-Identifier: MIT
//
// Mapping: shared memory of one file, from its first byte, in this process and not in its children.
// It does not make memory (memory.hpp does) nor know what lies in it.
#pragma once

#include <shunt/allocators/file.hpp>

#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace shunt {

enum class Access : std::uint32_t { read, read_write };

/// Owns one MAP_SHARED mapping and unmaps it. Moves, does not copy. MADV_DONTFORK: a child made by
/// fork has nothing at these addresses.
class Mapping {
public:
    Mapping() noexcept = default;
    /// Takes over an mmap(2) of `size` bytes, mapped in pages of `page_bytes`.
    Mapping(std::byte* base, std::uint64_t size, std::uint64_t page_bytes, Access access) noexcept
        : base_{base}, size_{size}, page_bytes_{page_bytes}, access_{access} {}
    Mapping(Mapping&& other) noexcept
        : base_{std::exchange(other.base_, nullptr)},
          size_{std::exchange(other.size_, 0)},
          page_bytes_{std::exchange(other.page_bytes_, 0)},
          access_{other.access_},
          protected_{std::move(other.protected_)} {}
    Mapping& operator=(Mapping&& other) noexcept {
        if (this != &other) {
            unmap();
            base_ = std::exchange(other.base_, nullptr);
            size_ = std::exchange(other.size_, 0);
            page_bytes_ = std::exchange(other.page_bytes_, 0);
            access_ = other.access_;
            protected_ = std::move(other.protected_);
        }
        return *this;
    }
    ~Mapping() { unmap(); }

    /// The first byte; null where nothing is mapped. Writing needs Access::read_write.
    [[nodiscard]] std::byte* bytes() const noexcept { return base_; }
    [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
    /// Page size of the file system that it is from. proof.hpp asks the kernel about the mapping.
    [[nodiscard]] std::uint64_t page_bytes() const noexcept { return page_bytes_; }
    [[nodiscard]] Access access() const noexcept { return access_; }

    /// A part of a writable mapping, in whole base pages.
    struct Part {
        std::uint64_t offset;
        std::uint64_t bytes;
    };
    /// From now on to write there is SIGSEGV. A part that is not in whole pages of this kernel, nor
    /// behind the parts that were protected before, is a SHUNT_CHECK. Throws the errno.
    void protect(Part part);
    /// The parts that can be written, in order.
    [[nodiscard]] std::vector<Part> writable() const;
    [[nodiscard]] explicit operator bool() const noexcept { return base_ != nullptr; }

private:
    void unmap() noexcept;

    std::byte* base_ = nullptr;
    std::uint64_t size_ = 0;
    std::uint64_t page_bytes_ = 0;
    Access access_ = Access::read;
    std::vector<Part> protected_;
};

/// Maps the first `bytes` of a file that holds at least so many: Errc::truncated where it is
/// shorter (touching the rest would be SIGBUS), Errc::bad_argument for none, Errc::limit or the
/// errno where the kernel refuses. `what` names the memory in the error's text. The address is a
/// multiple of `alignment`, a power of two, or of a page where that is 0.
[[nodiscard]] Mapping map_file(const FileHandle& file, std::uint64_t bytes, Access access,
                               std::string_view what, std::uint64_t alignment = 0);

/// The kernel's base page: 4096, or up to 64 KiB on aarch64.
[[nodiscard]] std::uint64_t base_page_bytes() noexcept;

/// Pages that the file's system hands out: those of the hugetlbfs mount, else base pages. Throws
/// the errno where the kernel does not say.
[[nodiscard]] std::uint64_t file_page_bytes(const FileHandle& file);

}  // namespace shunt
