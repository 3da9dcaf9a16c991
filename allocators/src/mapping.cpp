// SPDX-License-Identifier: MIT
#include <shunt/allocators/mapping.hpp>

#include <shunt/core/bytes.hpp>
#include <shunt/core/error.hpp>

#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "refusal.hpp"
#include "text.hpp"

namespace shunt {

void Mapping::unmap() noexcept {
    if (base_ != nullptr) {
        ::munmap(base_, align_up(size_, page_bytes_));  // huge pages are unmapped whole
        base_ = nullptr;
    }
}

std::uint64_t base_page_bytes() noexcept {
    static const auto bytes = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
    return bytes;
}

std::uint64_t file_page_bytes(const FileHandle& file) {
    struct statfs system {};
    if (::fstatfs(file.get(), &system) != 0) {
        throw detail::system_error(errno, "cannot ask for the page size of a file");
    }
    return system.f_type == HUGETLBFS_MAGIC ? static_cast<std::uint64_t>(system.f_bsize)
                                            : base_page_bytes();
}

Mapping map_file(const FileHandle& file, std::uint64_t bytes, Access access,
                 std::string_view what) {
    const std::string wanted =
        "wanted to map " + detail::size_text(bytes) + " of " + std::string{what};
    if (bytes == 0) {
        throw Error{Errc::bad_argument, wanted + ", which is nothing: ask for a byte at least"};
    }
    struct stat facts {};
    if (::fstat(file.get(), &facts) != 0) {
        throw detail::system_error(errno, wanted);
    }
    if (static_cast<std::uint64_t>(facts.st_size) < bytes) {
        throw Error{Errc::truncated, wanted + ", but the file holds " +
                                         std::to_string(facts.st_size) + " of these " +
                                         std::to_string(bytes) +
                                         " bytes: it was cut short; remove it"};
    }
    return detail::map_shared({file, bytes, file_page_bytes(file), what}, access);
}

Mapping detail::map_shared(const Wanted& wanted, Access access) {
    const int protection = access == Access::read ? PROT_READ : PROT_READ | PROT_WRITE;
    void* const base = ::mmap(nullptr, wanted.bytes, protection, MAP_SHARED, wanted.file.get(), 0);
    if (base == MAP_FAILED) {
        refuse_memory(wanted, errno, "mmap");
    }
    Mapping mapping{static_cast<std::byte*>(base), wanted.bytes, wanted.page_bytes, access};
    if (::madvise(base, align_up(wanted.bytes, wanted.page_bytes), MADV_DONTFORK) != 0) {
        refuse_memory(wanted, errno, "madvise(MADV_DONTFORK)");
    }
    return mapping;
}

}  // namespace shunt
