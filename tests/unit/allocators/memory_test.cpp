// SPDX-License-Identifier: MIT
#include <shunt/allocators/memory.hpp>

#include <shunt/allocators/proof.hpp>
#include <shunt/core/config.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>

#include "unit/allocators/sandbox.hpp"

namespace shunt {
namespace {

using sandbox::caught;
using sandbox::in_child;
using sandbox::says;

constexpr std::uint64_t kMiB = std::uint64_t{1} << 20;

FileHandle unnamed(const char* directory = "/dev/shm") {
    FileHandle file = FileHandle::open(directory, O_TMPFILE | O_RDWR, 0600);
    sandbox::must(static_cast<bool>(file), "unnamed file");
    return file;
}

std::string refused(const FileHandle& file, std::uint64_t bytes,
                    std::uint64_t page_bytes = kBasePageBytes) {
    return caught([&] { (void)make_memory(file, bytes, page_bytes, "slots of 'x'"); });
}

void set_limit(__rlimit_resource resource, rlim_t bytes) {
    const rlimit limit{bytes, bytes};
    sandbox::must(::setrlimit(resource, &limit) == 0, "setrlimit");
}

TEST(MakeMemory, GivesZeroedResidentPagesRoundedUp) {
    const FileHandle file = unnamed();
    const Mapping memory = make_memory(file, kMiB - 100, kBasePageBytes, "a test");
    EXPECT_EQ(memory.size(), kMiB);
    EXPECT_EQ(memory.access(), Access::read_write);
    struct stat facts {};
    ASSERT_EQ(::fstat(file.get(), &facts), 0);
    EXPECT_EQ(static_cast<std::uint64_t>(facts.st_size), kMiB);
    EXPECT_GE(static_cast<std::uint64_t>(facts.st_blocks) * 512, kMiB);  // none is missing
    EXPECT_TRUE(std::all_of(memory.bytes(), memory.bytes() + kMiB,
                            [](std::byte b) { return b == std::byte{0}; }));
    const MemoryProof proof = prove_memory(memory);
    EXPECT_EQ(proof.page_bytes, base_page_bytes());
    EXPECT_EQ(proof.pages, kMiB / base_page_bytes());
    EXPECT_EQ(proof.resident_pages, proof.pages);
}

TEST(MakeMemory, FullFileSystemIsAnErrorAtOnceAndLeavesNothing) {
    SHUNT_NEEDS_OWN_MOUNTS();
    const std::string text = in_child([] {
        sandbox::own_mounts();
        sandbox::mount_at(sandbox::kMount, "tmpfs", "size=1m");
        std::string first = refused(unnamed(sandbox::kMount), 4 * kMiB);
        struct statfs system {};
        sandbox::must(::statfs(sandbox::kMount, &system) == 0, "statfs");
        return first + " | free after: " +
               std::to_string(system.f_bfree * static_cast<std::uint64_t>(system.f_bsize));
    });
    EXPECT_TRUE(says(text,
                     "no space: wanted 1024 x 4 KiB pages (4 MiB) for slots of 'x', 1 MiB "
                     "free at /mnt: "));
    EXPECT_TRUE(says(text, "mount -o remount,size="));
    EXPECT_TRUE(says(text, "| free after: 1048576"));
}

TEST(MakeMemory, TakesTheLastPageAndNotOneMore) {
    SHUNT_NEEDS_OWN_MOUNTS();
    const std::string text = in_child([] {
        sandbox::own_mounts();
        sandbox::mount_at(sandbox::kMount, "tmpfs", "size=1m");
        const FileHandle file = unnamed(sandbox::kMount);
        const Mapping memory = make_memory(file, kMiB, kBasePageBytes, "all of it");
        std::fill_n(memory.bytes(), memory.size(), std::byte{1});  // would be SIGBUS
        return refused(unnamed(sandbox::kMount), 1);
    });
    EXPECT_TRUE(says(text, "no space: wanted 1 x 4 KiB pages"));
    EXPECT_TRUE(says(text, ", 0 bytes free at /mnt: "));
}

TEST(MakeMemory, AbsurdSizesAreErrors) {
    EXPECT_TRUE(says(refused(unnamed(), 0), "bad argument: wanted 0 bytes"));
    EXPECT_TRUE(says(refused(unnamed(), ~std::uint64_t{0}), "bad argument: "));
    EXPECT_TRUE(says(refused(unnamed(), std::uint64_t{1} << 60), "limit reached: "));
}

TEST(MakeMemory, FileSizeLimitIsAnErrorAndNotASignal) {
    const std::string text = in_child([] {
        set_limit(RLIMIT_FSIZE, kMiB);
        const std::string within = refused(unnamed(), kMiB);
        return within + " | " + refused(unnamed(), kMiB + 1);
    });
    EXPECT_TRUE(says(text, "nothing | limit reached: wanted 257 x 4 KiB pages"));
    EXPECT_TRUE(says(text, "RLIMIT_FSIZE is 1 MiB: raise it (ulimit -f"));
}

#if !SHUNT_UNDER_SANITIZER
// A sanitizer maps terabytes for itself, beyond any limit that could be tested.
TEST(MakeMemory, AddressSpaceLimitIsAnErrorWithTheLimit) {
    const std::string text = in_child([] {
        set_limit(RLIMIT_AS, 1024 * kMiB);
        return refused(unnamed(), 2048 * kMiB);
    });
    EXPECT_TRUE(says(text, "limit reached: wanted 524288 x 4 KiB pages (2 GiB) for slots of 'x'"));
    EXPECT_TRUE(says(text, "RLIMIT_AS at 1 GiB: raise it"));
}

TEST(MakeMemory, AllLockingProcessOverItsLimitIsAnError) {
    const std::string text = in_child([] {
        const FileHandle file = unnamed();
        set_limit(RLIMIT_MEMLOCK, kMiB);
        sandbox::become_nobody();
        sandbox::must(::mlockall(MCL_FUTURE) == 0, "mlockall");
        return refused(file, 2 * kMiB);
    });
    EXPECT_TRUE(says(text, "limit reached: wanted 512 x 4 KiB pages"));
    EXPECT_TRUE(says(text, "RLIMIT_MEMLOCK is too small"));
}
#endif

TEST(MakeMemory, FileThatIsNotToBeWrittenIsNoPermission) {
    const std::string read_only = refused(unnamed().reopen(O_RDONLY), kMiB);
    EXPECT_TRUE(says(read_only, "no permission: "));
    EXPECT_TRUE(says(read_only, "mmap was refused"));
    const FileHandle sealed{::memfd_create("test", MFD_CLOEXEC | MFD_ALLOW_SEALING)};
    ASSERT_EQ(::fcntl(sealed.get(), F_ADD_SEALS, F_SEAL_GROW), 0);
    const std::string cannot_grow = refused(sealed, kMiB);
    EXPECT_TRUE(says(cannot_grow, "no permission: "));
    EXPECT_TRUE(says(cannot_grow, "fallocate was refused"));
}

TEST(MakeMemory, FileSystemThatCannotAllocateAheadSaysSo) {
    SHUNT_NEEDS_OWN_MOUNTS();
    const std::string text = in_child([] {
        sandbox::own_mounts();
        sandbox::mount_at(sandbox::kMount, "ramfs", "");
        return refused(unnamed(sandbox::kMount), kMiB);
    });
    EXPECT_TRUE(says(text, "fallocate was refused at /mnt, whose file system cannot do it"));
    EXPECT_TRUE(says(text, "set SHUNT_DIR to a directory on tmpfs"));
}

TEST(MakeMemory, HugePagesOfABasePageFileAreABadArgument) {
    const std::string text = refused(unnamed(), kMiB, kHugePageBytes);
    EXPECT_TRUE(
        says(text, "bad argument: wanted 1048576 bytes in pages of 2 MiB for slots of 'x'"));
    EXPECT_TRUE(says(text, "has pages of 4 KiB"));
}

TEST(MakeMemory, GetsDoneUnderAStormOfSignals) {
    const std::string text = in_child([] {
        sandbox::storm_of_signals();
        const Mapping memory = make_memory(unnamed(), 64 * kMiB, kBasePageBytes, "a test");
        const MemoryProof proof = prove_memory(memory);
        return std::to_string(proof.resident_pages * proof.page_bytes);
    });
    EXPECT_EQ(text, std::to_string(64 * kMiB));
}

}  // namespace
}  // namespace shunt
