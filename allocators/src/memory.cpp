// SPDX-License-Identifier: MIT
#include <shunt/allocators/memory.hpp>

#include <shunt/allocators/numa.hpp>
#include <shunt/allocators/prepare.hpp>
#include <shunt/allocators/proof.hpp>
#include <shunt/core/bytes.hpp>
#include <shunt/core/config.hpp>
#include <shunt/core/error.hpp>

#include <fcntl.h>
#include <sys/resource.h>

#include <algorithm>
#include <bit>
#include <cerrno>
#include <limits>
#include <string>

#include "placing.hpp"
#include "refusal.hpp"
#include "text.hpp"
#include "transparent.hpp"

namespace shunt {
namespace {

using detail::Wanted;

void check_request(const FileHandle& file, std::uint64_t bytes, std::uint64_t page_bytes,
                   std::string_view what) {
    const std::string asked = "wanted " + std::to_string(bytes) + " bytes in pages of " +
                              detail::size_text(page_bytes) + " for " + std::string{what};
    if (bytes == 0 || bytes > std::uint64_t{std::numeric_limits<off_t>::max()} / 2) {
        throw Error{Errc::bad_argument, asked + ": a file has 1 byte to 4 EiB"};
    }
    if (const std::uint64_t there = file_page_bytes(file); there != page_bytes) {
        throw Error{Errc::bad_argument, asked + ", but the file system of this file has pages of " +
                                            detail::size_text(there) +
                                            ": make the file on a mount with the other ones"};
    }
}

// Past RLIMIT_FSIZE the kernel does not say EFBIG only, it kills with SIGXFSZ. So it is not tried.
void check_file_limit(const Wanted& wanted) {
    const rlim_t limit = detail::soft_limit(RLIMIT_FSIZE);
    if (limit != RLIM_INFINITY && limit < wanted.bytes) {
        throw Error{Errc::limit, wanted.text() + ", but RLIMIT_FSIZE is " +
                                     detail::size_text(limit) +
                                     ": raise it (ulimit -f unlimited, LimitFSIZE= of the "
                                     "service) or ask for less"};
    }
}

// In pieces that shrink when signals come faster than a piece is done. hugetlbfs, and tmpfs of
// older kernels, stop at any signal, and tmpfs then gives all of the piece back: under an interval
// timer a large one would start again for ever.
void allocate(const Wanted& wanted) {
    std::uint64_t piece = wanted.bytes;
    for (std::uint64_t done = 0; done < wanted.bytes;) {
        const std::uint64_t now = std::min(piece, wanted.bytes - done);
        if (::fallocate(wanted.file.get(), 0, static_cast<off_t>(done), static_cast<off_t>(now)) ==
            0) {
            done += now;
        } else if (errno == EINTR) {
            piece = std::max(align_up(now / 2, wanted.page_bytes), wanted.page_bytes);
        } else {
            detail::refuse_memory(wanted, errno, "fallocate");
        }
    }
}

// Puts all of it into the file and into our page tables. On hugetlbfs the file's own allocation
// looks at no mbind, the faults of the mapping do, so with nodes these come first.
void fill(const Wanted& wanted, const Mapping& mapping, NumaKernel& kernel) {
    if (wanted.huge() && wanted.placed()) {
        if (const int error = detail::populate(mapping); error != 0) {
            detail::refuse_nodes(wanted, error, kernel);
        }
    }
    allocate(wanted);
    prefault(mapping, wanted.what);
    if (wanted.transparent) {
        detail::gather(wanted, mapping);
    }
}

void verify(const Wanted& wanted, const Mapping& mapping, NumaKernel& kernel) {
    const MemoryProof proof = prove_memory(mapping, kernel);
    detail::check_nodes(wanted, proof);
    if (proof.page_bytes != wanted.page_bytes) {
        throw Error{wanted.huge() ? Errc::no_huge_pages : Errc::limit,
                    wanted.text() + ", but the kernel maps them in pages of " +
                        detail::size_text(proof.page_bytes) +
                        " (KernelPageSize in /proc/self/smaps): report this kernel"};
    }
}

}  // namespace

Mapping make_memory(const FileHandle& file, std::uint64_t bytes, const MemoryPlan& plan,
                    std::string_view what, NumaKernel& kernel) {
    const std::uint64_t page =
        plan.page_bytes == kBasePageBytes ? base_page_bytes() : plan.page_bytes;
    check_request(file, bytes, page, what);
    const std::uint64_t unit = plan.transparent ? kHugePageBytes : page;
    const Wanted wanted{file,
                        align_up(bytes, unit),
                        page,
                        what,
                        plan.transparent ? kHugePageBytes : 0,
                        plan.transparent,
                        &plan.nodes};
    check_file_limit(wanted);
    if (wanted.transparent) {
        detail::check_transparent(wanted);
    }
    if (wanted.placed()) {
        detail::check_room(wanted, kernel);
    }
    Mapping mapping = detail::map_shared(wanted, Access::read_write);
    if (wanted.placed()) {
        detail::bind(wanted, mapping, kernel);
    }
    fill(wanted, mapping, kernel);
    verify(wanted, mapping, kernel);
    return mapping;
}

}  // namespace shunt
