// SPDX-License-Identifier: MIT
//
// Memory in transparent huge pages, on a tmpfs of the test's own: no setting of the host is
// changed.
#include <shunt/allocators/mapping.hpp>
#include <shunt/allocators/memory.hpp>
#include <shunt/allocators/prepare.hpp>
#include <shunt/allocators/proof.hpp>
#include <shunt/core/config.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <bit>
#include <cerrno>
#include <sstream>
#include <string>
#include <string_view>

#include "unit/allocators/sandbox.hpp"

namespace shunt {
namespace {

using sandbox::caught;
using sandbox::in_child;
using sandbox::says;

constexpr std::uint64_t kPage = kHugePageBytes;
constexpr unsigned kCollapse = 25;  // MADV_COLLAPSE

FileHandle unnamed() {
    FileHandle file = FileHandle::open(sandbox::kMount, O_TMPFILE | O_RDWR, 0600);
    sandbox::must(static_cast<bool>(file), "unnamed file");
    return file;
}

Mapping transparent(const FileHandle& file, std::uint64_t bytes) {
    return make_memory(file, bytes, MemoryPlan{.transparent = true}, "a test");
}

void mount_tmpfs(const char* options) {
    sandbox::own_mounts();
    sandbox::mount_at(sandbox::kMount, "tmpfs", options);
}

std::string refused() {
    return caught([] { (void)transparent(unnamed(), 2 * kPage); });
}

// Whether this host gathers pages at all: Linux 6.1, and not denied.
bool can_gather() {
    static const bool can =
        sandbox::may_mount() &&
        in_child([] {
            mount_tmpfs("size=8m");
            const FileHandle file = unnamed();
            const Mapping small = make_memory(file, kPage, kBasePageBytes, "a look at this host");
            const Mapping memory = map_file(file, kPage, Access::read_write, "the same", kPage);
            const int made = ::madvise(memory.bytes(), kPage, kCollapse);
            return std::string{made == 0 ? "yes" : "no"};
        }) == "yes";
    return can;
}

#define SHUNT_NEEDS_TRANSPARENT_PAGES()                                                  \
    SHUNT_NEEDS_OWN_MOUNTS();                                                            \
    if (!can_gather()) {                                                                 \
        GTEST_SKIP() << "this kernel gathers no transparent huge pages (MADV_COLLAPSE)"; \
    }                                                                                    \
    static_assert(true)

TEST(TransparentMemory, IsGatheredRoundedUpAndProven) {
    SHUNT_NEEDS_TRANSPARENT_PAGES();
    for (const char* options : {"size=16m", "size=16m,huge=always", "size=16m,huge=within_size"}) {
        const std::string text = in_child([options] {
            mount_tmpfs(options);
            const FileHandle file = unnamed();
            const Mapping memory = transparent(file, kPage + 1);
            memory.bytes()[2 * kPage - 1] = std::byte{1};
            struct stat facts {};
            sandbox::must(::fstat(file.get(), &facts) == 0, "fstat");
            const MemoryProof proof = prove_memory(memory);
            return std::to_string(memory.size()) + " of " + std::to_string(facts.st_size) +
                   " transparent " + std::to_string(proof.transparent_bytes) + " resident " +
                   std::to_string(proof.resident_pages * proof.page_bytes) + " address " +
                   std::to_string(std::bit_cast<std::uint64_t>(memory.bytes()) % kPage);
        });
        EXPECT_EQ(text, "4194304 of 4194304 transparent 4194304 resident 4194304 address 0")
            << options;
    }
}

TEST(TransparentMemory, IsMappedByOthersInHugePagesTooWhereTheyAlign) {
    SHUNT_NEEDS_TRANSPARENT_PAGES();
    const std::string text = in_child([] {
        mount_tmpfs("size=16m");
        const FileHandle file = unnamed();
        const Mapping memory = transparent(file, 2 * kPage);
        std::string told;
        for (const Access access : {Access::read, Access::read_write}) {
            const Mapping other = map_file(file, 2 * kPage, access, "a test", kPage);
            sandbox::must(prove_memory(other).transparent_bytes == 0, "nothing before it is there");
            prefault(other, "a test");
            told += std::to_string(prove_memory(other).transparent_bytes) + " ";
        }
        return told;
    });
    EXPECT_EQ(text, "4194304 4194304 ");
}

TEST(TransparentMemory, OfAPartIsWhatIsSureOfIt) {
    SHUNT_NEEDS_TRANSPARENT_PAGES();
    const std::string text = in_child([] {
        mount_tmpfs("size=16m");
        const Mapping memory = transparent(unnamed(), 2 * kPage);
        const std::uint64_t all = prove_memory(memory.bytes() + 64, kPage).transparent_bytes;
        const FileHandle file = unnamed();
        const Mapping half = make_memory(file, 2 * kPage, kBasePageBytes, "a test");
        const Mapping aligned = map_file(file, 2 * kPage, Access::read_write, "a test", kPage);
        sandbox::must(::madvise(aligned.bytes(), kPage, kCollapse) == 0, "collapse one of two");
        prefault(aligned, "a test");
        return std::to_string(all) + " " + std::to_string(prove_memory(aligned).transparent_bytes) +
               " " + std::to_string(prove_memory(aligned.bytes(), kPage).transparent_bytes) + " " +
               std::to_string(prove_memory(aligned.bytes(), kPage + 4096).transparent_bytes);
    });
    EXPECT_EQ(text, "2097152 2097152 0 4096");
}

TEST(TransparentMemory, OnAnotherFileSystemIsRefused) {
    SHUNT_NEEDS_OWN_MOUNTS();
    const std::string text = in_child([] {
        sandbox::own_mounts();
        sandbox::mount_at(sandbox::kMount, "ramfs", "");
        return refused();
    });
    EXPECT_TRUE(says(text,
                     "no huge pages: wanted 2 x 2 MiB transparent huge pages (4 MiB) for a test, "
                     "but its file is on no tmpfs, and only that has them: set SHUNT_DIR"));
}

TEST(TransparentMemory, OverSeveralNodesIsRefused) {
    const FileHandle file = FileHandle::open("/dev/shm", O_TMPFILE | O_RDWR, 0600);
    const NodePlan over{NodePlan::Mode::interleave, {0, 1}};
    const std::string text = caught([&] {
        (void)make_memory(file, kPage, MemoryPlan{.transparent = true, .nodes = over}, "a test");
    });
    EXPECT_TRUE(says(text,
                     "no huge pages: wanted 1 x 2 MiB transparent huge pages over nodes 0, 1 (2 "
                     "MiB) for a test, but what is gathered"));
}

TEST(TransparentMemory, WhereTheProcessMayHaveNoneSaysSo) {
    SHUNT_NEEDS_TRANSPARENT_PAGES();
    const std::string text = in_child([] {
        mount_tmpfs("size=8m");
        sandbox::must(::prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) == 0, "PR_SET_THP_DISABLE");
        return refused();
    });
    EXPECT_TRUE(says(text, "no huge pages: wanted 2 x 2 MiB transparent"));
    EXPECT_TRUE(says(text, "this process may have none: start it without PR_SET_THP_DISABLE"));
}

TEST(TransparentMemory, OfAKernelThatGathersNoneOnRequestNamesTheMountOption) {
    SHUNT_NEEDS_TRANSPARENT_PAGES();
    const std::string text = in_child([] {
        mount_tmpfs("size=8m");
        sandbox::refuse_call(SYS_madvise, EINVAL, kCollapse);
        return refused();
    });
    EXPECT_TRUE(says(text, "0 bytes of it came to be such pages"));
    EXPECT_TRUE(says(text, "before Linux 6.1: as root, mount -o remount,huge=within_size"));
    const std::string done = in_child([] {
        mount_tmpfs("size=8m,huge=within_size");
        sandbox::refuse_call(SYS_madvise, EINVAL, kCollapse);
        return refused();
    });
    EXPECT_EQ(done, "nothing");
}

TEST(TransparentMemory, ForWhichMemoryIsInPiecesNamesTheCure) {
    SHUNT_NEEDS_TRANSPARENT_PAGES();
    for (const int error : {ENOMEM, EBUSY, EAGAIN}) {
        const std::string text = in_child([error] {
            mount_tmpfs("size=8m");
            sandbox::refuse_call(SYS_madvise, error, kCollapse);
            return refused();
        });
        EXPECT_TRUE(says(text, std::string{"(madvise: "} + std::strerror(error) + ")"));
        EXPECT_TRUE(says(text, "echo 1 > /proc/sys/vm/compact_memory"));
    }
}

TEST(TransparentMemory, BeyondTheFileSystemIsNoSpace) {
    SHUNT_NEEDS_OWN_MOUNTS();
    const std::string text = in_child([] {
        mount_tmpfs("size=3m");
        return refused();
    });
    EXPECT_TRUE(says(text, "no space: wanted 2 x 2 MiB transparent huge pages"));
}

// Lines of /proc/self/maps in which both stand.
std::size_t mappings_with(std::string_view part, std::string_view other = "") {
    std::size_t found = 0;
    std::istringstream maps{read_text("/proc/self/maps").value_or("")};
    for (std::string line; std::getline(maps, line);) {
        const bool both =
            line.find(part) != std::string::npos && line.find(other) != std::string::npos;
        found += both ? std::size_t{1} : 0;
    }
    return found;
}

std::string hex(std::uint64_t address) {
    std::ostringstream text;
    text << std::hex << address;
    return text.str();
}

// The address space that was taken for the alignment's sake would touch the mapping.
TEST(AlignedMapping, LeavesNothingAroundIt) {
    const FileHandle file = FileHandle::open("/dev/shm", O_TMPFILE | O_RDWR, 0600);
    const Mapping maker = make_memory(file, 3 * 4096, kBasePageBytes, "a test");
    struct stat facts {};
    ASSERT_EQ(::fstat(file.get(), &facts), 0);
    const std::string inode = " " + std::to_string(facts.st_ino) + " ";
    ASSERT_EQ(mappings_with(inode), 1u);
    {
        const Mapping memory = map_file(file, 3 * 4096, Access::read, "a test", kPage);
        const auto begin = std::bit_cast<std::uint64_t>(memory.bytes());
        EXPECT_EQ(begin % kPage, 0u);
        EXPECT_EQ(memory.size(), 3u * 4096);
        EXPECT_EQ(mappings_with(inode), 2u);
        EXPECT_EQ(mappings_with("-" + hex(begin) + " ---p"), 0u);
        EXPECT_EQ(mappings_with(hex(begin + 3 * 4096) + "-", " ---p"), 0u);
    }
    EXPECT_EQ(mappings_with(inode), 1u);
}

}  // namespace
}  // namespace shunt
