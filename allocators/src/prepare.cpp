// SPDX-License-Identifier: MIT
#include <shunt/allocators/prepare.hpp>

#include <shunt/core/error.hpp>

#include <link.h>
#include <sys/mman.h>
#include <sys/resource.h>

#include <bit>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "refusal.hpp"
#include "text.hpp"

namespace shunt {
namespace {

constexpr std::uint64_t round_kib(std::uint64_t bytes) noexcept {
    return (bytes + 1023) / 1024;
}

}  // namespace

int detail::populate(const Mapping& mapping) {
    const auto populated = [&mapping](Mapping::Part part, int advice) {
        while (::madvise(mapping.bytes() + part.offset, part.bytes, advice) != 0) {
            if (errno != EINTR) {  // pages done stay done, so a repeated call gets further
                return errno;
            }
        }
        return 0;
    };
    const std::vector<Mapping::Part> writable = mapping.writable();
    const bool all = writable.size() == 1 && writable.front().bytes == mapping.size();
    int error = all ? 0 : populated({0, mapping.size()}, MADV_POPULATE_READ);
    for (const Mapping::Part& part : writable) {
        error = error != 0 ? error : populated(part, MADV_POPULATE_WRITE);
    }
    return error;
}

void prefault(const Mapping& mapping, std::string_view what) {
    const int error = detail::populate(mapping);
    const std::string text = "wanted all " + detail::size_text(mapping.size()) + " of " +
                             std::string{what} + " in the page tables";
    switch (error) {
        case 0:
            return;
        case EFAULT:
            throw Error{Errc::truncated, text +
                                             ", but the file was cut short, or its memory "
                                             "failed: remove the channel"};
        case ENOMEM:
            throw Error{Errc::no_space, text +
                                            ", but memory ran out: raise the limit of the "
                                            "memory cgroup, or ask for less"};
        case EINVAL:
            throw detail::system_error(error, text + "; shunt needs Linux 5.14 or later");
        default:
            throw detail::system_error(error, text);
    }
}

void prefault_code() {
    // The C library calls back under a lock of its own: no exception may pass.
    const auto populate = [](dl_phdr_info* object, std::size_t, void*) -> int {
        if (std::string_view{object->dlpi_name}.starts_with("linux-vdso")) {
            return 0;  // the kernel's own pages, always there
        }
        const std::uint64_t page = base_page_bytes();
        for (const ElfW(Phdr) & segment : std::span(object->dlpi_phdr, object->dlpi_phnum)) {
            if (segment.p_type != PT_LOAD || (segment.p_flags & PF_X) == 0) {
                continue;
            }
            const std::uint64_t begin = (object->dlpi_addr + segment.p_vaddr) / page * page;
            const std::uint64_t end = object->dlpi_addr + segment.p_vaddr + segment.p_memsz;
            while (::madvise(std::bit_cast<void*>(begin), end - begin, MADV_POPULATE_READ) != 0) {
                if (errno != EINTR) {
                    return errno;
                }
            }
        }
        return 0;
    };
    if (const int error = ::dl_iterate_phdr(populate, nullptr); error != 0) {
        throw detail::system_error(error, "wanted all of this process's code in its page tables");
    }
}

void lock_memory(const Mapping& mapping, std::string_view what) {
    if (mapping.page_bytes() > base_page_bytes()) {
        return;
    }
    // mlock2 and not mlock, which AddressSanitizer makes a call that does nothing.
    if (::mlock2(mapping.bytes(), mapping.size(), 0) == 0) {
        return;
    }
    const int error = errno;
    const rlim_t limit = detail::soft_limit(RLIMIT_MEMLOCK);
    const std::uint64_t locked = detail::status_bytes("VmLck:");
    const std::uint64_t need = locked + mapping.size();
    const std::string text = "wanted to lock " + detail::size_text(mapping.size()) + " of " +
                             std::string{what} + " into memory";
    if (limit == RLIM_INFINITY || need <= limit) {
        throw detail::system_error(error, text);
    }
    throw Error{Errc::limit,
                text + ", but RLIMIT_MEMLOCK is " + detail::size_text(limit) + " with " +
                    detail::size_text(locked) + " locked already: raise it to " +
                    std::to_string(need) + " bytes (ulimit -l " + std::to_string(round_kib(need)) +
                    ", LimitMEMLOCK= of the service, or memlock in /etc/security/limits.conf), or "
                    "use huge pages, which need no locking"};
}

}  // namespace shunt
