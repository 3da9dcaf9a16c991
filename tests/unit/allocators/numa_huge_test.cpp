// SPDX-License-Identifier: MIT
//
// Huge pages on the nodes of a plan.
#include <shunt/allocators/hugetlbfs.hpp>
#include <shunt/allocators/memory.hpp>
#include <shunt/allocators/numa.hpp>
#include <shunt/allocators/proof.hpp>
#include <shunt/core/config.hpp>

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include <cerrno>

#include "unit/allocators/numa_host.hpp"
#include "unit/allocators/sandbox.hpp"

namespace shunt {
namespace {

using sandbox::caught;
using sandbox::in_child;
using sandbox::NumaHost;
using sandbox::says;
using Mode = NodePlan::Mode;

constexpr std::uint64_t kPage = kHugePageBytes;

FileHandle huge_file() {
    sandbox::hide_huge_mounts();
    sandbox::mount_at(sandbox::kMount, "hugetlbfs", "pagesize=2M,mode=1777");
    FileHandle file = FileHandle::open(sandbox::kMount, O_TMPFILE | O_RDWR, 0600);
    sandbox::must(static_cast<bool>(file), "unnamed file");
    return file;
}

MemoryPlan on(const NodePlan& nodes) {
    return {.page_bytes = kPage, .nodes = nodes};
}

NumaHost host() {
    NumaHost many{
        {{0, {.huge_total = 40, .huge_free = 12}}, {1, {.huge_total = 8, .huge_free = 8}}}};
    many.page_bytes = kPage;
    return many;
}

std::string refused(std::uint64_t pages, const NodePlan& nodes, NumaHost& kernel) {
    return in_child([&] {
        return caught([&] {
            (void)make_memory(huge_file(), pages * kPage, on(nodes), "slots of 'x'", kernel);
        });
    });
}

TEST(HugeMemoryOnNodes, BeyondTheNodesPoolSaysHowManyThereAreAndTheCure) {
    SHUNT_NEEDS_OWN_MOUNTS();
    if (!huge_pool(kPage)) {
        GTEST_SKIP() << "this kernel has no 2 MiB pages";
    }
    NumaHost many = host();
    EXPECT_TRUE(says(
        refused(64, {Mode::bind, {0}}, many),
        "no huge pages: wanted 64 x 2 MiB pages on node 0 (128 MiB) for slots of 'x', 12 of 40 on "
        "node 0 are free: as root, echo 92 > "
        "/sys/devices/system/node/node0/hugepages/hugepages-2048kB/nr_hugepages; or ask"));
    EXPECT_TRUE(says(refused(20, {Mode::interleave, {0, 1}}, many),
                     "20 x 2 MiB pages over nodes 0, 1 (40 MiB) for slots of 'x', 8 of 8 on node 1 "
                     "are free: as root, echo 10 > /sys/devices/system/node/node1/"));
    // What the kernel may add by itself, on any node.
    const std::string pool = "/sys/kernel/mm/hugepages/hugepages-2048kB/";
    many.files[pool + "nr_overcommit_hugepages"] = "60\n";
    many.files[pool + "surplus_hugepages"] = "9\n";
    EXPECT_TRUE(says(refused(64, {Mode::bind, {0}}, many), "12 of 40 on node 0 are free"));
    many.files[pool + "surplus_hugepages"] = "8\n";
    EXPECT_FALSE(says(refused(64, {Mode::bind, {0}}, many), "12 of 40 on node 0 are free"));
}

TEST(HugeMemoryOnNodes, IsBoundTakenAndProven) {
    SHUNT_NEEDS_OWN_MOUNTS();
    SHUNT_NEEDS_HUGE_PAGES(4);
    const std::string text = in_child([] {
        NumaHost many = host();
        const FileHandle file = huge_file();
        const Mapping one = make_memory(file, 2 * kPage, on({Mode::bind, {1}}), "x", many);
        const MemoryProof proof = prove_memory(one, many);
        return std::to_string(proof.page_bytes) + " on " + std::to_string(proof.node()) + " x" +
               std::to_string(proof.resident_pages) + " bound " +
               std::to_string(many.bound.at(0).nodes.at(0));
    });
    EXPECT_EQ(text, "2097152 on 1 x2 bound 1");
}

TEST(HugeMemoryOnNodes, PartOfItElsewhereIsAnErrorThatCountsIt) {
    SHUNT_NEEDS_OWN_MOUNTS();
    SHUNT_NEEDS_HUGE_PAGES(4);
    NumaHost many{{{0, {.huge_total = 9, .huge_free = 9}},
                   {1, {.huge_total = 9, .huge_free = 9, .takes = 3}}}};
    many.page_bytes = kPage;
    EXPECT_TRUE(says(refused(4, {Mode::bind, {1}}, many),
                     "no huge pages: wanted 4 x 2 MiB pages on node 1 (8 MiB) for slots of 'x', "
                     "but of 4 pages there are 1 on node 0, 3 on node 1"));
}

// What the kernel answers where the pages of a node went to somebody else meanwhile.
TEST(HugeMemoryOnNodes, TakenMeanwhileIsAnErrorAndNoSignal) {
    SHUNT_NEEDS_OWN_MOUNTS();
    SHUNT_NEEDS_HUGE_PAGES(2);
    const std::string text = in_child([] {
        NumaHost many = host();
        const FileHandle file = huge_file();
        sandbox::refuse_call(SYS_madvise, EFAULT, MADV_POPULATE_WRITE);
        return caught([&] {
            (void)make_memory(file, 2 * kPage, on({Mode::bind, {1}}), "slots of 'x'", many);
        });
    });
    EXPECT_TRUE(says(text,
                     "no huge pages: wanted 2 x 2 MiB pages on node 1 (4 MiB) for slots of 'x', "
                     "but they could not be had there (madvise: Bad address): somebody else"));
}

TEST(HugeMemoryOnNodes, OfThisHostIsOnTheNodeThatWasAskedFor) {
    SHUNT_NEEDS_OWN_MOUNTS();
    SHUNT_NEEDS_HUGE_PAGES(2);
    SHUNT_NEEDS_NODES();
    const std::string text = in_child([] {
        const FileHandle file = huge_file();
        const NodePlan plan = plan_nodes(node::automatic, 0);
        const Mapping memory = make_memory(file, 2 * kPage, on(plan), "a test");
        const MemoryProof proof = prove_memory(memory);
        return std::string{proof.node() == plan.nodes.front() ? "there" : "elsewhere"} + " x" +
               std::to_string(proof.resident_pages) + proof.no_nodes;
    });
    EXPECT_EQ(text, "there x2");
}

}  // namespace
}  // namespace shunt
