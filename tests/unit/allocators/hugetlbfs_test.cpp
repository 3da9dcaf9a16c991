// SPDX-License-Identifier: MIT
#include <shunt/allocators/hugetlbfs.hpp>

#include <shunt/allocators/memory.hpp>
#include <shunt/allocators/prepare.hpp>
#include <shunt/allocators/proof.hpp>
#include <shunt/core/config.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <numeric>

#include "unit/allocators/sandbox.hpp"

namespace shunt {
namespace {

using sandbox::caught;
using sandbox::in_child;
using sandbox::says;

constexpr std::uint64_t kPage = kHugePageBytes;
constexpr const char* kFolder = "shunt-test";

// In a child: sees no hugetlbfs but those that the test mounts.
void hide_huge_mounts() {
    sandbox::own_mounts();
    for (const HugeMount& mount : huge_mounts()) {
        sandbox::mount_at(mount.path.c_str(), "tmpfs", "size=64k");
    }
    sandbox::must(huge_mounts().empty(), "hide hugetlbfs");
}

void mount_huge(const char* options, const char* path = sandbox::kMount) {
    hide_huge_mounts();
    sandbox::mount_at(path, "hugetlbfs", options);
}

FileHandle huge_file() {
    FileHandle file = FileHandle::open(sandbox::kMount, O_TMPFILE | O_RDWR, 0600);
    sandbox::must(static_cast<bool>(file), "unnamed file on hugetlbfs");
    return file;
}

std::uint64_t free_on_mount() {
    struct statfs system {};
    sandbox::must(::statfs(sandbox::kMount, &system) == 0, "statfs");
    return static_cast<std::uint64_t>(system.f_bfree);
}

std::string found() {
    std::string path;
    const std::string error = caught([&] { path = find_huge_mount(kPage, kFolder).path; });
    return path.empty() ? error : path;
}

TEST(HugePool, ReadsTheKernelsCounts) {
    const auto pool = huge_pool(kPage);
    if (!pool) {
        GTEST_SKIP() << "this kernel has no 2 MiB pages";
    }
    const auto total = read_text("/sys/kernel/mm/hugepages/hugepages-2048kB/nr_hugepages");
    EXPECT_EQ(pool->page_bytes, kPage);
    EXPECT_EQ(std::to_string(pool->total_pages) + "\n", total);
    EXPECT_LE(pool->free_pages, pool->total_pages);
    EXPECT_FALSE(huge_pool(3 << 20).has_value());
}

TEST(HugePool, AvailableIsFreeWithoutPromisedButWithSpare) {
    EXPECT_EQ((HugePool{kPage, 10, 6, 2, 0}.available_pages()), 4u);
    EXPECT_EQ((HugePool{kPage, 10, 6, 2, 5}.available_pages()), 9u);
    EXPECT_EQ((HugePool{kPage, 10, 2, 3, 0}.available_pages()), 0u);
}

TEST(HugePool, CureNamesTheWholeCount) {
    const auto pool = huge_pool(kPage);
    const std::uint64_t total = pool ? pool->total_pages : 0;
    EXPECT_TRUE(says(huge_pool_cure(kPage, 7), std::to_string(total + 7)));
    EXPECT_TRUE(says(huge_pool_cure(kPage, 7), "nr_hugepages"));
    // No kernel has these as its default, which is all that sysctl speaks of.
    EXPECT_EQ(huge_pool_cure(3 << 20, 7),
              "echo 7 > /sys/kernel/mm/hugepages/hugepages-3072kB/nr_hugepages");
}

TEST(FindHugeMount, TakesTheOneThatIsMounted) {
    SHUNT_NEEDS_OWN_MOUNTS();
    const std::string text = in_child([] {
        mount_huge("pagesize=2M");
        return found() + " " + std::to_string(huge_mounts().at(0).page_bytes);
    });
    EXPECT_EQ(text, "/mnt 2097152");
}

TEST(FindHugeMount, UnderstandsEscapedMountPoints) {
    SHUNT_NEEDS_OWN_MOUNTS();
    const std::string text = in_child([] {
        hide_huge_mounts();
        sandbox::mount_at(sandbox::kMount, "tmpfs", "size=64k");
        sandbox::must(::mkdir("/mnt/a b\\c", 0700) == 0, "mkdir");
        sandbox::mount_at("/mnt/a b\\c", "hugetlbfs", "pagesize=2M");
        return found();
    });
    EXPECT_EQ(text, "/mnt/a b\\c");
}

TEST(FindHugeMount, IgnoresOneThatAnotherMountCovers) {
    SHUNT_NEEDS_OWN_MOUNTS();
    const std::string text = in_child([] {
        mount_huge("pagesize=2M");
        sandbox::mount_at(sandbox::kMount, "tmpfs", "size=64k");
        return found();
    });
    EXPECT_TRUE(says(text, "no huge pages: "));
}

TEST(FindHugeMount, WithoutAMountSaysHowToMountOne) {
    SHUNT_NEEDS_OWN_MOUNTS();
    const std::string text = in_child([] {
        hide_huge_mounts();
        return found();
    });
    EXPECT_TRUE(says(text,
                     "no huge pages: wanted 2 MiB pages, but no hugetlbfs with such pages is "
                     "mounted: as root, scripts/setup"));
    EXPECT_TRUE(says(text, "mount -t hugetlbfs -o mode=1777,pagesize=2M none /dev/hugepages"));
}

TEST(FindHugeMount, OfAPageSizeThatTheKernelLacksSaysSo) {
    const std::string text = caught([] { (void)find_huge_mount(3 << 20, kFolder); });
    EXPECT_TRUE(says(text, "no huge pages: wanted 3 MiB pages, but this kernel has no such pages"));
}

TEST(FindHugeMount, NotWritableIsNoPermissionWithTheCure) {
    SHUNT_NEEDS_OWN_MOUNTS();
    const std::string text = in_child([] {
        mount_huge("pagesize=2M,mode=0755");
        sandbox::become_nobody();
        return found();
    });
    EXPECT_TRUE(says(text,
                     "no permission: wanted 2 MiB pages, but user 65534 cannot write the "
                     "hugetlbfs at /mnt: as root, scripts/setup, or chmod 1777 it, or make "
                     "shunt-test in it with owner 65534 and mode 0700"));
}

TEST(FindHugeMount, AFolderOfOurOwnIsEnough) {
    SHUNT_NEEDS_OWN_MOUNTS();
    const auto with_owner = [](uid_t owner) {
        return in_child([owner] {
            mount_huge("pagesize=2M,mode=0755");
            sandbox::must(::mkdir("/mnt/shunt-test", 0700) == 0, "mkdir");
            sandbox::must(::chown("/mnt/shunt-test", owner, owner) == 0, "chown");
            sandbox::become_nobody();
            return found();
        });
    };
    EXPECT_EQ(with_owner(sandbox::kNobody), "/mnt");
    EXPECT_TRUE(says(with_owner(1), "no permission: "));
}

// Nobody may search the directory that it is mounted in.
TEST(FindHugeMount, ThatMayNotBeLookedAtIsNotTakenForNone) {
    SHUNT_NEEDS_OWN_MOUNTS();
    SHUNT_NEEDS_ROOT();
    const std::string text = in_child([] {
        hide_huge_mounts();
        sandbox::mount_at(sandbox::kMount, "tmpfs", "size=64k,mode=0700");
        sandbox::must(::mkdir("/mnt/huge", 0755) == 0, "mkdir");
        sandbox::mount_at("/mnt/huge", "hugetlbfs", "pagesize=2M,mode=1777");
        sandbox::become_nobody();
        return found() + " " + std::to_string(huge_mounts().at(0).error);
    });
    EXPECT_TRUE(says(text,
                     "no permission: wanted 2 MiB pages, but the hugetlbfs at /mnt/huge could not "
                     "be looked at (statfs: Permission denied): as root, let user 65534 search"));
    EXPECT_TRUE(says(text, " " + std::to_string(EACCES)));
}

TEST(FindHugeMount, ThatCannotBeLookedAtIsAnErrorOfTheKernels) {
    SHUNT_NEEDS_OWN_MOUNTS();
    const std::string text = in_child([] {
        mount_huge("pagesize=2M");
        sandbox::refuse_call(SYS_statfs, EIO);
        return found();
    });
    EXPECT_TRUE(says(text, "Input/output error: wanted 2 MiB pages, but the hugetlbfs at /"));
    EXPECT_TRUE(says(text, " could not be looked at (statfs: Input/output error); mount another"));
}

TEST(FindHugeMount, PassesOverThoseThatCannotBeWritten) {
    SHUNT_NEEDS_OWN_MOUNTS();
    const std::string text = in_child([] {
        hide_huge_mounts();
        sandbox::mount_at(sandbox::kMount, "tmpfs", "size=64k");
        sandbox::must(::mkdir("/mnt/a", 0755) == 0 && ::mkdir("/mnt/b", 0755) == 0, "mkdir");
        sandbox::mount_at("/mnt/a", "hugetlbfs", "pagesize=2M,mode=0755");
        sandbox::mount_at("/mnt/b", "hugetlbfs", "pagesize=2M,mode=1777");
        sandbox::become_nobody();
        return found();
    });
    EXPECT_EQ(text, "/mnt/b");
}

TEST(HugeMemory, IsProvenBySmapsAndComesBack) {
    SHUNT_NEEDS_OWN_MOUNTS();
    SHUNT_NEEDS_HUGE_PAGES(2);
    const std::string text = in_child([] {
        mount_huge("pagesize=2M,size=8M");
        std::string report = std::to_string(free_on_mount());
        {
            const FileHandle file = huge_file();
            const Mapping memory = make_memory(file, kPage + 1, kPage, "a test");
            memory.bytes()[2 * kPage - 1] = std::byte{1};
            const MemoryProof proof = prove_memory(memory);
            const std::uint64_t on_nodes =
                std::accumulate(proof.nodes.begin(), proof.nodes.end(), std::uint64_t{0},
                                [](std::uint64_t sum, auto node) { return sum + node.second; });
            report += " " + std::to_string(free_on_mount()) + " size " +
                      std::to_string(memory.size()) + " page " + std::to_string(proof.page_bytes) +
                      " pages " + std::to_string(proof.pages) + " resident " +
                      std::to_string(proof.resident_pages) + " on nodes " +
                      std::to_string(on_nodes) + proof.no_nodes;
        }
        return report + " after " + std::to_string(free_on_mount());
    });
    EXPECT_EQ(text, "4 2 size 4194304 page 2097152 pages 2 resident 2 on nodes 2 after 4");
}

TEST(HugeMemory, IsMappedByOthersInHugePagesToo) {
    SHUNT_NEEDS_OWN_MOUNTS();
    SHUNT_NEEDS_HUGE_PAGES(2);
    const std::string text = in_child([] {
        mount_huge("pagesize=2M");
        const FileHandle file = huge_file();
        const Mapping memory = make_memory(file, 2 * kPage, kPage, "a test");
        const Mapping other = map_file(file, 2 * kPage, Access::read, "a test");
        const std::uint64_t before = prove_memory(other).resident_pages;
        prefault(other, "a test");
        const MemoryProof proof = prove_memory(other);
        return std::to_string(before) + " " + std::to_string(proof.resident_pages) + " " +
               std::to_string(proof.page_bytes) + " " +
               caught([&] { (void)map_file(file, 3 * kPage, Access::read_write, "too much"); });
    });
    EXPECT_EQ(text.substr(0, 12), "0 2 2097152 ");
    EXPECT_TRUE(says(text, "truncated: "));
}

TEST(HugeMemory, OfAPartCountsThePagesThatItTouches) {
    SHUNT_NEEDS_OWN_MOUNTS();
    SHUNT_NEEDS_HUGE_PAGES(3);
    const std::string text = in_child([] {
        mount_huge("pagesize=2M");
        const Mapping memory = make_memory(huge_file(), 3 * kPage, kPage, "a test");
        const MemoryProof edge = prove_memory(memory.bytes() + kPage - 8, 16);
        const MemoryProof inner = prove_memory(memory.bytes() + kPage + 8, 16);
        return std::to_string(edge.pages) + " " + std::to_string(edge.resident_pages) + " " +
               std::to_string(inner.pages) + " " + std::to_string(inner.resident_pages);
    });
    EXPECT_EQ(text, "2 2 1 1");
}

TEST(HugeMemory, IsCountedEvenWhereNodesCannotBeAsked) {
    SHUNT_NEEDS_OWN_MOUNTS();
    SHUNT_NEEDS_HUGE_PAGES(2);
    const std::string text = in_child([] {
        mount_huge("pagesize=2M");
        const FileHandle file = huge_file();
        const Mapping memory = make_memory(file, 2 * kPage, kPage, "a test");
        sandbox::forbid_move_pages();
        const std::uint64_t alone = prove_memory(memory).resident_pages;
        const Mapping other = map_file(file, 2 * kPage, Access::read, "a test");
        prefault(other, "a test");
        return std::to_string(alone) + " " + std::to_string(prove_memory(other).resident_pages);
    });
    EXPECT_EQ(text, "2 2");
}

TEST(HugeMemory, GetsDoneUnderAStormOfSignals) {
    SHUNT_NEEDS_OWN_MOUNTS();
    SHUNT_NEEDS_HUGE_PAGES(16);
    const std::string text = in_child([] {
        mount_huge("pagesize=2M");
        sandbox::storm_of_signals();
        const Mapping memory = make_memory(huge_file(), 16 * kPage, kPage, "a test");
        return std::to_string(prove_memory(memory).resident_pages);
    });
    EXPECT_EQ(text, "16");
}

TEST(HugeMemory, BeyondThePoolSaysHowManyThereAreAndTheCure) {
    SHUNT_NEEDS_OWN_MOUNTS();
    const auto pool = huge_pool(kPage);
    if (!pool) {
        GTEST_SKIP() << "this kernel has no 2 MiB pages";
    }
    const std::uint64_t asked = pool->total_pages + pool->spare_pages + 1000;
    const std::string text = in_child([asked] {
        mount_huge("pagesize=2M");
        return caught(
            [&] { (void)make_memory(huge_file(), asked * kPage, kPage, "slots of 'x'"); });
    });
    EXPECT_TRUE(says(text, "no huge pages: wanted " + std::to_string(asked) + " x 2 MiB pages ("));
    EXPECT_TRUE(says(text, " of " + std::to_string(pool->total_pages) + " in the pool are free"));
    EXPECT_TRUE(says(text, "as root, "));
    EXPECT_TRUE(says(text, "nr_hugepages"));
}

TEST(HugeMemory, BeyondTheMountsLimitSaysSo) {
    SHUNT_NEEDS_OWN_MOUNTS();
    SHUNT_NEEDS_HUGE_PAGES(3);
    const std::string text = in_child([] {
        mount_huge("pagesize=2M,size=4M");
        return caught([&] { (void)make_memory(huge_file(), 3 * kPage, kPage, "slots of 'x'"); });
    });
    EXPECT_TRUE(says(text,
                     "no huge pages: wanted 3 x 2 MiB pages (6 MiB) for slots of 'x', 2 of "
                     "the 2 that the mount at /mnt may have are free"));
}

TEST(HugeMemory, NeedsNoMemlockLimit) {
    SHUNT_NEEDS_OWN_MOUNTS();
    SHUNT_NEEDS_HUGE_PAGES(1);
    const std::string text = in_child([] {
        mount_huge("pagesize=2M,mode=1777");
        const rlimit none{0, 0};
        sandbox::must(::setrlimit(RLIMIT_MEMLOCK, &none) == 0, "setrlimit");
        sandbox::become_nobody();
        const Mapping memory = make_memory(huge_file(), kPage, kPage, "a test");
        return caught([&] { lock_memory(memory, "a test"); });
    });
    EXPECT_EQ(text, "nothing");
}

}  // namespace
}  // namespace shunt
