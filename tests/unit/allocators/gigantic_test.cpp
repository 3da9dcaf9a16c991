// SPDX-License-Identifier: MIT
//
// Pages of 1 GiB: what is said of a host that has none ready, and, where it has, that they are had.
#include <shunt/allocators/hugetlbfs.hpp>
#include <shunt/allocators/memory.hpp>
#include <shunt/allocators/proof.hpp>
#include <shunt/core/config.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mount.h>

#include <fstream>

#include "unit/allocators/sandbox.hpp"

namespace shunt {
namespace {

using sandbox::caught;
using sandbox::in_child;
using sandbox::says;

constexpr std::uint64_t kPage = kGiganticPageBytes;

#define SHUNT_NEEDS_GIGANTIC_POOL()                       \
    if (!huge_pool(kPage)) {                              \
        GTEST_SKIP() << "this kernel has no 1 GiB pages"; \
    }                                                     \
    SHUNT_NEEDS_OWN_MOUNTS()

std::string found() {
    return caught([] { (void)find_huge_mount(kPage, "shunt-test"); });
}

FileHandle file_on_a_mount() {
    sandbox::hide_huge_mounts();
    sandbox::mount_at(sandbox::kMount, "hugetlbfs", "pagesize=1G,mode=1777");
    sandbox::must(find_huge_mount(kPage, "shunt-test").path == sandbox::kMount, "found");
    FileHandle file = FileHandle::open(sandbox::kMount, O_TMPFILE | O_RDWR, 0600);
    sandbox::must(static_cast<bool>(file), "unnamed file");
    return file;
}

TEST(GiganticPages, WithoutAMountSayHowToMountOneBesideTheOthers) {
    SHUNT_NEEDS_GIGANTIC_POOL();
    const std::string text = in_child([] {
        sandbox::hide_huge_mounts();
        sandbox::mount_at(sandbox::kMount, "hugetlbfs", "pagesize=2M,mode=1777");
        return found();
    });
    EXPECT_TRUE(says(text,
                     "no huge pages: wanted 1 GiB pages, but no hugetlbfs with such pages is "
                     "mounted: as root, scripts/setup, or mkdir -p /dev/hugepages-1G && mount -t "
                     "hugetlbfs -o mode=1777,pagesize=1G none /dev/hugepages-1G"));
}

TEST(GiganticPages, BeyondThePoolSayHowManyThereAreAndTheCure) {
    SHUNT_NEEDS_GIGANTIC_POOL();
    const HugePool pool = *huge_pool(kPage);
    const std::uint64_t pages = pool.total_pages + pool.spare_pages + 1;
    const std::string text = in_child([pages] {
        return caught([&] { (void)make_memory(file_on_a_mount(), pages * kPage, kPage, "x"); });
    });
    EXPECT_TRUE(says(text, "no huge pages: wanted " + std::to_string(pages) + " x 1 GiB pages ("));
    EXPECT_TRUE(says(text, "echo "));
    EXPECT_TRUE(says(text, "hugepages-1048576kB/nr_hugepages"));
    EXPECT_TRUE(says(text, "hugepagesz=1G hugepages=N"));
}

TEST(GiganticPages, AreHadAndProvenWhereThePoolHasOne) {
    SHUNT_NEEDS_GIGANTIC_POOL();
    if (huge_pool(kPage)->available_pages() == 0) {
        GTEST_SKIP() << "no free 1 GiB page in the pool";
    }
    const std::string text = in_child([] {
        const FileHandle file = file_on_a_mount();
        const Mapping memory = make_memory(file, 1, kPage, "a test");
        memory.bytes()[kPage - 1] = std::byte{1};
        const MemoryProof proof = prove_memory(memory);
        return std::to_string(proof.page_bytes) + " x" + std::to_string(proof.resident_pages);
    });
    EXPECT_EQ(text, "1073741824 x1");
}

TEST(GiganticPages, OfACpuWithoutThemSaySo) {
    SHUNT_NEEDS_OWN_MOUNTS();
    if (::access("/sys/kernel/mm/hugepages", F_OK) != 0) {
        GTEST_SKIP() << "this kernel has no 1 GiB pages";
    }
    const auto with_flags = [](const std::string& flags) {
        return in_child([&] {
            sandbox::own_mounts();
            sandbox::mount_at("/sys/kernel/mm/hugepages", "tmpfs", "size=64k");
            sandbox::mount_at(sandbox::kMount, "tmpfs", "size=64k");
            const std::string cpuinfo = std::string{sandbox::kMount} + "/cpuinfo";
            std::ofstream{cpuinfo} << "processor\t: 0\nflags\t\t: " << flags << "\n";
            sandbox::must(::mount(cpuinfo.c_str(), "/proc/cpuinfo", nullptr, MS_BIND, nullptr) == 0,
                          "bind mount");
            return found();
        });
    };
    EXPECT_TRUE(says(with_flags("fpu vme pse"),
                     "no huge pages: wanted 1 GiB pages, but this cpu has none (no pdpe1gb among "
                     "the flags of /proc/cpuinfo): have the virtual machine show"));
    EXPECT_TRUE(says(with_flags("fpu pdpe1gb pse"), "but this kernel has no such pages"));
}

}  // namespace
}  // namespace shunt
