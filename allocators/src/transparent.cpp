// SPDX-License-Identifier: MIT
#include "transparent.hpp"

#include <shunt/allocators/file.hpp>
#include <shunt/allocators/prepare.hpp>
#include <shunt/allocators/proof.hpp>
#include <shunt/core/config.hpp>
#include <shunt/core/error.hpp>

#include <linux/magic.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/vfs.h>

#include <cerrno>
#include <optional>
#include <string>
#include <system_error>

#include "text.hpp"

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25  // Linux 6.1; Debian 12 has it only in newer headers
#endif

namespace shunt::detail {
namespace {

constexpr const char* kShmemEnabled = "/sys/kernel/mm/transparent_hugepage/shmem_enabled";
constexpr int kTries = 16;  // EAGAIN: a page was in use just then

// 0 or the errno of madvise.
int collapse(const Mapping& mapping) noexcept {
    int error = EAGAIN;
    for (int i = 0; i < kTries && error == EAGAIN; ++i) {
        error = ::madvise(mapping.bytes(), mapping.size(), MADV_COLLAPSE) == 0 ? 0 : errno;
    }
    return error;
}

std::uint64_t gathered(const Mapping& mapping) {
    return prove_memory(mapping).transparent_bytes;
}

[[noreturn]] void refuse(const Wanted& wanted, const std::string& why) {
    throw Error{Errc::no_huge_pages, wanted.text() + ", but " + why};
}

[[noreturn]] void refuse_gathering(const Wanted& wanted, int error, std::uint64_t had) {
    const std::optional<std::string> enabled = read_text(kShmemEnabled);
    if (!enabled) {
        refuse(wanted, std::string{"this kernel has none for files in memory (no "} +
                           kShmemEnabled + "): use pages::huge_2m or pages::base");
    }
    if (enabled->find("[deny]") != std::string::npos) {
        refuse(wanted, std::string{"this host denies them: as root, echo never > "} +
                           kShmemEnabled + ", which leaves them to those who ask");
    }
    if (::prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0) > 0) {
        refuse(wanted,
               "this process may have none: start it without PR_SET_THP_DISABLE, which it or "
               "whoever started it has set");
    }
    const std::string got = size_text(had) + " of it came to be such pages";
    if (error == EINVAL) {
        refuse(wanted, got +
                           ", as the kernel gathers none on request before Linux 6.1: as root, "
                           "mount -o remount,huge=within_size the tmpfs of SHUNT_DIR, or use "
                           "pages::huge_2m");
    }
    refuse(wanted,
           got + (error == 0 ? "" : " (madvise: " + std::generic_category().message(error) + ")") +
               ": memory is short or in pieces: as root, echo 1 > /proc/sys/vm/compact_memory, "
               "or use pages::huge_2m, which are set aside in time");
}

}  // namespace

void check_transparent(const Wanted& wanted) {
    if (wanted.placed() && wanted.nodes->mode == NodePlan::Mode::interleave) {
        refuse(wanted,
               "what is gathered from pages of several nodes lies on one: ask for one node, or for "
               "pages::huge_2m or pages::base");
    }
    struct statfs system {};
    if (::fstatfs(wanted.file.get(), &system) != 0) {
        throw system_error(errno, wanted.text() + ", and its file system could not be told");
    }
    if (system.f_type != TMPFS_MAGIC) {
        refuse(wanted,
               "its file is on no tmpfs, and only that has them: set SHUNT_DIR to a directory on a "
               "tmpfs, or use pages::huge_2m");
    }
}

void gather(const Wanted& wanted, const Mapping& mapping) {
    // A mount with huge=always or within_size has done it already.
    if (gathered(mapping) == mapping.size()) {
        return;
    }
    const int error = collapse(mapping);
    if (error == 0) {
        prefault(mapping, wanted.what);
    }
    if (const std::uint64_t had = gathered(mapping); had != mapping.size()) {
        refuse_gathering(wanted, error, had);
    }
}

}  // namespace shunt::detail
