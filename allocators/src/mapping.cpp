// SPDX-License-Identifier: MIT
#include <shunt/allocators/mapping.hpp>

#include <shunt/core/bytes.hpp>
#include <shunt/core/check.hpp>
#include <shunt/core/error.hpp>

#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <string>

#include "refusal.hpp"
#include "text.hpp"

namespace shunt {
namespace {

// In the middle of address space that is reserved first; MAP_FAILED with errno as of mmap.
void* map_aligned(const detail::Wanted& wanted, int protection) {
    const std::uint64_t room_bytes = wanted.bytes + wanted.alignment;
    void* const room =
        ::mmap(nullptr, room_bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (room == MAP_FAILED) {
        return MAP_FAILED;
    }
    auto* const begin = static_cast<std::byte*>(room);
    const auto address = std::bit_cast<std::uint64_t>(room);
    const std::uint64_t before = align_up(address, wanted.alignment) - address;
    void* const base = ::mmap(begin + before, wanted.bytes, protection, MAP_SHARED | MAP_FIXED,
                              wanted.file.get(), 0);
    if (base == MAP_FAILED) {
        const int error = errno;
        ::munmap(room, room_bytes);
        errno = error;
        return MAP_FAILED;
    }
    if (before != 0) {
        ::munmap(room, before);
    }
    const std::uint64_t end = before + align_up(wanted.bytes, wanted.page_bytes);
    if (end != room_bytes) {
        ::munmap(begin + end, room_bytes - end);
    }
    return base;
}

}  // namespace

void Mapping::unmap() noexcept {
    if (base_ != nullptr) {
        ::munmap(base_, align_up(size_, page_bytes_));  // huge pages are unmapped whole
        base_ = nullptr;
    }
}

void Mapping::protect(Part part) {
    const std::uint64_t least =
        protected_.empty() ? 0 : protected_.back().offset + protected_.back().bytes;
    SHUNT_CHECK(part.offset % base_page_bytes() == 0 && part.bytes % base_page_bytes() == 0 &&
                    part.offset >= least &&
                    part.offset + part.bytes <= align_up(size_, page_bytes_),
                "protect() of a part that is not in whole pages, or out of order");
    if (::mprotect(base_ + part.offset, part.bytes, PROT_READ) != 0) {
        throw detail::system_error(errno, "wanted " + detail::size_text(part.bytes) +
                                              " of shared memory to be read-only here");
    }
    protected_.push_back(part);
}

std::vector<Mapping::Part> Mapping::writable() const {
    std::vector<Part> parts;
    std::uint64_t begin = 0;
    for (const Part& part : protected_) {
        if (part.offset > begin) {
            parts.push_back({begin, part.offset - begin});
        }
        begin = part.offset + part.bytes;
    }
    if (access_ == Access::read_write && size_ > begin) {
        parts.push_back({begin, size_ - begin});
    }
    return parts;
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

Mapping map_file(const FileHandle& file, std::uint64_t bytes, Access access, std::string_view what,
                 std::uint64_t alignment) {
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
    return detail::map_shared({file, bytes, file_page_bytes(file), what, alignment}, access);
}

Mapping detail::map_shared(const Wanted& wanted, Access access) {
    const int protection = access == Access::read ? PROT_READ : PROT_READ | PROT_WRITE;
    void* const base =
        wanted.alignment <= wanted.page_bytes
            ? ::mmap(nullptr, wanted.bytes, protection, MAP_SHARED, wanted.file.get(), 0)
            : map_aligned(wanted, protection);
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
